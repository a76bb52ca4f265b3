//! Where random bytes come from: the operating system at the edge, and nothing else in a shipped program.

use ring::rand::{SecureRandom, SystemRandom};

/// A source of random bytes, handed down from the edge.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Random + '_ {
    /// N random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The operating system's generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, buffer: &mut [u8]) {
        SystemRandom::new()
            .fill(buffer)
            .expect("because an operating system without randomness can run nothing safely");
    }
}
