//! The documents of programs that write JSON.

use authr_otp::{Algorithm, Counter, Kind, Period, Pin, base32};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::plain::{secret, uri};
use super::{Exported, Target};
use crate::json::Json;

pub(super) fn write(target: Target, accounts: &[Exported]) -> Zeroizing<String> {
    let document = match target {
        Target::Aegis => aegis(accounts),
        Target::TwoFas => two_fas(accounts),
        Target::AndOtp => json!(accounts.iter().map(andotp).collect::<Vec<_>>()),
        Target::Stratum => stratum(accounts),
        Target::Proton => proton(accounts),
        Target::Bitwarden => bitwarden(accounts),
        Target::FreeOtpPlus => freeotp_plus(accounts),
        _ => ours(accounts),
    };
    // Wiped with its texts when it goes.
    let document = Json(document);
    Zeroizing::new(document.0.to_string())
}

fn algorithm(kind: Kind) -> &'static str {
    kind.algorithm().map_or("MD5", Algorithm::name)
}

fn period(kind: Kind) -> u32 {
    kind.period().map_or(30, Period::seconds)
}

fn counter(kind: Kind) -> u64 {
    kind.counter().map_or(0, Counter::get)
}

fn tags(exported: &Exported) -> Vec<&str> {
    exported
        .account
        .tags
        .iter()
        .map(|tag| tag.as_str())
        .collect()
}

/// The tags of all accounts, each once, in order.
fn all_tags(accounts: &[Exported]) -> Vec<&str> {
    let mut all = Vec::new();
    for tag in accounts.iter().flat_map(tags) {
        if !all.contains(&tag) {
            all.push(tag);
        }
    }
    all
}

