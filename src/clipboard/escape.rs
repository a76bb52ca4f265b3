//! OSC 52: the escape sequence by which a terminal takes a text into its clipboard.
//!
//! ```text
//! copy   = ESC ] 52 ; c ; Base64(text) BEL          an empty text clears
//! tmux   = ESC P tmux; copy, each ESC in it twice ESC \
//! screen = ESC P piece ESC \ …                      at most 240 bytes of copy in each piece
//! ```

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::Through;

/// The longest string that any version of screen passes on has 256 bytes, with what stands around it.
const SCREEN_PIECE: usize = 240;

/// Asks the terminal to take a text, by way of what stands in between.
pub(crate) fn copy(text: &str, through: Through) -> Zeroizing<String> {
    let plain = Zeroizing::new(format!("\x1b]52;c;{}\x07", BASE64.encode(text.as_bytes())));
    Zeroizing::new(match through {
        Through::Nothing => return plain,
        Through::Tmux => {
            let doubled = Zeroizing::new(plain.replace('\x1b', "\x1b\x1b"));
            format!("\x1bPtmux;{}\x1b\\", *doubled)
        }
        Through::Screen => {
            let mut wrapped = String::new();
            // All of it is ASCII.
            for piece in plain.as_bytes().chunks(SCREEN_PIECE) {
                wrapped.push_str("\x1bP");
                wrapped.extend(piece.iter().copied().map(char::from));
                wrapped.push_str("\x1b\\");
            }
            wrapped
        }
    })
}

/// Asks the terminal to hold nothing any more.
pub(crate) fn clear(through: Through) -> String {
    copy("", through).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_wrapped_for_what_stands_in_between() {
        for (through, expected) in [
            (Through::Nothing, "\x1b]52;c;NDgyMDE5\x07"),
            (Through::Tmux, "\x1bPtmux;\x1b\x1b]52;c;NDgyMDE5\x07\x1b\\"),
            (Through::Screen, "\x1bP\x1b]52;c;NDgyMDE5\x07\x1b\\"),
        ] {
            assert_eq!(*copy("482019", through), expected);
        }
        assert_eq!(clear(Through::Nothing), "\x1b]52;c;\x07");
    }

    #[test]
    fn screen_gets_a_long_text_in_pieces_that_it_takes() {
        let wrapped = copy(&"x".repeat(1000), Through::Screen);
        let pieces: Vec<_> = wrapped.split_inclusive("\x1b\\").collect();
        assert!(pieces.len() > 1);
        assert!(pieces.iter().all(|piece| piece.len() <= 256));
        let joined: String = (pieces.iter())
            .map(|piece| piece.replacen("\x1bP", "", 1).replace("\x1b\\", ""))
            .collect();
        assert_eq!(joined, *copy(&"x".repeat(1000), Through::Nothing));
    }
}
