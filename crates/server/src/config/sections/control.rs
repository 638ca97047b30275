//! `[control]`: what tests do to the system, in development.

use jiff::Timestamp;
use platform::{AdjustableClock, SystemClock};

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::settings::Control;
use crate::listen::ListenAddress;

pub(super) fn control(reader: &mut Reader<'_>) -> Control {
    reader.section("control", "For tests, in development only.");
    Control {
        listen: reader.read(
            Key::unset(
                "control.listen",
                "\"localhost:9444\"",
                "Where the control API listens, by which a test resets the system, moves its clock, \
                 and so on: docs/control.md.",
            ),
            loopback,
        ),
        random_seed: reader
            .optional_integer(
                Key::unset(
                    "control.random_seed",
                    "1",
                    "Ids, codes and tokens follow from this number, and are the same in every run \
                     on throw-away data.",
                ),
                0..=i64::MAX,
            )
            .and_then(|seed| u64::try_from(seed).ok()),
        clock: reader.read(
            Key::unset(
                "control.clock",
                "\"2026-01-05T10:00:00Z\"",
                "The time at which the clock of both servers stands still from the start.",
            ),
            time,
        ),
    }
}

fn loopback(text: &str) -> Result<ListenAddress, String> {
    let address = ListenAddress::parse(text).map_err(|error| error.to_string())?;
    if address.is_loopback() {
        Ok(address)
    } else {
        Err("can be reached by others, and the control API obeys everybody".to_owned())
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    let at = text.parse::<Timestamp>();
    let at = at.map_err(|_| "is no time such as 2026-01-05T10:00:00Z".to_owned())?;
    let clock = AdjustableClock::frozen_at(std::sync::Arc::new(SystemClock), at);
    clock
        .map(|_| at)
        .map_err(|error| format!("is out of range: {error}"))
}
