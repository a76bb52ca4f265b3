//! Pages with URIs in them, as Stratum writes them.

/// Whether a text is a page.
pub(crate) fn is_page(text: &str) -> bool {
    let start = text.trim_start();
    ["<!doctype html", "<html"].iter().any(|tag| {
        start
            .get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    })
}

/// The URIs of a page, each as it stands between tags, quotes and white space.
pub(crate) fn uris(page: &str) -> impl Iterator<Item = String> {
    page.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\''))
        .filter(|piece| crate::uri_list::is_uri(piece))
        .map(|uri| {
            uri.replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&")
        })
}
