//! Messages over a stream, in frames.
//!
//! ```text
//! message: frame …        all but the last with the highest bit of their length set
//! frame:   length, u32 || bytes      at most 64 KiB together
//! ```

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::error::IpcError;

/// The largest frame, its length included.
const MAX_FRAME_BYTES: usize = 64 * 1024;
const LENGTH_BYTES: usize = 4;
const MAX_BODY_BYTES: usize = MAX_FRAME_BYTES - LENGTH_BYTES;
/// The largest message: the most accounts that a vault holds, all of their texts at their limits.
pub(super) const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;
const MORE: u32 = 1 << 31;

/// How long a message of so many bytes is in its frames.
pub(super) fn framed_bytes(message: usize) -> usize {
    message + LENGTH_BYTES * message.div_ceil(MAX_BODY_BYTES).max(1)
}

/// Sends one message.
pub(crate) fn send(stream: &mut impl Write, message: &[u8]) -> Result<(), IpcError> {
    if message.len() > MAX_MESSAGE_BYTES {
        return Err(IpcError::TooLarge);
    }
    let mut rest = message;
    loop {
        let (body, after) = rest.split_at(rest.len().min(MAX_BODY_BYTES));
        let length = u32::try_from(body.len()).expect("because a frame is small");
        let length = if after.is_empty() {
            length
        } else {
            length | MORE
        };
        // One write a frame: whoever reads is not woken up for a length alone.
        let mut frame = Zeroizing::new(Vec::with_capacity(LENGTH_BYTES + body.len()));
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(body);
        stream.write_all(&frame).map_err(IpcError::io("talk to"))?;
        if after.is_empty() {
            return Ok(());
        }
        rest = after;
    }
}

/// Receives one message of at most `limit` bytes; what held it is wiped.
pub(crate) fn receive(
    stream: &mut impl Read,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, IpcError> {
    let mut message = Zeroizing::new(Vec::new());
    loop {
        let mut length = [0; LENGTH_BYTES];
        stream
            .read_exact(&mut length)
            .map_err(IpcError::io("hear"))?;
        let length = u32::from_be_bytes(length);
        let (more, body) = (length & MORE != 0, length & !MORE);
        let body = usize::try_from(body).map_err(|_| IpcError::TooLarge)?;
        // A frame that is not the last is full: nobody is kept busy by empty ones.
        if body > MAX_BODY_BYTES || (more && body < MAX_BODY_BYTES) {
            return Err(IpcError::Nonsense);
        }
        let end = message.len() + body;
        if end > limit {
            return Err(IpcError::TooLarge);
        }
        if message.capacity() < end {
            // A buffer that grows by itself leaves a copy behind.
            let mut larger = Zeroizing::new(Vec::with_capacity(end.max(2 * message.capacity())));
            larger.extend_from_slice(&message);
            message = larger;
        }
        let start = message.len();
        message.resize(end, 0);
        stream
            .read_exact(&mut message[start..])
            .map_err(IpcError::io("hear"))?;
        if !more {
            return Ok(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(message: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        send(&mut bytes, message).unwrap();
        bytes
    }

    fn received(mut bytes: &[u8], limit: usize) -> Result<Vec<u8>, IpcError> {
        let message = receive(&mut bytes, limit)?;
        assert!(bytes.is_empty(), "nothing is read beyond a message");
        Ok(message.to_vec())
    }

    #[test]
    fn a_message_of_any_length_arrives_as_it_was_sent() {
        for length in [0, 1, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 5 * MAX_BODY_BYTES] {
            let message: Vec<u8> = (0..=250).cycle().take(length).collect();
            let sent = sent(&message);
            assert_eq!(sent.len(), framed_bytes(length));
            assert_eq!(received(&sent, length).unwrap(), message);
        }
    }

    #[test]
    fn no_frame_is_larger_than_64_kib() {
        let bytes = sent(&vec![7; 3 * MAX_BODY_BYTES - 1]);
        assert_eq!(bytes.len(), 3 * MAX_FRAME_BYTES - 1);
        assert_eq!(bytes[..4], [0x80, 0, 0xff, 0xfc]);
    }

    #[test]
    fn a_message_one_byte_above_its_limit_is_refused() {
        let (bytes, limit) = (sent(&[7; 100]), 99);
        assert!(matches!(received(&bytes, limit), Err(IpcError::TooLarge)));
        let bytes = sent(&vec![7; MAX_BODY_BYTES + 1]);
        assert!(matches!(
            received(&bytes, MAX_BODY_BYTES),
            Err(IpcError::TooLarge)
        ));
    }

    #[test]
    fn a_frame_above_64_kib_and_one_that_stops_short_are_nonsense() {
        for length in [
            0x0000_fffd_u32,
            0x7fff_ffff,
            0x8000_fffd,
            0x8000_0000,
            0x8000_0001,
        ] {
            let bytes = [&length.to_be_bytes()[..], &[0; MAX_FRAME_BYTES]].concat();
            let outcome = receive(&mut &bytes[..], MAX_MESSAGE_BYTES);
            assert!(matches!(outcome, Err(IpcError::Nonsense)), "{length:#x}");
        }
    }

    #[test]
    fn a_message_that_breaks_off_is_no_message() {
        let bytes = sent(&vec![7; MAX_BODY_BYTES + 9]);
        for length in [
            0,
            1,
            3,
            4,
            5,
            MAX_FRAME_BYTES,
            MAX_FRAME_BYTES + 3,
            bytes.len() - 1,
        ] {
            let outcome = receive(&mut &bytes[..length], MAX_MESSAGE_BYTES);
            assert!(matches!(outcome, Err(IpcError::Io { .. })), "{length}");
        }
    }
}
