//! Parameters: the union of query, form and JSON, under the names of a form (`user[email]`).
//!
//! The SDKs send them in every place that HTTP has, on GET as well; a body's go before the query's.

use std::collections::BTreeMap;

mod json;

/// The longest name of a parameter. The longest that is looked for is `user[country_code]`.
const NAME_BYTES: usize = 128;
/// The most parameters of a request.
const PARAMS: usize = 256;

/// What was sent, by name.
#[derive(Default)]
pub(super) struct Params(BTreeMap<String, String>);

/// Why the parameters cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParamsError {
    /// They are not UTF-8.
    #[error("the parameters are not UTF-8")]
    Utf8,
    /// The body is not JSON, or not an object.
    #[error("the body is not a JSON object")]
    Json,
    /// The JSON has too many levels.
    #[error("the JSON has too many levels")]
    Depth,
    /// A name is too long.
    #[error("the name of a parameter is too long")]
    Name,
    /// There are too many.
    #[error("there are too many parameters")]
    Many,
}

impl Params {
    /// Takes in a query.
    pub(super) fn add_query(&mut self, query: &str) -> Result<(), ParamsError> {
        self.add_form(query.as_bytes())
    }

    /// Takes in a body.
    pub(super) fn add_body(
        &mut self,
        content_type: &str,
        body: &[u8],
        max_depth: usize,
    ) -> Result<(), ParamsError> {
        let body = body.trim_ascii();
        // A type that says nothing, or says it wrongly: JSON shows itself.
        if content_type.starts_with("application/json") || body.first() == Some(&b'{') {
            json::add(self, body, max_depth)
        } else {
            self.add_form(body)
        }
    }

