//! What differs from run to run, taken out of a JSON value.

use serde_json::Value;

/// The fields whose values are of this run alone. Fields that end in `_at` are too.
const DIFFER: [&str; 18] = [
    "at",
    "bytes",
    "clock_offset",
    "device",
    "id",
    "idle_lock_in",
    "last_seen",
    "last_used",
    "letters",
    "lock_in",
    "process",
    "recovery_code",
    "registration",
    "removed",
    "restored",
    "server_id",
    "system",
    "user",
];
/// Those that follow the clock, unless the command line names a time.
const FOLLOW_THE_CLOCK: [&str; 4] = ["code", "next", "remaining", "valid_until"];

/// The value with these replaced by what they are: `<text>`, `<number>`.
pub(super) fn still(value: Value, names_a_time: bool) -> Value {
    match value {
        Value::Object(fields) => {
            // A device is called as its machine is.
            let is_device = fields.contains_key("this") || fields.contains_key("device");
            let differs = |name: &str| {
                (is_device && name == "name")
                    || DIFFER.contains(&name)
                    || name.ends_with("_at")
                    || (!names_a_time && FOLLOW_THE_CLOCK.contains(&name))
            };
            let still_field = |(name, value): (String, Value)| {
                let value = if differs(&name) {
                    kind_of(value, names_a_time)
                } else {
                    still(value, names_a_time)
                };
                (name, value)
            };
            Value::Object(fields.into_iter().map(still_field).collect())
        }
        Value::Array(values) => values
            .into_iter()
            .map(|value| still(value, names_a_time))
            .collect(),
        other => other,
    }
}

fn kind_of(value: Value, names_a_time: bool) -> Value {
    match value {
        Value::String(_) => "<text>".into(),
        Value::Number(_) => "<number>".into(),
        Value::Array(values) => values
            .into_iter()
            .map(|value| kind_of(value, names_a_time))
            .collect(),
        other => still(other, names_a_time),
    }
}
