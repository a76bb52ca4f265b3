//! Whom a request comes from: what its limits are counted by.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

use crate::config::Network;

/// The machine that a request came from; of a trusted proxy, the one it speaks for. `None` on a socket file, where the
/// proxy before it names nobody.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

/// Whom a request comes from. Each proxy adds at the end whom it heard: what stands before the last that is no proxy of
/// ours anyone may have written, and so is not looked at.
pub(super) fn of(headers: &HeaderMap, peer: Option<IpAddr>, proxies: &[Network]) -> Option<IpAddr> {
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    // Whoever can open a socket file is this machine's: its proxy.
    if peer.is_some_and(|peer| !trusted(peer)) {
        return peer;
    }
    for value in headers.get_all("x-forwarded-for").iter().rev() {
        for hop in value.to_str().unwrap_or_default().rsplit(',') {
            match address(hop.trim()) {
                Some(hop) if trusted(hop) => {}
                Some(hop) => return Some(hop),
                None => return peer,
            }
        }
    }
    peer
}

/// An address as proxies write it: with a port or without, version 6 in brackets or not.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = || hop.parse().ok();
    let with_port = || hop.parse().ok().map(|address: SocketAddr| address.ip());
    let in_brackets = || {
        let inner = hop.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse().ok().map(|address: Ipv6Addr| address.into())
    };
    let found: Option<IpAddr> = bare().or_else(with_port).or_else(in_brackets);
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn client(peer: Option<&str>, headers: &[&str]) -> Option<String> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append("x-forwarded-for", header.parse().unwrap());
        }
        let peer = peer.map(|peer| peer.parse().unwrap());
        let found = of(&map, peer, &["10.0.0.0/8".parse().unwrap()]);
        found.map(|found| found.to_string())
    }

    #[track_caller]
    fn comes_from(peer: Option<&str>, headers: &[&str], expected: &str) {
        assert_eq!(
            client(peer, headers).as_deref(),
            Some(expected),
            "{headers:?}"
        );
    }

    #[test]
    fn the_last_hop_that_is_no_proxy_of_ours_is_the_client() {
        comes_from(Some(PROXY), &["203.0.113.9"], "203.0.113.9");
        comes_from(Some(PROXY), &["198.51.100.1, 203.0.113.9"], "203.0.113.9");
        comes_from(
            Some(PROXY),
            &["198.51.100.1", "203.0.113.9,10.1.1.1"],
            "203.0.113.9",
        );
        comes_from(Some(PROXY), &["::ffff:203.0.113.9"], "203.0.113.9");
        comes_from(Some(PROXY), &[], PROXY);
        comes_from(Some(PROXY), &["10.2.2.2"], PROXY);
    }

    #[test]
    fn a_hop_may_have_a_port_and_brackets() {
        comes_from(Some(PROXY), &["203.0.113.9:4711"], "203.0.113.9");
        comes_from(Some(PROXY), &["[2001:db8::1]:443"], "2001:db8::1");
        comes_from(Some(PROXY), &["[2001:db8::1]"], "2001:db8::1");
        comes_from(Some(PROXY), &["2001:db8::1"], "2001:db8::1");
    }

    #[test]
    fn what_stands_before_a_hop_that_is_none_is_not_looked_at() {
        for unknown in [
            "unknown",
            "",
            "_hidden",
            "203.0.113",
            "[203.0.113.9]",
            "2001:db8::1]:1",
        ] {
            comes_from(Some(PROXY), &["198.51.100.1", unknown], PROXY);
            comes_from(
                Some(PROXY),
                &[&format!("198.51.100.1, {unknown}, 10.1.1.1")],
                PROXY,
            );
        }
        let mut map = HeaderMap::new();
        map.append("x-forwarded-for", "198.51.100.1".parse().unwrap());
        let not_ascii = axum::http::HeaderValue::from_bytes(b"\xff").unwrap();
        map.append("x-forwarded-for", not_ascii);
        let peer: IpAddr = PROXY.parse().unwrap();
        assert_eq!(
            of(&map, Some(peer), &["10.0.0.0/8".parse().unwrap()]),
            Some(peer)
        );
    }

    #[test]
    fn who_is_no_proxy_of_ours_speaks_for_itself() {
        comes_from(Some("203.0.113.9"), &["198.51.100.1"], "203.0.113.9");
        comes_from(Some("127.0.0.1"), &["198.51.100.1"], "127.0.0.1");
    }

    #[test]
    fn behind_a_socket_file_stands_the_proxy_of_this_machine() {
        comes_from(None, &["198.51.100.1, 203.0.113.9"], "203.0.113.9");
        comes_from(None, &["203.0.113.9, 10.1.1.1"], "203.0.113.9");
        assert_eq!(client(None, &[]), None);
        assert_eq!(client(None, &["203.0.113.9, unknown"]), None);
    }
}
