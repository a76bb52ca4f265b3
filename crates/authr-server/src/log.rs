//! What goes to the log: ids, sizes, codes and durations; never a body, a token, a number or an address.

use std::error::Error;

/// An error with its causes, as a field of a log line.
pub(crate) fn cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error
}
