//! The static program that is released, beside the one that everybody builds: the same work in turns,
//! so that whatever else the machine does falls on both.
//!
//! What differs is the C library: its memory and text functions, its locks and its allocator, where
//! ours does not take its place.

use std::path::{Path, PathBuf};

use anyhow::bail;
use fakes::Browser;
use tokio::runtime::Runtime;

use super::report::{Limit, Report};
use super::requests::Target;
use super::sign_on;
use crate::target;

/// How often each program has its turn at each kind of work.
const TURNS: u32 = 5;

/// How many people sign on in a turn.
const SIGN_ONS: u32 = 30;

/// A released program may need so much more than one that finds its libraries on the machine.
const MOST: f64 = 1.10;

const ROWS: [&str; 3] = [
    "static: client-credentials token, RS256",
    "static: whole password sign-on",
    "static: authorize with a live session",
];

/// Measures what both need, where the static one was built or is named.
pub(crate) fn measure(
    runtime: &Runtime,
    program: &Path,
    released: Option<&Path>,
    report: &mut Report,
) -> anyhow::Result<()> {
    if !ROWS.iter().any(|row| report.wants(row)) {
        return Ok(());
    }
    let released = match released {
        Some(released) => released.to_owned(),
        None => match built() {
            Some(found) => found,
            None if report.wants_all() => {
                println!("No static program here (`cargo xtask release`): its rows are left out");
                return Ok(());
            }
            None => bail!("make one by `cargo xtask release`, or name it with `--static FILE`"),
        },
    };
    println!("{} beside {}", released.display(), program.display());
    let (ours, other) = (Target::start(&released)?, Target::start(program)?);

    let [token, whole, authorize] = ROWS;
    if report.wants(token) {
        let asked = [
            (&ours, ours.worker_token()?),
            (&other, other.worker_token()?),
        ];
        let figures = in_turns(&asked, |(target, request)| target.cost(request))?;
        add(report, token, figures, "µs");
    }
    if report.wants(whole) {
        let systems = [&ours.system, &other.system];
        let figures = in_turns(&systems, |system| sign_on::cost(runtime, system, SIGN_ONS))?;
        add(report, whole, figures, "ms");
    }
    if report.wants(authorize) {
        let request = |target: &Target| {
            let browser = Browser::plain();
            let signed_on = runtime.block_on(sign_on::sign_on(&target.system, &browser))?;
            target.authorize(&signed_on)
        };
        let asked = [(&ours, request(&ours)?), (&other, request(&other)?)];
        let figures = in_turns(&asked, |(target, request)| target.cost(request))?;
        add(report, authorize, figures, "µs");
    }
    Ok(())
}

/// What each of the two needs, as the middle of its turns; the first turn of each is for warming up.
fn in_turns<T>(
    [ours, other]: &[T; 2],
    mut cost: impl FnMut(&T) -> anyhow::Result<f64>,
) -> anyhow::Result<[f64; 2]> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let (one, two) = (cost(ours)?, cost(other)?);
        if turn > 0 {
            first.push(one);
            second.push(two);
        }
    }
    Ok([middle(first), middle(second)])
}

/// The middle one. Of none it is no number, which keeps no bar.
fn middle(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs.get(costs.len() / 2).copied().unwrap_or(f64::NAN)
}

fn add(report: &mut Report, row: &str, [ours, dynamic]: [f64; 2], unit: &str) {
    let limit = Limit {
        what: "dynamic",
        figure: dynamic,
    };
    report.at_most_times(row, ours, &limit, MOST, unit);
}

/// The program that `cargo xtask release` has left, if it has.
fn built() -> Option<PathBuf> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let program = target().join("release-build").join(triple);
    Some(program.join("release/latchkey")).filter(|program| program.is_file())
}
