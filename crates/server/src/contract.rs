//! The contract suite: what PingOne's management API promises, asked of an environment.
//!
//! The checks are written against the SDK's lowest call, so that they see what travels, and against
//! PingOne's documentation alone: they can be pointed at the embedded environment and at PingOne.
//! They change and delete only what they made themselves.

mod access;
mod applications;
mod compare;
mod groups;
mod kinds;
mod lists;
mod passwords;
mod points;
mod samples;
mod stop;
mod trial;
mod users;

use std::time::Duration;

use pingone::management::Client;

use self::kinds::Kind;
use self::points::Point;
use self::stop::Stop;
use self::trial::{Pending, Trial};

/// One check lasts no longer.
const LONGEST_CHECK: Duration = Duration::from_mins(1);

/// Something that the API promises.
pub(crate) struct Check {
    name: String,
    way: Way,
}

/// How a promise is looked at.
enum Way {
    /// By what holds of objects of every kind.
    Of(Kind, Point),
    /// By hand.
    ByHand(ByHand),
}

type ByHand = for<'t> fn(&'t Trial) -> Pending<'t, ()>;

/// A row of a family's table.
type Row = (&'static str, ByHand);

/// A row: the promise, and the function that looks at it.
macro_rules! row {
    ($name:literal => $check:ident) => {
        ($name, |trial| Box::pin($check(trial)))
    };
}
use row;

/// How a check ended.
pub(crate) enum Verdict {
    /// The promise is kept.
    Kept,
    /// It is not, and what was seen instead.
    Broken(String),
    /// It cannot be looked at here, and why.
    Skipped(String),
}

/// What became of a check.
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// Paths of what the check made and could not delete.
    pub(crate) left: Vec<String>,
    /// Paths of collections that may hold something the check made and never had an answer about.
    pub(crate) uncertain: Vec<String>,
    /// What the names of all that the check made begin with.
    pub(crate) trial: String,
}

/// All checks, in the order in which they are run.
pub(crate) fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    for kind in kinds::all() {
        for point in Point::of(&kind) {
            checks.push(Check {
                name: format!("{}: {}", kind.name, point.says(&kind)),
                way: Way::Of(kind, point),
            });
        }
    }
    let families: [&[Row]; 6] = [
        users::ROWS,
        passwords::ROWS,
        groups::ROWS,
        applications::ROWS,
        lists::ROWS,
        access::ROWS,
    ];
    checks.extend(families.into_iter().flatten().map(|&(name, check)| Check {
        name: name.to_owned(),
        way: Way::ByHand(check),
    }));
    checks
}

impl Check {
    /// The promise, as a sentence.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Looks at it, and deletes what was made for that.
    ///
    /// What a real environment does a little later is waited for as long as `patience` says.
    pub(crate) async fn run(&self, client: &Client, patience: Duration) -> Outcome {
        let trial = Trial::new(client.clone(), patience);
        let looking = async {
            match &self.way {
                Way::Of(kind, point) => point.look(&trial, kind).await,
                Way::ByHand(check) => check(&trial).await,
            }
        };
        let verdict = match tokio::time::timeout(LONGEST_CHECK, looking).await {
            Ok(Ok(())) => Verdict::Kept,
            Ok(Err(Stop::Broken(reason))) => Verdict::Broken(reason),
            Ok(Err(Stop::Skipped(reason))) => Verdict::Skipped(reason),
            Err(_) => Verdict::Broken(format!(
                "it was not done after {} seconds",
                LONGEST_CHECK.as_secs()
            )),
        };
        Outcome {
            verdict,
            left: trial.clean_up().await,
            uncertain: trial.uncertain(),
            trial: trial.name().to_owned(),
        }
    }
}