    /// A parameter; an empty one is one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a parameter is true, however it is written: `true`, `True`, `1`.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true"))
    }

    fn add_form(&mut self, form: &[u8]) -> Result<(), ParamsError> {
        for (name, value) in form_urlencoded::parse(form) {
            // The replacement character stands for what was not UTF-8.
            if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
                return Err(ParamsError::Utf8);
            }
            self.add(name.into_owned(), value.into_owned())?;
        }
        Ok(())
    }

    /// Takes in one more. The same name again is no other parameter.
    fn add(&mut self, name: String, value: String) -> Result<(), ParamsError> {
        if name.len() > NAME_BYTES {
            return Err(ParamsError::Name);
        }
        if self.0.len() >= PARAMS && !self.0.contains_key(&name) {
            return Err(ParamsError::Many);
        }
        self.0.insert(name, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, content_type: &str, body: &str) -> Result<Params, ParamsError> {
        read_bytes(query, content_type, body.as_bytes())
    }

    fn read_bytes(query: &str, content_type: &str, body: &[u8]) -> Result<Params, ParamsError> {
        let mut params = Params::default();
        params.add_query(query)?;
        params.add_body(content_type, body, 32)?;
        Ok(params)
    }

    #[test]
    fn the_same_parameter_is_found_wherever_it_stands() {
        const FORM: &str = "application/x-www-form-urlencoded";
        for (query, content_type, body) in [
            ("user[email]=a%20b@c", "", ""),
            ("user%5Bemail%5D=a+b%40c", "", ""),
            ("", FORM, "user%5Bemail%5D=a%20b%40c"),
            ("", "", "user[email]=a+b@c"),
            ("", "application/json", r#"{"user":{"email":"a b@c"}}"#),
            ("", "", r#" {"user":{"email":"a b@c"}}"#),
            ("", FORM, r#"{"user":{"email":"a b@c"}}"#),
            (
                "user[email]=x",
                "application/json; charset=utf-8",
                r#"{"user":{"email":"a b@c"}}"#,
            ),
        ] {
            let params = read(query, content_type, body).unwrap();
            assert_eq!(params.text("user[email]"), Some("a b@c"), "{query} {body}");
        }
    }

    #[test]
    fn numbers_and_truths_are_texts() {
        let params = read(
            "",
            "",
            r#"{"user":{"country_code":1},"force":true,"a":[{"b":null},"c"]}"#,
        )
        .unwrap();
        assert_eq!(params.text("user[country_code]"), Some("1"));
        assert_eq!(params.text("a[1]"), Some("c"));
        assert_eq!(params.text("a[0][b]"), None);
        assert!(params.is_true("force"));
        for (query, truth) in [
            ("f=True", true),
            ("f=1", true),
            ("f=TRUE", true),
            ("f=0", false),
            ("f", false),
            ("f=yes", false),
        ] {
            assert_eq!(read(query, "", "").unwrap().is_true("f"), truth, "{query}");
        }
    }

    #[test]
    fn an_empty_body_of_any_type_is_no_parameters() {
        for content_type in ["", "application/json", "application/x-www-form-urlencoded"] {
            assert!(read("", content_type, "").unwrap().0.is_empty());
            assert!(read("", content_type, "{}").unwrap().0.is_empty());
        }
    }

    #[test]
    fn what_is_not_parameters_is_refused() {
        assert_eq!(read("a=%ff", "", "").err(), Some(ParamsError::Utf8));
        assert_eq!(
            read("", "application/json", "[1]").err(),
            Some(ParamsError::Json)
        );
        assert_eq!(
            read("", "application/json", "{\"a\":").err(),
            Some(ParamsError::Json)
        );
        assert_eq!(
            read_bytes("", "application/json", b"{\"a\":\"\xff\"}").err(),
            Some(ParamsError::Utf8)
        );
    }

    #[test]
    fn a_name_of_128_bytes_is_read_and_one_byte_more_is_not() {
        let long = |length| "k".repeat(length);
        for nested in [
            |name: &str| format!(r#"{{"a":{{"{}":1}}}}"#, &name[3..]),
            |name: &str| format!(r#"{{"{name}":1}}"#),
            |name: &str| format!(r#"{{"{}":[[2]]}}"#, &name[6..]),
            |name: &str| format!("{name}=1"),
        ] {
            assert!(read("", "", &nested(&long(128))).is_ok());
            assert_eq!(
                read("", "", &nested(&long(129))).err(),
                Some(ParamsError::Name)
            );
        }
        assert_eq!(read(&long(129), "", "").err(), Some(ParamsError::Name));
    }

    #[test]
    fn of_256_parameters_each_is_read_and_one_more_is_not() {
        let form = |count: usize| -> String {
            let one = |number| format!("p{number}=1&");
            (0..count).map(one).collect()
        };
        let array = |count: usize| format!(r#"{{"a":[{}1]}}"#, "1,".repeat(count - 1));
        assert_eq!(read("", "", &form(256)).unwrap().0.len(), 256);
        assert_eq!(read("", "", &array(256)).unwrap().0.len(), 256);
        assert_eq!(read("b=1", "", &array(255)).unwrap().0.len(), 256);
        for (query, body) in [("", form(257)), ("", array(257)), ("b=1", array(256))] {
            assert_eq!(read(query, "", &body).err(), Some(ParamsError::Many));
        }
        // The same one again is no other.
        assert!(read(&"a=1&".repeat(300), "", "").is_ok());
    }

    #[test]
    fn a_long_key_over_many_values_is_refused_at_the_first() {
        // Copied for each value, the name would take 7 GiB.
        let body = format!(
            r#"{{"{}":[{}1]}}"#,
            "k".repeat(70_000),
            "1,".repeat(100_000)
        );
        assert_eq!(read("", "", &body).err(), Some(ParamsError::Name));
    }

    #[test]
    fn thirty_two_levels_are_read_and_one_more_is_not() {
        let nested = |levels: usize| {
            format!(
                "{{\"a\":{}{}}}",
                "[".repeat(levels - 1),
                "]".repeat(levels - 1)
            )
        };
        assert!(read("", "", &nested(32)).is_ok());
        assert_eq!(read("", "", &nested(33)).err(), Some(ParamsError::Depth));
        assert_eq!(
            read("", "", &nested(500_000)).err(),
            Some(ParamsError::Depth)
        );
        let brackets_in_a_text = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(100));
        assert!(read("", "", &brackets_in_a_text).is_ok());
    }
}
