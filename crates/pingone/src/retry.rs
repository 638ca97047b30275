//! Whether a failed call is sent again, and when.
//!
//! Only what is safe to repeat is repeated: what changes nothing or sets the same thing again, and
//! anything that the other side surely did not carry out
//! (PingOne, "Retry best practices": 429 and 5xx with growing pauses, `Retry-After` honoured).

use std::time::Duration;

use http::{Method, StatusCode};
use protocol::Random;

/// How often and how long a call is tried again.
///
/// PingOne's "Retry best practices", as its own client for Go follows them, are ten attempts with
/// pauses that grow from one second to thirty: two and a half minutes, which suits a program that
/// nobody waits for. It is [`PATIENT`](Self::PATIENT). The [default](Self::default) is for programs
/// in which somebody waits for a page: it rides out an instance that restarts, and within a second
/// says that the service is down. Neither repeats what may have been carried out, such as a POST that
/// was answered with 500: PingOne has no key by which it would know the second from the first.
///
/// ```
/// use std::time::Duration;
///
/// use pingone::{Retries, Transport};
///
/// let transport = Transport::builder()
///     .retries(Retries::PATIENT)
///     .total_timeout(Duration::from_mins(5))
///     .build()?;
/// # Ok::<(), pingone::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often a call is sent at most, the first time included.
    pub attempts: u32,
    /// The pause before the second attempt, unless the service asks for another; it doubles with
    /// each further one.
    pub first_pause: Duration,
    /// The longest pause between two attempts. When the service asks for a longer one, the call
    /// fails at once and says how long to wait.
    pub longest_pause: Duration,
}

impl Retries {
    /// Every call is sent once.
    pub const NONE: Self = Self {
        attempts: 1,
        first_pause: Duration::ZERO,
        longest_pause: Duration::ZERO,
    };

    /// For long work that nobody waits for: ten attempts, with pauses from a second to half a minute,
    /// as PingOne's own client for Go has them. Lengthen the total time-out of the transport, too.
    pub const PATIENT: Self = Self {
        attempts: 10,
        first_pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(30),
    };
}

impl Default for Retries {
    /// Three attempts, with pauses from 200 milliseconds to five seconds: up to 750 milliseconds altogether
    /// unless the service asks for more.
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(5),
        }
    }
}

/// Whether carrying a request out twice does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// As the method says (RFC 9110 §9.2.2).
    ByMethod,
    /// It would: a password that was changed is not the current one any more.
    Harmful,
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection broke before an answer was complete.
    ConnectionLost,
    /// There never was a connection, so nothing was carried out.
    NotConnected,
    /// There was an answer with this status.
    Status(StatusCode),
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The failure goes to the caller.
    Stop,
    /// The call is sent again after this time.
    Wait(Duration),
}

/// Decides what becomes of a call whose attempt number `attempt`, counted from 1, failed.
pub(crate) fn decide(
    retries: Retries,
    method: &Method,
    idempotency: Idempotency,
    failure: Failure,
    retry_after: Option<Duration>,
    attempt: u32,
) -> Decision {
    if attempt >= retries.attempts || !may_repeat(method, idempotency, failure) {
        return Decision::Stop;
    }
    let doubled = retries
        .first_pause
        .saturating_mul(1 << attempt.saturating_sub(1).min(16));
    match retry_after {
        Some(pause) if pause > retries.longest_pause => Decision::Stop,
        Some(pause) => Decision::Wait(pause),
        None => Decision::Wait(doubled.min(retries.longest_pause)),
    }
}

fn may_repeat(method: &Method, idempotency: Idempotency, failure: Failure) -> bool {
    let is_safe = idempotency == Idempotency::ByMethod
        && matches!(
            *method,
            Method::GET | Method::HEAD | Method::PUT | Method::DELETE
        );
    match failure {
        Failure::NotConnected | Failure::Status(StatusCode::TOO_MANY_REQUESTS) => true,
        Failure::ConnectionLost => is_safe,
        Failure::Status(status) => {
            is_safe && (status == StatusCode::REQUEST_TIMEOUT || status.is_server_error())
        }
    }
}

/// Lengthens a pause by up to a quarter, so that those who failed together come back apart.
pub(crate) fn with_jitter(pause: Duration, random: &dyn Random) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    let [byte] = byte;
    pause + pause * u32::from(byte) / 1024
}

