//! Bytes that are the same in every run of a test, and never twice the same within it.

use std::sync::atomic::{AtomicU64, Ordering};

use authr_crypto::mac::sha256;
use authr_crypto::random::Random;

/// Bytes that are the same in every run of a test: `SHA-256(seed ‖ 0) ‖ SHA-256(seed ‖ 1) ‖ …`.
#[derive(Debug)]
pub struct CountingRandom {
    seed: u64,
    block: AtomicU64,
}

impl CountingRandom {
    /// Starts at the first block of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            block: AtomicU64::new(0),
        }
    }
}

impl Random for CountingRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = self.block.fetch_add(1, Ordering::SeqCst);
            let bytes = sha256(&[&self.seed.to_be_bytes(), &block.to_be_bytes()]);
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_repeats_and_a_run_does_not() {
        let (one, other) = (CountingRandom::new(7), CountingRandom::new(7));
        let (one, other): (&dyn Random, &dyn Random) = (&one, &other);
        let first: [u8; 40] = one.bytes();
        assert_eq!(first, other.bytes::<40>());
        assert_ne!(first, one.bytes::<40>());
        assert_ne!(first[..8], first[32..]);
    }
}
