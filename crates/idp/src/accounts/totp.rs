//! One-time passwords of authenticator applications ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)):
//! six digits every 30 seconds, by HMAC-SHA-1, which is what such applications know.

use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use protocol::Random;
use url::Url;

const STEP_SECONDS: i64 = 30;

/// As many bytes as the hash gives (RFC 4226 §4).
const SECRET_BYTES: usize = 20;

const DIGITS: usize = 6;

/// A new secret, in base32.
pub(crate) fn secret(random: &dyn Random) -> String {
    let mut bytes = [0; SECRET_BYTES];
    random.fill(&mut bytes);
    BASE32_NOPAD.encode(&bytes)
}

/// The step whose one-time password it is: that of the instant, or one of so many before or after.
/// Whoever takes it keeps the step, because it is good once (RFC 6238 §5.2).
pub(crate) fn find_step(secret: &str, otp: &str, grace_steps: u32, now: Timestamp) -> Option<i64> {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let grace = i64::from(grace_steps);
    let now = now.as_second().div_euclid(STEP_SECONDS);
    // All are compared, so that the time tells nothing of which one it was.
    (now - grace..=now + grace).fold(None, |found, step| {
        let right = u64::try_from(step).is_ok_and(|step| constant_time_eq(&at(&key, step), otp));
        if right { Some(step) } else { found }
    })
}

/// The address that an authenticator application reads from a picture.
pub(crate) fn key_uri(secret: &str, issuer: &str, user: &str) -> String {
    let label = format!("otpauth://totp/{issuer}:{user}").replace('#', "%23");
    let Ok(mut uri) = Url::parse(&label.replace('?', "%3F")) else {
        return format!("otpauth://totp/?secret={secret}");
    };
    uri.query_pairs_mut()
        .append_pair("secret", secret)
        .append_pair("issuer", issuer);
    uri.to_string()
}

fn at(key: &[u8], step: u64) -> String {
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // RFC 4226 §5.3: the last four bits say where the number begins.
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let bytes = tag
        .get(offset..offset + 4)
        .and_then(|bytes| bytes.try_into().ok());
    let number = u32::from_be_bytes(bytes.unwrap_or_default()) & 0x7fff_ffff;
    format!("{:0width$}", number % 1_000_000, width = DIGITS)
}

fn constant_time_eq(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six digits.
    #[test]
    fn the_vectors_of_the_standard() {
        let secret = BASE32_NOPAD.encode(b"12345678901234567890");
        for (second, otp) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_second(second).unwrap();
            assert_eq!(find_step(&secret, otp, 0, now), Some(second / 30));
            assert_eq!(find_step(&secret, "000000", 0, now), None, "{second}");
        }
        let later = Timestamp::from_second(59 + 60).unwrap();
        assert_eq!(find_step(&secret, "287082", 2, later), Some(1));
        assert_eq!(find_step(&secret, "287082", 1, later), None);
    }

    #[test]
    fn names_cannot_change_the_address() {
        let uri = key_uri("ABC", "A & B", "ada?secret=X#y");
        let uri = Url::parse(&uri).unwrap();
        let pairs: Vec<_> = uri.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(pairs, [pair("secret", "ABC"), pair("issuer", "A & B")]);
    }
}
