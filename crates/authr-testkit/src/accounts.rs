//! Eight accounts that stand in every test of the whole: three hashes, three lengths of code, three periods,
//! counters, names beyond ASCII, and secrets from 10 to 64 bytes.

use data_encoding::BASE32_NOPAD;

/// One reference account.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    /// Who issued it.
    pub issuer: &'static str,
    /// Whose it is.
    pub label: &'static str,
    /// Its secret in Base32, without padding.
    pub secret_base32: &'static str,
    /// All of it.
    pub uri: &'static str,
}

impl Account {
    /// The bytes of the secret.
    ///
    /// # Panics
    /// Never, for the accounts of [`ACCOUNTS`].
    #[must_use]
    pub fn secret(&self) -> Vec<u8> {
        BASE32_NOPAD
            .decode(self.secret_base32.as_bytes())
            .expect("because the reference accounts are well formed")
    }
}

/// The eight.
pub const ACCOUNTS: [Account; 8] = [
    Account {
        issuer: "Lighthouse",
        label: "ada@lighthouse.example",
        secret_base32: "KIOH2QX4BVQEJGGC3CUXDGMIIOJ7YTKZ",
        uri: "otpauth://totp/Lighthouse:ada@lighthouse.example?secret=KIOH2QX4BVQEJGGC3CUXDGMIIOJ7YTKZ&issuer=Lighthouse&algorithm=SHA1&digits=6&period=30",
    },
    Account {
        issuer: "Harbour Bank",
        label: "ada.lovelace",
        secret_base32: "2VSAQQFU6NCIAD4BFJZ4NXFPNAVDMS6KFOSKCOLAI3HAUA5LCKQA",
        uri: "otpauth://totp/Harbour%20Bank:ada.lovelace?secret=2VSAQQFU6NCIAD4BFJZ4NXFPNAVDMS6KFOSKCOLAI3HAUA5LCKQA&issuer=Harbour%20Bank&algorithm=SHA256&digits=8&period=30",
    },
    Account {
        issuer: "Observatory",
        label: "countess@observatory.example",
        secret_base32: "5YBGEZ7ZZUIF3GKKN6GBEWZWW6NQQ5HKD2U4ASZGRB7E6SF53CRH4T6WMRN3WSJJJZB6MK3D6U33Y3DUB3PSVCCPSQKKLUY77WIQ6OQ",
        uri: "otpauth://totp/Observatory:countess@observatory.example?secret=5YBGEZ7ZZUIF3GKKN6GBEWZWW6NQQ5HKD2U4ASZGRB7E6SF53CRH4T6WMRN3WSJJJZB6MK3D6U33Y3DUB3PSVCCPSQKKLUY77WIQ6OQ&issuer=Observatory&algorithm=SHA512&digits=8&period=30",
    },
    Account {
        issuer: "Clinic Portal",
        label: "dr.byron",
        secret_base32: "ILFG6IKVUAIFXULUD5KDG4KMYN2OPJWS",
        uri: "otpauth://totp/Clinic%20Portal:dr.byron?secret=ILFG6IKVUAIFXULUD5KDG4KMYN2OPJWS&issuer=Clinic%20Portal&algorithm=SHA1&digits=7&period=20",
    },
    Account {
        issuer: "Übersee Reederei",
        label: "gräfin@übersee.example",
        secret_base32: "7VBDG6OARD56DRJ3PNIA4W6VAWWRQBNT",
        uri: "otpauth://totp/%C3%9Cbersee%20Reederei:gr%C3%A4fin@%C3%BCbersee.example?secret=7VBDG6OARD56DRJ3PNIA4W6VAWWRQBNT&issuer=%C3%9Cbersee%20Reederei&algorithm=SHA1&digits=6&period=50",
    },
    Account {
        issuer: "Engine Works",
        label: "counter-card",
        secret_base32: "47DQXZTF4ULNT66WX56VL3R54Q",
        uri: "otpauth://hotp/Engine%20Works:counter-card?secret=47DQXZTF4ULNT66WX56VL3R54Q&issuer=Engine%20Works&algorithm=SHA1&digits=6&counter=7",
    },
    Account {
        issuer: "Old Mill",
        label: "miller",
        secret_base32: "MMCSLQDMDA3DZW4U",
        uri: "otpauth://totp/Old%20Mill:miller?secret=MMCSLQDMDA3DZW4U&issuer=Old%20Mill&algorithm=SHA1&digits=6&period=30",
    },
    Account {
        issuer: "東京天文台",
        label: "星野あかり",
        secret_base32: "H42I4AJ243RNUGRBIGSAIAXEG2KIDFDSNTLO5UNTCELYNKRNW7VXKWBH",
        uri: "otpauth://hotp/%E6%9D%B1%E4%BA%AC%E5%A4%A9%E6%96%87%E5%8F%B0:%E6%98%9F%E9%87%8E%E3%81%82%E3%81%8B%E3%82%8A?secret=H42I4AJ243RNUGRBIGSAIAXEG2KIDFDSNTLO5UNTCELYNKRNW7VXKWBH&issuer=%E6%9D%B1%E4%BA%AC%E5%A4%A9%E6%96%87%E5%8F%B0&algorithm=SHA256&digits=8&counter=1000000",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_eight_differ_in_everything_that_a_leak_could_be_told_by() {
        let secrets: HashSet<_> = ACCOUNTS.iter().map(Account::secret).collect();
        let names: HashSet<_> = ACCOUNTS.iter().flat_map(|a| [a.issuer, a.label]).collect();
        assert_eq!((secrets.len(), names.len()), (8, 16));
    }

    #[test]
    fn each_uri_holds_its_own_secret() {
        for account in ACCOUNTS {
            assert!(
                account
                    .uri
                    .contains(&format!("secret={}&", account.secret_base32))
            );
        }
    }
}
