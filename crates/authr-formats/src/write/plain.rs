//! Texts that people and most programs read.

use authr_otp::base32;
use authr_otp::uri::UriAccount;
use authr_otp::{Kind, Otp};
use qrcode::QrCode;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Exported, Target};

/// A URI; [`super::check`] saw that there is one.
pub(super) fn uri(account: &UriAccount) -> Zeroizing<String> {
    authr_otp::uri::render(account).expect("because it was rendered when it was checked")
}

/// The secret as a person types it: Base32, or the text of an mOTP key.
pub(super) fn secret(otp: &Otp) -> Zeroizing<String> {
    match otp.kind {
        Kind::Motp { .. } => {
            let text = String::from_utf8_lossy(otp.secret.expose_secret());
            Zeroizing::new(text.into_owned())
        }
        _ => base32::encode(&otp.secret),
    }
}

/// A URI a line; for Ente with what it has beside the codes.
pub(super) fn uri_list(accounts: &[Exported], target: Target) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for (position, exported) in accounts.iter().enumerate() {
        let account = &exported.account;
        text.push_str(&uri(account));
        if target == Target::Ente {
            let tags: Vec<&str> = account.tags.iter().map(|tag| tag.as_str()).collect();
            let display = json!({
                "pinned": exported.pinned,
                "trashed": false,
                "lastUsedAt": 0,
                "tapCount": 0,
                "tags": tags,
                "note": exported.note,
                "position": position,
            });
            let display = display.to_string();
            let set = percent_encoding::NON_ALPHANUMERIC;
            text.push_str("&codeDisplay=");
            text.push_str(&percent_encoding::utf8_percent_encode(&display, set).to_string());
        }
        text.push('\n');
    }
    text
}

/// Google's batches, a line each.
pub(super) fn batches(accounts: &[Exported]) -> Zeroizing<String> {
    let copies: Vec<UriAccount> = accounts
        .iter()
        .map(|exported| UriAccount {
            issuer: exported.account.issuer.clone(),
            label: exported.account.label.clone(),
            otp: exported.account.otp.duplicate(),
            tags: Vec::new(),
        })
        .collect();
    let batches = authr_otp::migration::render(&copies, 1)
        .expect("because each was seen to fit when it was checked");
    let mut text = Zeroizing::new(String::new());
    for batch in batches {
        text.push_str(&batch);
        text.push('\n');
    }
    text
}

/// A table with a line of names.
pub(super) fn csv(accounts: &[Exported]) -> Zeroizing<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "issuer",
        "label",
        "kind",
        "secret",
        "algorithm",
        "digits",
        "period",
        "counter",
        "pin",
        "tags",
        "pinned",
        "note",
    ];
    writer
        .write_record(header)
        .expect("because memory takes every byte");
    for exported in accounts {
        let account = &exported.account;
        let kind = account.otp.kind;
        let tags = account.tags.iter().map(|tag| tag.as_str());
        let tags = tags.map(|tag| tag.replace('\\', r"\\").replace(',', r"\,"));
        let tags: Vec<String> = tags.collect();
        let pin = kind.pin().unwrap_or_default();
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let record: [&str; 12] = [
            // A spreadsheet runs what begins as a formula.
            &quoted(account.issuer.as_str()),
            &quoted(account.label.as_str()),
            kind.name(),
            &secret(&account.otp),
            kind.algorithm().map_or("MD5", authr_otp::Algorithm::name),
            &kind.digits().get().to_string(),
            &number(kind.period().map(|period| u64::from(period.seconds()))),
            &number(kind.counter().map(authr_otp::Counter::get)),
            pin.expose_secret(),
            &quoted(&tags.join(",")),
            if exported.pinned { "1" } else { "" },
            &quoted(&exported.note),
        ];
        writer
            .write_record(record)
            .expect("because memory takes every byte");
    }
    let bytes = writer.into_inner().unwrap_or_default();
    Zeroizing::new(String::from_utf8(bytes).unwrap_or_default())
}

fn quoted(text: &str) -> String {
    // Text that begins with the mark gets one too, so that it comes back as it was.
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A page to print: names, the URI, and its QR code.
pub(super) fn html(accounts: &[Exported]) -> Zeroizing<String> {
    let mut page = Zeroizing::new(String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>authr</title>\n\
         <style>body{font-family:sans-serif}section{break-inside:avoid;margin:1em 0}\
         svg{width:12em;height:12em}code{font-size:80%;overflow-wrap:anywhere}</style></head><body>\n\
         <h1>authr: accounts in clear text</h1>\n",
    ));
    for exported in accounts {
        let account = &exported.account;
        let uri = uri(account);
        page.push_str("<section><h2>");
        page.push_str(&escaped(account.issuer.as_str()));
        page.push_str("</h2><p>");
        page.push_str(&escaped(account.label.as_str()));
        page.push_str("</p>\n");
        if let Ok(code) = QrCode::new(uri.as_bytes()) {
            page.push_str(&svg(&code));
        }
        page.push_str("<p><code>");
        page.push_str(&escaped(&uri));
        page.push_str("</code></p></section>\n");
    }
    page.push_str("</body></html>\n");
    page
}

/// A code as one path: each dark module a square, with the quiet zone around.
pub(crate) fn svg(code: &QrCode) -> Zeroizing<String> {
    let width = code.width();
    let mut path = Zeroizing::new(String::new());
    for (at, color) in code.to_colors().iter().enumerate() {
        if *color == qrcode::Color::Dark {
            let (x, y) = (at % width + 4, at / width + 4);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    let side = width + 8;
    Zeroizing::new(format!(
        "<svg viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" \
         fill=\"#fff\"/><path d=\"{}\"/></svg>\n",
        path.as_str()
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
