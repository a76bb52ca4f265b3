//! Parameters: the union of query, form and JSON, under the names of a form (`user[email]`).
//!
//! The SDKs send them in every place that HTTP has, on GET as well; a body's go before the query's.

use std::collections::BTreeMap;

use serde_json::Value;

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
}

impl Params {
    /// Reads query and body.
    pub(super) fn read(
        query: &str,
        content_type: &str,
        body: &[u8],
        max_depth: usize,
    ) -> Result<Self, ParamsError> {
        let mut params = Self::default();
        params.add_form(query.as_bytes())?;
        let body = body.trim_ascii();
        // A type that says nothing, or says it wrongly: JSON shows itself.
        if content_type.starts_with("application/json") || body.first() == Some(&b'{') {
            params.add_json(body, max_depth)?;
        } else {
            params.add_form(body)?;
        }
        Ok(params)
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
            self.0.insert(name.into_owned(), value.into_owned());
        }
        Ok(())
    }

    fn add_json(&mut self, body: &[u8], max_depth: usize) -> Result<(), ParamsError> {
        if body.is_empty() {
            return Ok(());
        }
        let text = std::str::from_utf8(body).map_err(|_| ParamsError::Utf8)?;
        if depth(text) > max_depth {
            return Err(ParamsError::Depth);
        }
        let Ok(Value::Object(object)) = serde_json::from_str(text) else {
            return Err(ParamsError::Json);
        };
        for (name, value) in object {
            self.add_value(name, value);
        }
        Ok(())
    }

    /// Recursion ends at the depth that was checked.
    fn add_value(&mut self, name: String, value: Value) {
        match value {
            Value::Null => {}
            Value::Bool(flag) => {
                self.0.insert(name, flag.to_string());
            }
            Value::Number(number) => {
                self.0.insert(name, number.to_string());
            }
            Value::String(text) => {
                self.0.insert(name, text);
            }
            Value::Array(values) => {
                for (at, value) in values.into_iter().enumerate() {
                    self.add_value(format!("{name}[{at}]"), value);
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    self.add_value(format!("{name}[{key}]"), value);
                }
            }
        }
    }
}

/// How many levels of brackets a JSON text opens, found before anything is parsed.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, content_type: &str, body: &str) -> Result<Params, ParamsError> {
        Params::read(query, content_type, body.as_bytes(), 32)
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
            Params::read("", "application/json", b"{\"a\":\"\xff\"}", 32).err(),
            Some(ParamsError::Utf8)
        );
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