/// An id that is the same in every export of the same thing, shaped as a UUID.
fn uuid(what: &str, name: &str, place: usize) -> String {
    let digest = crate::crypto::sha256(format!("{what}\0{name}\0{place}").as_bytes());
    let hex = HEXLOWER.encode(digest.get(..16).unwrap_or_default());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

fn ours(accounts: &[Exported]) -> Value {
    let account = |exported: &Exported| {
        let account = &exported.account;
        let kind = account.otp.kind;
        json!({
            "kind": kind.name(),
            "issuer": account.issuer.as_str(),
            "label": account.label.as_str(),
            "secret": secret(&account.otp).as_str(),
            "algorithm": algorithm(kind),
            "digits": kind.digits().get(),
            "period": kind.period().map(Period::seconds),
            "counter": kind.counter().map(Counter::get),
            "pin": kind.pin().as_ref().map(Pin::expose_secret),
            "tags": tags(exported),
            "note": exported.note,
            "icon": exported.icon,
            "pinned": exported.pinned,
        })
    };
    json!({"authr": 1, "accounts": accounts.iter().map(account).collect::<Vec<_>>()})
}

fn aegis(accounts: &[Exported]) -> Value {
    let group = |tag: &str| json!({"uuid": uuid("group", tag, 0), "name": tag});
    let entry = |(place, exported): (usize, &Exported)| {
        let account = &exported.account;
        let kind = account.otp.kind;
        let encoded = match kind {
            // Aegis has the bytes whose hexadecimal text is the key.
            Kind::Motp { .. } => {
                let key = account.otp.secret.expose_secret();
                let bytes = data_encoding::HEXLOWER_PERMISSIVE
                    .decode(key)
                    .unwrap_or_default();
                data_encoding::BASE32_NOPAD.encode(&bytes)
            }
            _ => base32::encode(&account.otp.secret).to_string(),
        };
        let mut info = json!({
            "secret": encoded,
            "algo": algorithm(kind),
            "digits": kind.digits().get(),
        });
        match kind {
            Kind::Hotp { .. } => info["counter"] = counter(kind).into(),
            _ => info["period"] = period(kind).into(),
        }
        if let Some(pin) = kind.pin() {
            info["pin"] = pin.expose_secret().into();
        }
        let groups: Vec<String> = tags(exported)
            .iter()
            .map(|tag| uuid("group", tag, 0))
            .collect();
        json!({
            "type": kind.name(),
            "uuid": uuid("entry", account.label.as_str(), place),
            "name": account.label.as_str(),
            "issuer": account.issuer.as_str(),
            "note": exported.note,
            "favorite": exported.pinned,
            "icon": null,
            "info": info,
            "groups": groups,
        })
    };
    json!({
        "version": 1,
        "header": {"slots": null, "params": null},
        "db": {
            "version": 3,
            "entries": accounts.iter().enumerate().map(entry).collect::<Vec<_>>(),
            "groups": all_tags(accounts).into_iter().map(group).collect::<Vec<_>>(),
        },
    })
}

fn two_fas(accounts: &[Exported]) -> Value {
    let group = |tag: &str| json!({"id": uuid("group", tag, 0), "name": tag, "isExpanded": true});
    let service = |(place, exported): (usize, &Exported)| {
        let account = &exported.account;
        let kind = account.otp.kind;
        let (issuer, label) = (account.issuer.as_str(), account.label.as_str());
        let mut otp = json!({
            "account": label,
            "issuer": issuer,
            "label": format!("{issuer}:{label}"),
            "digits": kind.digits().get(),
            "period": period(kind),
            "algorithm": algorithm(kind),
            "tokenType": kind.name().to_uppercase(),
            "source": "Manual",
        });
        if let Kind::Hotp { .. } = kind {
            otp["counter"] = counter(kind).into();
        }
        let mut service = json!({
            "name": issuer,
            "secret": base32::encode(&account.otp.secret).as_str(),
            "updatedAt": 0,
            "otp": otp,
            "order": {"position": place},
        });
        if let Some(tag) = tags(exported).first() {
            service["groupId"] = uuid("group", tag, 0).into();
        }
        service
    };
    json!({
        "schemaVersion": 4,
        "appVersionCode": 50_000,
        "appOrigin": "android",
        "services": accounts.iter().enumerate().map(service).collect::<Vec<_>>(),
        "groups": all_tags(accounts).into_iter().map(group).collect::<Vec<_>>(),
    })
}

fn andotp(exported: &Exported) -> Value {
    let account = &exported.account;
    let kind = account.otp.kind;
    let mut entry = json!({
        "secret": base32::encode(&account.otp.secret).as_str(),
        "issuer": account.issuer.as_str(),
        "label": account.label.as_str(),
        "digits": kind.digits().get(),
        "type": kind.name().to_uppercase(),
        "algorithm": algorithm(kind),
        "thumbnail": if exported.icon.is_empty() { "Default" } else { &exported.icon },
        "last_used": 0,
        "used_frequency": 0,
        "tags": tags(exported),
    });
    match kind {
        Kind::Hotp { .. } => entry["counter"] = counter(kind).into(),
        _ => entry["period"] = period(kind).into(),
    }
    entry
}

fn stratum(accounts: &[Exported]) -> Value {
    // An id is the first eight digits of the name's SHA-1; a hash of ours would do, but the app makes it so.
    let id = |tag: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, tag.as_bytes());
        HEXLOWER.encode(digest.as_ref().get(..4).unwrap_or_default())
    };
    let entry = |(place, exported): (usize, &Exported)| {
        let account = &exported.account;
        let kind = account.otp.kind;
        json!({
            "Type": match kind {
                Kind::Hotp { .. } => 1,
                Kind::Motp { .. } => 3,
                Kind::Steam => 4,
                Kind::Yandex { .. } => 5,
                Kind::Totp { .. } | Kind::Native => 2,
            },
            "Icon": Some(&exported.icon).filter(|icon| !icon.is_empty()),
            "Issuer": account.issuer.as_str(),
            "Username": account.label.as_str(),
            "Secret": secret(&account.otp).as_str(),
            "Pin": kind.pin().as_ref().map(Pin::expose_secret),
            "Algorithm": match kind.algorithm() {
                Some(Algorithm::Sha256) => 1,
                Some(Algorithm::Sha512) => 2,
                _ => 0,
            },
            "Digits": kind.digits().get(),
            "Period": period(kind),
            "Counter": counter(kind),
            "CopyCount": 0,
            "Ranking": place,
        })
    };
    let bindings = accounts.iter().flat_map(|exported| {
        let secret = secret(&exported.account.otp);
        let bind = |tag| json!({"CategoryId": id(tag), "AuthenticatorSecret": secret.as_str(), "Ranking": 0});
        tags(exported).into_iter().map(bind).collect::<Vec<_>>()
    });
    let categories = all_tags(accounts)
        .into_iter()
        .enumerate()
        .map(|(place, tag)| json!({"Id": id(tag), "Name": tag, "Ranking": place}));
    json!({
        "Authenticators": accounts.iter().enumerate().map(entry).collect::<Vec<_>>(),
        "Categories": categories.collect::<Vec<_>>(),
        "AuthenticatorCategories": bindings.collect::<Vec<_>>(),
        "CustomIcons": [],
        "IconPacks": [],
    })
}

