//! The page: what it is, how to restore, and the codes. No script, nothing from elsewhere, black on white.

use qrcode::{EcLevel, QrCode};

use super::{MAX_PART_BYTES, MAX_PARTS, parts, short};
use crate::write::svg;

/// What the page says of the backup.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// When it was made, as a person reads it.
    pub made: &'a str,
    /// How many accounts it holds.
    pub accounts: usize,
}

/// A file that takes more codes than a kit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("on paper the backup would take {codes} QR codes, and a kit has at most {MAX_PARTS}")]
pub struct TooManyCodes {
    /// How many it would take.
    pub codes: usize,
    /// How many accounts of this size would fit.
    pub accounts_that_fit: usize,
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>authr: paper kit</title>
<style>
@page { margin: 12mm }
body { max-width: 186mm; margin: 0 auto; color: #000; background: #fff; font: 10.5pt/1.4 sans-serif }
h1 { margin: 0; font-size: 18pt }
h2 { margin: 1em 0 .2em; font-size: 12pt; break-after: avoid }
p, ol, ul { margin: .3em 0 }
code { font-family: monospace }
main { margin-top: 5mm; font-size: 0 }
figure { display: inline-block; margin: 0 1mm 3mm; break-inside: avoid }
figure svg { display: block; width: 44mm; height: 44mm }
figcaption { font: 7.5pt monospace; text-align: center }
</style>
</head>
<body>
<h1>authr paper kit</h1>
"#;

/// The page of a file, which is to be a vault: whatever else it holds would stand on paper for anyone to read.
///
/// # Errors
/// [`TooManyCodes`].
pub fn page(file: &[u8], about: &About<'_>) -> Result<String, TooManyCodes> {
    let parts = parts(file).ok_or_else(|| {
        let codes = file.len().div_ceil(MAX_PART_BYTES);
        TooManyCodes {
            codes,
            accounts_that_fit: about.accounts * MAX_PARTS / codes,
        }
    })?;
    let kit = parts.first().and_then(|part| part.split(':').nth(2));
    let kit = short(kit.unwrap_or_default());
    let mut page = String::from(HEAD);
    page.push_str(&instructions(about, parts.len(), &kit));
    page.push_str("<main>\n");
    for (number, part) in (1..).zip(&parts) {
        let code = QrCode::with_error_correction_level(part, EcLevel::M)
            .expect("because a part has no more bytes than such a code");
        // The text stands beside the picture: the page itself is restored from as its print is.
        page.push_str(&format!(
            "<figure data-code=\"{part}\">{}<figcaption>code {number} of {} &middot; kit {kit}</figcaption></figure>\n",
            svg(&code).trim_end(),
            parts.len(),
        ));
    }
    page.push_str("</main>\n</body>\n</html>\n");
    Ok(page)
}

fn instructions(about: &About<'_>, codes: usize, kit: &str) -> String {
    let About { made, accounts } = about;
    let accounts = match accounts {
        1 => "1 account".to_owned(),
        more => format!("{more} accounts"),
    };
    let (these, all) = match codes {
        1 => ("this code".to_owned(), "the code".to_owned()),
        _ => (format!("these {codes} codes"), format!("all {codes} codes")),
    };
    format!(
        "<p>A backup of {accounts}, made {made}, as {these} (kit {kit}). It is encrypted: it opens with the backups \
         password of that day, which is not on this paper.</p>\n\
         <h2>To bring the accounts back</h2>\n<ol>\n\
         <li>Scan or photograph {all}, as PNG, JPEG or WebP pictures of at most 16 million pixels. One picture may show \
         several codes; order does not matter. A scan of a sheet at 300 dots per inch is right.</li>\n\
         <li>On a machine with authr run <code>authr restore PICTURE&hellip;</code> with the names of all the pictures. \
         It says which codes are missing, if any.</li>\n\
         <li>Type the backups password of the day on which this was made.</li>\n</ol>\n\
         <p>Try it now: <code>authr backup verify PICTURE&hellip;</code> checks a print and changes nothing.</p>\n\
         <h2>What it cannot do</h2>\n<ul>\n\
         <li>Without the password it is of no use to anyone, you included. Keep the password elsewhere.</li>\n\
         <li>Every code is needed: where one is lost or cannot be read, all of them are worth nothing. Two prints are \
         safer than one.</li>\n\
         <li>What was changed after that day is not in it. Nor are accounts that a site issued through the server: \
         <code>authr restore PHONE</code> brings those.</li>\n\
         <li>A later change of the backups password does not change this paper. Who knew the old one opens it still: \
         destroy it then, and print anew.</li>\n</ul>\n\
         <p>Any scanner shows a code as a line of text that begins with AUTHR-PAPER-1. A text file of these lines is as \
         good as pictures. How they make up the file stands in section 15 of authr&rsquo;s vault-format.md.</p>\n",
    )
}