#[cfg(test)]
mod tests {
    use protocol::SeededRandom;

    use super::Decision::{Stop, Wait};
    use super::Failure::{ConnectionLost, NotConnected, Status};
    use super::Idempotency::{ByMethod, Harmful};
    use super::*;

    const FIRST: Decision = Wait(Duration::from_millis(200));
    const SECOND: Decision = Wait(Duration::from_millis(400));

    fn status(code: u16) -> Failure {
        Status(StatusCode::from_u16(code).unwrap())
    }

    #[test]
    fn only_what_is_safe_is_repeated() {
        let (get, put, delete) = (Method::GET, Method::PUT, Method::DELETE);
        let (post, patch) = (Method::POST, Method::PATCH);
        let after = |seconds| Some(Duration::from_secs(seconds));
        for (method, idempotency, failure, retry_after, attempt, expected) in [
            // Reading and setting may be repeated, until the attempts are used up.
            (&get, ByMethod, status(503), None, 1, FIRST),
            (&get, ByMethod, status(503), None, 2, SECOND),
            (&get, ByMethod, status(503), None, 3, Stop),
            (&put, ByMethod, status(500), None, 1, FIRST),
            (&delete, ByMethod, status(502), None, 1, FIRST),
            (&get, ByMethod, status(408), None, 1, FIRST),
            (&get, ByMethod, ConnectionLost, None, 1, FIRST),
            // Changing the own password with PUT may not: the current one would be wrong.
            (&put, Harmful, status(500), None, 1, Stop),
            (&put, Harmful, ConnectionLost, None, 1, Stop),
            (&put, Harmful, NotConnected, None, 1, FIRST),
            // Creating may be repeated only when it surely did not happen.
            (&post, ByMethod, status(500), None, 1, Stop),
            (&post, ByMethod, status(503), after(1), 1, Stop),
            (&post, ByMethod, ConnectionLost, None, 1, Stop),
            (&post, ByMethod, NotConnected, None, 1, FIRST),
            (&post, ByMethod, status(429), None, 1, FIRST),
            (&patch, ByMethod, status(502), None, 1, Stop),
            // A refusal is an answer.
            (&get, ByMethod, status(400), None, 1, Stop),
            (&get, ByMethod, status(401), None, 1, Stop),
            (&get, ByMethod, status(403), None, 1, Stop),
            (&get, ByMethod, status(404), None, 1, Stop),
            (&get, ByMethod, status(409), None, 1, Stop),
            // The service says how long; too long is for the caller to decide.
            (
                &get,
                ByMethod,
                status(429),
                after(2),
                1,
                Wait(Duration::from_secs(2)),
            ),
            (
                &get,
                ByMethod,
                status(429),
                after(0),
                2,
                Wait(Duration::ZERO),
            ),
            (
                &post,
                ByMethod,
                status(429),
                after(5),
                1,
                Wait(Duration::from_secs(5)),
            ),
            (&get, ByMethod, status(429), after(6), 1, Stop),
        ] {
            let decision = decide(
                Retries::default(),
                method,
                idempotency,
                failure,
                retry_after,
                attempt,
            );
            assert_eq!(
                decision, expected,
                "{method} {failure:?} {retry_after:?} {attempt}"
            );
        }
    }

    #[test]
    fn nothing_is_repeated_when_nobody_wants_it() {
        let decision = decide(Retries::NONE, &Method::GET, ByMethod, NotConnected, None, 1);
        assert_eq!(decision, Stop);
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let pauses: Vec<_> = (1..=10)
            .map(|attempt| {
                let (get, failure) = (Method::GET, status(503));
                match decide(Retries::PATIENT, &get, ByMethod, failure, None, attempt) {
                    Wait(pause) => pause.as_secs(),
                    Stop => 0,
                }
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30, 30, 0]);
    }

    #[test]
    fn jitter_never_shortens_a_pause() {
        let random = SeededRandom::new(4);
        let pause = Duration::from_secs(4);
        for _ in 0..64 {
            let longer = with_jitter(pause, &random);
            assert!(
                longer >= pause && longer < Duration::from_secs(5),
                "{longer:?}"
            );
        }
    }
}
