//! How long a start takes, and what an idle program holds.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use fakes::{Browser, Method};
use latchkey_testkit::{Application, Environment, User};
use tokio::runtime::Runtime;

use super::disk::{create_users, worker_token};
use super::kernel;
use super::report::Report;
use crate::system::System;
use crate::{root, service};

/// How often each start is measured; the median counts.
const TIMES: usize = 5;

/// Measures the first start, a start with data, and memory after it.
pub(crate) fn measure(
    runtime: &Runtime,
    program: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    for_a_test(runtime, program, report)?;
    again(runtime, program, report)?;
    let rows @ [very_first, with_data, idle] = [
        "very first start to a working sign-on page",
        "start with data to a working sign-on page",
        "resident memory, idle, portal and environment",
    ];
    if !rows.iter().any(|row| report.wants(row)) {
        return Ok(());
    }
    let (mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let data = service::temporary_folder("data")?;
        first.push(to_a_sign_on_page(runtime, program, &data)?.0);
        let (time, megabytes) = to_a_sign_on_page(runtime, program, &data)?;
        again.push(time);
        memory.push(megabytes);
        std::fs::remove_dir_all(&data).context("could not clear a data directory")?;
    }
    report.at_most(very_first, median(first), 300.0, "ms");
    report.at_most(with_data, median(again), 60.0, "ms");
    report.at_most(idle, median(memory), 30.0, "MB");
    Ok(())
}

/// What a test asks for: a user and an application.
fn prepared(program: &Path) -> latchkey_testkit::Builder {
    Environment::builder()
        .program(program)
        .user(User::new("ada", "Sunny-Harbour-42"))
        .application(Application::web("Shop", "https://shop.example/callback"))
}

/// Measures how long a test waits for an environment of its own: one with a user and an application, and
/// one with what the demo has.
fn for_a_test(runtime: &Runtime, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let rows @ [answer, token, demo] = [
        "an environment of a test, from its start to its first answer",
        "an environment of a test, from its start to its first token",
        "an environment of a test with demo data, to its first answer",
    ];
    if !rows.iter().any(|row| report.wants(row)) {
        return Ok(());
    }
    let (mut answers, mut tokens, mut demos) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES * 4 {
        let (begun, environment) = started(runtime, prepared(program))?;
        answers.push(milliseconds(begun));
        runtime.block_on(first_token(&environment))?;
        tokens.push(milliseconds(begun));
        drop(environment);
        let with_demo_data = Environment::builder().program(program);
        let (begun, environment) = started(runtime, with_demo_data)?;
        demos.push(milliseconds(begun));
        drop(environment);
    }
    report.at_most(answer, median(answers), 100.0, "ms");
    report.at_most(token, median(tokens), 100.0, "ms");
    report.at_most(demo, median(demos), 100.0, "ms");
    Ok(())
}

/// An environment that answers, and when it was asked for.
fn started(
    runtime: &Runtime,
    builder: latchkey_testkit::Builder,
) -> anyhow::Result<(Instant, Environment)> {
    let begun = Instant::now();
    Ok((begun, runtime.block_on(builder.start())?))
}

/// Fetches a token by HTTPS, on a connection of its own that trusts the environment's authority alone.
async fn first_token(environment: &Environment) -> anyhow::Result<()> {
    let (browser, told) = (browser(environment)?, told(environment));
    worker_token(&browser, &told).await.map(drop)
}

fn browser(environment: &Environment) -> anyhow::Result<Browser> {
    let authority = std::str::from_utf8(environment.authority()).context("no PEM")?;
    Ok(Browser::trusting(authority))
}

/// What the environment file says.
fn told(environment: &Environment) -> impl Fn(&str) -> anyhow::Result<String> {
    move |name| {
        let value = environment.variable(name).map(str::to_owned);
        value.with_context(|| format!("the environment file has no {name}"))
    }
}

/// Measures how long a test waits until everything is as its seed says again.
fn again(runtime: &Runtime, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let row = "a reset to what the seed says, to its answer";
    if !report.wants(row) {
        return Ok(());
    }
    let seed = std::fs::read_to_string(root().join("examples/seed.toml"))
        .context("could not read the seed of the examples")?;
    let environment = Environment::builder().program(program).seed(seed);
    let environment = runtime.block_on(environment.start())?;
    let (control, browser) = (Browser::plain(), browser(&environment)?);
    let told = told(&environment);
    let url = format!("{}reset", told("CONTROL_URL")?);
    let mut times = Vec::new();
    for _ in 0..TIMES * 4 {
        // Something to forget.
        runtime.block_on(create_users(&browser, &told, 10))?;
        let reset = control.request(Method::POST, &url);
        let begun = Instant::now();
        let answer = runtime.block_on(reset.send());
        times.push(milliseconds(begun));
        anyhow::ensure!(answer.status.is_success(), "{}", answer.summary());
    }
    report.at_most(row, median(times), 50.0, "ms");
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds from the start of the process to a sign-on page, and megabytes when idle.
fn to_a_sign_on_page(runtime: &Runtime, program: &Path, data: &Path) -> anyhow::Result<(f64, f64)> {
    let begun = Instant::now();
    let system = System::start_on(program, data)?;
    let browser = Browser::trusting(&system.authority()?);
    let url = super::sign_on::authorization_url(&system)?;
    let page = runtime.block_on(browser.open(&url));
    let time = begun.elapsed();
    page.expect(200);
    // What a start leaves behind is given back within moments.
    runtime.block_on(async { tokio::time::sleep(Duration::from_secs(1)).await });
    let process = system.service.id().context("the system is gone")?;
    Ok((time.as_secs_f64() * 1e3, kernel::memory_of(process)?))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
