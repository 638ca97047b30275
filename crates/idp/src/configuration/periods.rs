//! Lengths of time and other numbers that the policies of second factors have in common.

use std::ops::RangeInclusive;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::requests::failures::api::ApiFailure;

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Period {
    pub(super) duration: u32,
    time_unit: TimeUnit,
}

/// What a length of time is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum TimeUnit {
    Days,
    Hours,
    Minutes,
    Seconds,
}

impl TimeUnit {
    fn code(self) -> &'static str {
        match self {
            Self::Days => "DAYS",
            Self::Hours => "HOURS",
            Self::Minutes => "MINUTES",
            Self::Seconds => "SECONDS",
        }
    }

    fn seconds(self) -> u64 {
        match self {
            Self::Days => 24 * 60 * 60,
            Self::Hours => 60 * 60,
            Self::Minutes => 60,
            Self::Seconds => 1,
        }
    }
}

impl Period {
    /// As a duration.
    pub(super) fn length(self) -> SignedDuration {
        let seconds = u64::from(self.duration).saturating_mul(self.time_unit.seconds());
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// So many minutes.
    pub(super) const fn minutes(duration: u32) -> Self {
        Self {
            duration,
            time_unit: TimeUnit::Minutes,
        }
    }

    /// Checks that it is counted in one of the units and lies within so many of the largest of them,
    /// which comes last. Of smaller units, none is too few.
    ///
    /// # Errors
    ///
    /// The refusal names the member.
    pub(super) fn check(
        self,
        member: &str,
        units: &[TimeUnit],
        range: RangeInclusive<u32>,
    ) -> Result<(), ApiFailure> {
        let Some(largest) = units.last().filter(|_| units.contains(&self.time_unit)) else {
            let codes: Vec<_> = units.iter().map(|unit| unit.code()).collect();
            return Err(ApiFailure::not_one_of(
                &format!("{member}.timeUnit"),
                &codes,
            ));
        };
        let per_largest = u32::try_from(largest.seconds() / self.time_unit.seconds().max(1));
        let per_largest = per_largest.unwrap_or(u32::MAX);
        let least = if per_largest == 1 {
            *range.start()
        } else {
            u32::from(*range.start() > 0)
        };
        let most = range.end().saturating_mul(per_largest);
        within(&format!("{member}.duration"), self.duration, least..=most)
    }
}

/// Checks that a number lies within bounds.
///
/// # Errors
///
/// The refusal names the member.
pub(super) fn within(
    member: &str,
    number: u32,
    range: RangeInclusive<u32>,
) -> Result<(), ApiFailure> {
    if range.contains(&number) {
        return Ok(());
    }
    let message = format!("must be between {} and {}", range.start(), range.end());
    Err(ApiFailure::invalid_value(member, message))
}
