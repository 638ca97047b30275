//! Randomness, passed in, so that tests can seed it.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom as Source};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// Characters of codes that people read and type: no `0`, `1`, `I`, `O`, which look alike.
const CODE_ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Gives random bytes.
///
/// ```
/// use pingone_protocol::{Random, SeededRandom};
///
/// let random: &dyn Random = &SeededRandom::new(1);
/// assert_eq!(random.token().len(), 43);
/// assert_ne!(random.uuid(), random.uuid());
/// ```
pub trait Random: Debug + Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    /// A version 4 UUID, the only version that PingOne's sign-on page accepts.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// 256 random bits as 43 characters of base64url.
    pub fn token(&self) -> String {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `length` characters that a person can read aloud and type, five bits each.
    pub fn code(&self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes);
        bytes
            .iter()
            .filter_map(|byte| CODE_ALPHABET.get(usize::from(byte & 31)))
            .map(|&character| char::from(character))
            .collect()
    }
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        Source::new()
            .fill(bytes)
            .expect("the system's generator answers once it is seeded");
    }
}

/// Bytes that follow from a seed: the same in every run, and no secret. For tests only.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    block: AtomicU64,
}

impl SeededRandom {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            block: AtomicU64::new(0),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = self.block.fetch_add(1, Ordering::SeqCst);
            let mut input = [0; 16];
            let (seed, counter) = input.split_at_mut(8);
            seed.copy_from_slice(&self.seed.to_be_bytes());
            counter.copy_from_slice(&block.to_be_bytes());
            let output = digest::digest(&digest::SHA256, &input);
            for (to, from) in chunk.iter_mut().zip(output.as_ref()) {
                *to = *from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_version_4() {
        let random: &dyn Random = &SystemRandom;
        assert_eq!(random.uuid().get_version_num(), 4);
        assert_ne!(random.uuid(), random.uuid());
    }

    #[test]
    fn codes_hold_no_characters_that_look_alike() {
        let random: &dyn Random = &SeededRandom::new(7);
        let code = random.code(4096);
        assert_eq!(code.len(), 4096);
        assert!(!code.contains(['0', '1', 'I', 'O']));
    }

    #[test]
    fn a_seed_gives_the_same_sequence_again() {
        let (one, two) = (SeededRandom::new(1), SeededRandom::new(1));
        let (one, two): (&dyn Random, &dyn Random) = (&one, &two);
        assert_eq!(one.token(), two.token());
        assert_ne!(one.token(), one.token());
    }
}
