//! One-time passwords that are mailed: digits, of which a tag alone is kept.

use platform::keyring::Keyring;
use protocol::Random;

/// So many random digits.
pub(crate) fn digits(random: &dyn Random, length: usize) -> String {
    // Of eight bytes, no digit is noticeably more likely than another.
    let mut bytes = vec![0; length * 8];
    random.fill(&mut bytes);
    let digits = bytes.chunks_exact(8).map(|chunk| {
        let number = chunk.try_into().map_or(0, u64::from_be_bytes);
        char::from_digit(u32::try_from(number % 10).unwrap_or(0), 10).unwrap_or('0')
    });
    digits.collect()
}

/// What is kept of a one-time password. `context` says what it is for: elsewhere the tag is nothing.
pub(crate) fn tag(keyring: &Keyring, context: &str, otp: &str) -> String {
    keyring.authenticate(context, otp.as_bytes())
}

/// Whether it is the one-time password of which the tag was kept.
pub(crate) fn is_kept_as(keyring: &Keyring, context: &str, sent: &str, tag: &str) -> bool {
    keyring.verify(context, sent.as_bytes(), tag).is_ok()
}