fn proton(accounts: &[Exported]) -> Value {
    let entry = |(place, exported): (usize, &Exported)| {
        let account = &exported.account;
        let steam = account.otp.kind == Kind::Steam;
        let uri = if steam {
            format!("steam://{}", base32::encode(&account.otp.secret).as_str())
        } else {
            uri(account).to_string()
        };
        let name = if steam {
            account.issuer.as_str()
        } else {
            account.label.as_str()
        };
        json!({
            "id": uuid("entry", account.label.as_str(), place),
            "content": {
                "uri": uri,
                "entry_type": if steam { "Steam" } else { "Totp" },
                "name": name,
            },
            "note": Some(&exported.note).filter(|note| !note.is_empty()),
        })
    };
    let entries: Vec<Value> = accounts.iter().enumerate().map(entry).collect();
    json!({"version": 1, "entries": entries})
}

fn bitwarden(accounts: &[Exported]) -> Value {
    let folder = |tag: &str| json!({"id": uuid("folder", tag, 0), "name": tag});
    let item = |(place, exported): (usize, &Exported)| {
        let account = &exported.account;
        let totp = match account.otp.kind {
            Kind::Steam => format!("steam://{}", base32::encode(&account.otp.secret).as_str()),
            _ => uri(account).to_string(),
        };
        let folder = tags(exported).first().map(|tag| uuid("folder", tag, 0));
        json!({
            "id": uuid("item", account.label.as_str(), place),
            "organizationId": null,
            "folderId": folder,
            "type": 1,
            "reprompt": 0,
            "name": account.issuer.as_str(),
            "notes": Some(&exported.note).filter(|note| !note.is_empty()),
            "favorite": exported.pinned,
            "login": {
                "uris": [],
                "username": account.label.as_str(),
                "password": null,
                "totp": totp,
            },
            "collectionIds": null,
        })
    };
    json!({
        "encrypted": false,
        "folders": all_tags(accounts).into_iter().map(folder).collect::<Vec<_>>(),
        "items": accounts.iter().enumerate().map(item).collect::<Vec<_>>(),
    })
}

fn freeotp_plus(accounts: &[Exported]) -> Value {
    let token = |exported: &Exported| {
        let account = &exported.account;
        let kind = account.otp.kind;
        let bytes = account.otp.secret.expose_secret().iter();
        let signed: Vec<i8> = bytes.map(|byte| i8::from_be_bytes([*byte])).collect();
        json!({
            "algo": algorithm(kind),
            "counter": counter(kind),
            "digits": kind.digits().get(),
            "issuerExt": account.issuer.as_str(),
            "issuerInt": account.issuer.as_str(),
            "label": account.label.as_str(),
            "period": period(kind),
            "secret": signed,
            "type": kind.name().to_uppercase(),
        })
    };
    let name =
        |exported: &Exported| format!("{}:{}", exported.account.issuer, exported.account.label);
    json!({
        "tokenOrder": accounts.iter().map(name).collect::<Vec<_>>(),
        "tokens": accounts.iter().map(token).collect::<Vec<_>>(),
    })
}
