//! Battle.net's preferences: secret and serial in hexadecimal, under a mask that is the same in every copy of the app.

use zeroize::Zeroizing;

use crate::entry::{Draft, Harvest, Raw, Reason, Word, secret};
use crate::prefs::Prefs;
use crate::{Format, FormatError, Input, Parsed, hex};

/// How the name of the preference ends that has the secret.
pub(crate) const SECRET: &str = "AUTHENTICATOR_DEVICE_SECRET";
const SERIAL: &str = "AUTHENTICATOR_SERIAL";

/// It hides the text of a secret of 20 bytes.
const MASK: [u8; 40] = [
    0x39, 0x8e, 0x27, 0xfc, 0x50, 0x27, 0x6a, 0x65, 0x60, 0x65, 0xb0, 0xe5, 0x25, 0xf4, 0xc0, 0x6c,
    0x04, 0xc6, 0x10, 0x75, 0x28, 0x6b, 0x8e, 0x7a, 0xed, 0xa5, 0x9d, 0xa9, 0x81, 0x3b, 0x5d, 0xd6,
    0xc8, 0x0d, 0x2f, 0xb3, 0x80, 0x68, 0x77, 0x3f,
];

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let prefs = Prefs::parse(input.text()?)?;
    let masked = prefs.ending(SECRET).ok_or(FormatError::field(SECRET))?;
    let serial = prefs.ending(SERIAL).and_then(unmask).unwrap_or_default();
    let raw = Raw {
        digits: Some(8),
        ..Raw::default()
    };
    let otp = unmask(masked)
        .and_then(|text| hex(&text))
        .ok_or(Reason::Encoding {
            encoding: "hexadecimal",
        })
        .and_then(|bytes| raw.build(Word::Totp, secret(bytes.to_vec())?));
    let mut harvest = Harvest::new(Format::BattleNet);
    harvest.take(Draft::named("Battle.net", &serial), otp)?;
    Ok(harvest.finish())
}

fn unmask(text: &str) -> Option<Zeroizing<String>> {
    let masked = hex(text).filter(|bytes| bytes.len() <= MASK.len())?;
    let bytes = masked.iter().zip(MASK).map(|(byte, mask)| byte ^ mask);
    String::from_utf8(bytes.collect()).ok().map(Zeroizing::new)
}
