//! The formats by name.

use std::fmt;

macro_rules! formats {
    ($($(#[$doc:meta])* $format:ident $name:literal $title:literal,)*) => {
        /// The formats that are known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[$doc])* $format,)*
        }

        impl Format {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$format,)*];

            /// The name on the command line and in JSON.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$format => $name,)* }
            }

            /// What a person calls it.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$format => $title,)* }
            }

            /// The format of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|format| format.name() == name)
            }
        }
    };
}

formats! {
    /// `otpauth://` URIs, a line each, of whatever program.
    UriList "otpauth" "a list of otpauth:// URIs",
    /// Our own JSON.
    Authr "json" "authr (JSON)",
    /// Our own table.
    AuthrTable "csv" "authr (CSV)",
    /// Aegis.
    Aegis "aegis" "Aegis",
    /// 2FAS.
    TwoFas "2fas" "2FAS",
    /// andOTP.
    AndOtp "andotp" "andOTP",
    /// Stratum, formerly Authenticator Pro.
    Stratum "stratum" "Stratum",
    /// Ente Auth, encrypted; its plain exports are lists of URIs.
    Ente "ente" "Ente Auth",
    /// Bitwarden: vault and Authenticator.
    Bitwarden "bitwarden" "Bitwarden",
    /// Proton Authenticator.
    ProtonAuthenticator "proton" "Proton Authenticator",
    /// Proton Pass.
    ProtonPass "proton-pass" "Proton Pass",
    /// Google Authenticator's database; its batches are lists of URIs.
    Google "google" "Google Authenticator",
    /// Microsoft Authenticator's database.
    Microsoft "microsoft" "Microsoft Authenticator",
    /// FreeOTP 1: its preferences.
    FreeOtp1 "freeotp1" "FreeOTP 1",
    /// FreeOTP 2: its backup.
    FreeOtp2 "freeotp2" "FreeOTP 2",
    /// FreeOTP+.
    FreeOtpPlus "freeotp-plus" "FreeOTP+",
    /// Raivo.
    Raivo "raivo" "Raivo",
    /// LastPass Authenticator.
    LastPass "lastpass" "LastPass Authenticator",
    /// Duo Mobile.
    Duo "duo" "Duo Mobile",
    /// Battle.net.
    BattleNet "battlenet" "Battle.net",
    /// Steam's own app, and Steam Desktop Authenticator.
    Steam "steam" "Steam",
    /// TOTP Authenticator.
    TotpAuthenticator "totp-authenticator" "TOTP Authenticator",
    /// Authenticator Plus.
    AuthenticatorPlus "authenticator-plus" "Authenticator Plus",
    /// WinAuth: a zip of a list of URIs.
    WinAuth "winauth" "WinAuth",
    /// KeePass databases.
    KeePass "keepass" "KeePass",
    /// KeePassXC's CSV.
    KeePassCsv "keepass-csv" "KeePassXC (CSV)",
    /// 1Password.
    OnePassword "1password" "1Password",
    /// Authy, from a rooted device.
    Authy "authy" "Authy",
    /// 2FAuth.
    TwoFAuth "2fauth" "2FAuth",
    /// cotp.
    Cotp "cotp" "cotp",
    /// Pictures with QR codes.
    Image "image" "a picture with QR codes",
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
