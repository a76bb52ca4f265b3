//! Where a server is: an HTTPS address, or plain HTTP on this machine alone.

use std::fmt;
use std::net::IpAddr;

use authr_api::signature;

/// The longest address, in bytes.
const MAX_BYTES: usize = 256;

/// The address of a server: scheme, host and port, nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    url: String,
    authority: String,
}

/// What is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAddress {
    /// Not a host with an optional port.
    #[error("{0} is no address of a server: give it as https://auth.example.com")]
    NotAnAddress(String),
    /// Plain HTTP over a network.
    #[error("{0} is not encrypted: plain HTTP is for this machine alone (127.0.0.1, localhost)")]
    NotEncrypted(String),
}

impl Address {
    /// Reads an address as a person gives it; without a scheme it is HTTPS.
    pub(crate) fn parse(text: &str) -> Result<Self, BadAddress> {
        let refused = || BadAddress::NotAnAddress(text.to_owned());
        let text = text.trim();
        let url = match text.split_once("://") {
            Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
            None => format!("https://{text}"),
        };
        let url = url.strip_suffix('/').unwrap_or(&url);
        let authority = signature::authority(url).ok_or_else(refused)?;
        let (scheme, rest) = url.split_once("://").ok_or_else(refused)?;
        if rest.contains(['/', '?', '#']) || url.len() > MAX_BYTES || !port_is_one(rest) {
            return Err(refused());
        }
        if scheme == "http" && !is_this_machine(rest) {
            return Err(BadAddress::NotEncrypted(text.to_owned()));
        }
        Ok(Self {
            url: format!("{scheme}://{}", rest.to_ascii_lowercase()),
            authority,
        })
    }

    /// The address without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What a signature names as `@authority`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn port_is_one(authority: &str) -> bool {
    let (host, port) = split_port(authority);
    !host.is_empty() && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn is_this_machine(authority: &str) -> bool {
    let (host, _) = split_port(authority);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_port() {
        for (typed, url, authority) in [
            (
                "auth.example.com",
                "https://auth.example.com",
                "auth.example.com",
            ),
            (
                "HTTPS://Auth.Example:443/",
                "https://auth.example:443",
                "auth.example",
            ),
            (
                "https://auth.example:8443",
                "https://auth.example:8443",
                "auth.example:8443",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080",
                "127.0.0.1:8080",
            ),
            ("http://localhost", "http://localhost", "localhost"),
            ("http://[::1]:80/", "http://[::1]:80", "[::1]"),
        ] {
            let address = Address::parse(typed).unwrap();
            assert_eq!(
                (address.url(), address.authority()),
                (url, authority),
                "{typed}"
            );
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for typed in [
            "http://auth.example.com",
            "http://10.0.0.1:80",
            "http://127.0.0.1.example.com",
        ] {
            let refused = BadAddress::NotEncrypted(typed.to_owned());
            assert_eq!(Address::parse(typed), Err(refused));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("https://{}.example", "a".repeat(MAX_BYTES));
        for typed in [
            "",
            "https://",
            "ftp://example.com",
            "https://example.com/path",
            "https://a?b",
            "https://user@example.com",
            "https://example.com:0",
            "https://example.com:99999",
            "https://exa mple.com",
            "https://:443",
            &long,
        ] {
            assert!(
                matches!(Address::parse(typed), Err(BadAddress::NotAnAddress(_))),
                "{typed}"
            );
        }
    }
}
