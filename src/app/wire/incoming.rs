//! How accounts that a person brings go into the agent: with their secrets, in buffers that are wiped. There is no way back: what
//! an answer is made of has no place for a secret.

use std::rc::Rc;

use authr_core::account::{Icon, Note};
use authr_crypto::secret::OtpSecret;
use authr_formats::Imported;
use authr_otp::uri::UriAccount;
use authr_otp::{Kind, Name, Otp, Pin, Tag};
use data_encoding::BASE64;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

#[derive(Serialize, Deserialize)]
struct Shape {
    issuer: String,
    label: String,
    #[serde(with = "super::kind")]
    kind: Kind,
    pin: Option<Zeroizing<String>>,
    secret: Zeroizing<String>,
    tags: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct EntryShape {
    account: Shape,
    note: String,
    icon: String,
    pinned: bool,
    trashed: bool,
}

impl From<&UriAccount> for Shape {
    fn from(account: &UriAccount) -> Self {
        let kind = account.otp.kind;
        let pin = kind.pin().map(|pin| pin.expose_secret().to_owned());
        let tags = account.tags.iter().map(Tag::as_str);
        Self {
            issuer: account.issuer.as_str().to_owned(),
            label: account.label.as_str().to_owned(),
            kind,
            pin: pin.map(Zeroizing::new),
            secret: Zeroizing::new(BASE64.encode(account.otp.secret.expose_secret())),
            tags: tags.map(str::to_owned).collect(),
        }
    }
}

impl Shape {
    /// The account; none where it breaks a rule of its parts.
    fn account(self) -> Option<UriAccount> {
        let secret = BASE64.decode(self.secret.as_bytes()).ok()?;
        let secret = OtpSecret::new(secret).ok()?;
        let pin = self
            .pin
            .as_ref()
            .map(|pin| Pin::new(pin))
            .transpose()
            .ok()?;
        let kind = match (self.kind, pin) {
            (Kind::Motp { .. }, Some(pin)) => Kind::Motp { pin },
            (Kind::Yandex { .. }, Some(pin)) => Kind::Yandex { pin },
            (Kind::Motp { .. } | Kind::Yandex { .. }, None) | (_, Some(_)) => return None,
            (kind, None) => kind,
        };
        let tags = self.tags.iter().map(|tag| Tag::new(tag).ok().flatten());
        Some(UriAccount {
            issuer: Name::new(&self.issuer).ok()?,
            label: Name::new(&self.label).ok()?,
            otp: Otp { secret, kind },
            tags: tags.collect::<Option<_>>()?,
        })
    }
}

impl EntryShape {
    fn entry(self) -> Option<Imported> {
        Note::new(self.note.as_str()).ok()?;
        Icon::new(self.icon.as_str()).ok()?;
        Some(Imported {
            position: 0,
            account: self.account.account()?,
            note: self.note,
            icon: self.icon,
            pinned: self.pinned,
            trashed: self.trashed,
            remarks: Vec::new(),
        })
    }
}

/// One account.
pub(in crate::app) mod account {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        account: &Rc<UriAccount>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        Shape::from(&**account).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Rc<UriAccount>, D::Error> {
        let account = Shape::deserialize(from)?.account();
        account.map(Rc::new).ok_or(D::Error::custom("no account"))
    }
}

/// The entries of a file. What the agent does with them needs neither their places in it nor remarks.
pub(in crate::app) mod entries {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        entries: &Rc<Vec<Imported>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(entries.iter().map(|entry| EntryShape {
            account: Shape::from(&entry.account),
            note: entry.note.clone(),
            icon: entry.icon.clone(),
            pinned: entry.pinned,
            trashed: entry.trashed,
        }))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Rc<Vec<Imported>>, D::Error> {
        let shapes = Vec::<EntryShape>::deserialize(from)?;
        let entries = shapes.into_iter().map(EntryShape::entry);
        let entries = entries.collect::<Option<_>>();
        entries.map(Rc::new).ok_or(D::Error::custom("no entry"))
    }
}

#[cfg(test)]
mod tests {
    use authr_otp::uri;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct One(#[serde(with = "account")] Rc<UriAccount>);

    #[derive(Serialize, Deserialize)]
    struct Several(#[serde(with = "entries")] Rc<Vec<Imported>>);

    const URIS: [&str; 6] = [
        "otpauth://totp/Acme:ada?secret=GEZDGNBVGY3TQOJQ&digits=8&period=20&algorithm=SHA512&tags=a&tags=b",
        "otpauth://hotp/Acme:ada?secret=GEZDGNBVGY3TQOJQ&counter=9",
        "otpauth://steam/Steam:ada?secret=GEZDGNBVGY3TQOJQ",
        "motp://Acme:ada?secret=c0ffee&pin=4711",
        "motp://Acme:ada?secret=c0ffee",
        "otpauth://totp/%22%5C%0A%E2%80%AE:%C3%BC?secret=GEZDGNBVGY3TQOJQ",
    ];

    #[test]
    fn an_account_arrives_with_its_secret_and_its_pin() {
        for text in URIS {
            let sent = uri::parse(text).unwrap();
            let message = serde_json::to_string(&One(Rc::new(sent))).unwrap();
            let One(arrived) = serde_json::from_str(&message).unwrap();
            let sent = uri::parse(text).unwrap();
            assert_eq!(
                (&arrived.issuer, &arrived.label),
                (&sent.issuer, &sent.label)
            );
            assert!(arrived.otp.secret.ct_eq(&sent.otp.secret), "{text}");
            assert!(arrived.otp.same_codes(&sent.otp), "{text}");
            assert_eq!(
                (arrived.otp.kind, &arrived.tags),
                (sent.otp.kind, &sent.tags)
            );
        }
    }

    #[test]
    fn a_list_arrives_in_its_order_with_what_stands_beside_the_codes() {
        let list = URIS.join("\n");
        let mut sent = authr_formats::parse(list.as_bytes()).unwrap().accounts;
        let count = sent.len();
        sent[0].note = "two\nlines".to_owned();
        sent[1].icon = "acme".to_owned();
        (sent[1].pinned, sent[2].trashed) = (true, true);
        let message = serde_json::to_string(&Several(Rc::new(sent))).unwrap();
        let Several(arrived) = serde_json::from_str(&message).unwrap();
        assert_eq!(arrived.len(), count);
        assert_eq!(arrived[0].note, "two\nlines");
        assert!(arrived[1].icon == "acme" && arrived[1].pinned && arrived[2].trashed);
        assert!(!arrived[0].pinned && !arrived[0].trashed);
    }

    #[test]
    fn what_breaks_a_rule_of_an_account_is_no_account() {
        let good = serde_json::to_string(&One(Rc::new(uri::parse(URIS[3]).unwrap()))).unwrap();
        assert!(serde_json::from_str::<One>(&good).is_ok());
        for (part, other) in [
            ("\"4711\"", "null"),
            ("\"4711\"", "\"12345678901234567\""),
            ("\"Motp\"", "\"Steam\""),
            ("\"Motp\"", "\"Sms\""),
            ("\"Acme\"", &format!("\"{}\"", "x".repeat(257))),
            ("[]", "[\"\"]"),
        ] {
            let bad = good.replacen(part, other, 1);
            assert_ne!(bad, good, "{part} is there");
            assert!(serde_json::from_str::<One>(&bad).is_err(), "{bad}");
        }
        let (start, end) = good.split_once("\"secret\":\"").unwrap();
        let (_, end) = end.split_once('"').unwrap();
        for secret in ["", "!", &"A".repeat(176)] {
            let bad = format!("{start}\"secret\":\"{secret}\"{end}");
            assert!(serde_json::from_str::<One>(&bad).is_err(), "{bad}");
        }
    }
}
