//! 2FAS: `{schemaVersion, services, groups}`; encrypted, the services are `ciphertext:salt:nonce` in Base64 under
//! PBKDF2-HMAC-SHA256 and AES-256-GCM, and a reference text under the same key tells whether the password is right.

use serde_json::Value;

use crate::crypto::{Hash, Key, gcm_open, pbkdf2_key};
use crate::entry::{Draft, Harvest, Raw, Reason, Word};
use crate::json::{self, Json, given, list, needed, number, text};
use crate::{Format, FormatError, Input, Parsed, base64};

pub(crate) const ROUNDS: u64 = 10_000;

pub(crate) fn parse(input: &Input<'_>) -> Result<Parsed, FormatError> {
    let file = input.json()?;
    let groups = list(file, "groups");
    match given(file, "servicesEncrypted") {
        Some(sealed) => {
            let password = input.password(Format::TwoFas)?;
            let reference = given(file, "reference").map(|sealed| open(sealed, password));
            if let Some(Ok(None)) = reference {
                return Err(FormatError::WrongPassword);
            }
            let plain = open(sealed, password)?.ok_or(match reference {
                Some(_) => FormatError::content(),
                None => FormatError::WrongPasswordOrDamaged,
            })?;
            let services = Json::parse_bytes(&plain)?;
            let services = services.0.as_array();
            read(services.ok_or(FormatError::field("services"))?, groups)
        }
        None => read(list(file, "services"), groups),
    }
}

fn open(sealed: &str, password: &str) -> Result<Option<Key>, FormatError> {
    let mut parts = sealed.split(':').map(base64);
    let mut part = || parts.next().flatten();
    let (Some(sealed), Some(salt), Some(nonce)) = (part(), part(), part()) else {
        return Err(FormatError::field("servicesEncrypted"));
    };
    let key = pbkdf2_key(Hash::Sha256, password.as_bytes(), &salt, ROUNDS, 32)?;
    Ok(gcm_open(&key, &nonce, &[], &sealed))
}

fn read(services: &[Value], groups: &[Value]) -> Result<Parsed, FormatError> {
    let mut harvest = Harvest::new(Format::TwoFas);
    let groups = json::by(groups, "id");
    let mut ordered: Vec<(usize, &Value)> = (1..).zip(services).collect();
    ordered.sort_by_key(|(_, service)| {
        let position = service.get("order").and_then(|order| order.get("position"));
        position.and_then(Value::as_i64)
    });
    for (position, service) in ordered {
        let otp = service.get("otp").unwrap_or(&Value::Null);
        // The name is what the person sees, and may have changed; the issuer is what the site said.
        let issuer = given(service, "name").or_else(|| given(otp, "issuer"));
        let label = given(otp, "account").map(str::to_owned);
        let label = label.unwrap_or_else(|| label_of(text(otp, "label"), issuer));
        let mut draft = Draft::named(issuer.unwrap_or_default(), &label);
        let group = given(service, "groupId").and_then(|id| groups.get(id));
        draft.tag(group.map_or("", |group| text(group, "name")));
        harvest.take_at(position, draft, codes(service, otp))?;
    }
    Ok(harvest.finish())
}

/// The label without the issuer before its colon; a label that is the issuer alone says nothing else.
fn label_of(label: &str, issuer: Option<&str>) -> String {
    match label.split_once(':') {
        Some((_, "")) => label.trim_end_matches(':').to_owned(),
        Some((prefix, account)) if Some(prefix) == issuer => account.to_owned(),
        _ => label.to_owned(),
    }
}

fn codes(service: &Value, otp: &Value) -> Result<authr_otp::Otp, Reason> {
    let word = given(otp, "tokenType").or_else(|| given(service, "type"));
    // The first version had TOTP alone, and wrote the service's own name into `type`.
    let word = match word.map(Word::parse) {
        Some(Err(_)) if given(otp, "tokenType").is_none() => Word::Totp,
        Some(word) => word?,
        None => Word::Totp,
    };
    let raw = Raw {
        algorithm: given(otp, "algorithm"),
        digits: number(otp, "digits")?,
        period: number(otp, "period")?,
        counter: number(otp, "counter")?,
        pin: None,
    };
    raw.base32(word, needed(service, "secret")?)
}
