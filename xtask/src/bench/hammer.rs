//! What others feel while many people sign on at once: how long a token takes, and how much memory
//! all those password hashes need.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use fakes::{Browser, Method};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::report::Report;
use super::{kernel, sign_on};
use crate::system::System;

/// How many people sign on at the same time, each again and again.
const PEOPLE: usize = 16;

/// For how long.
const TIME: Duration = Duration::from_secs(5);

/// Memory of one Argon2id hash with the default costs, in megabytes.
const HASH_MEGABYTES: f64 = 19.0 * 1024.0 * 1024.0 / 1e6;

/// Measures token latency and memory under a storm of sign-ons.
pub(crate) fn measure(
    runtime: &Runtime,
    program: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (token, memory) = (
        "a token's 99th percentile while 16 sign on",
        "most memory while 16 sign on",
    );
    if !report.wants(token) && !report.wants(memory) {
        return Ok(());
    }
    let system = Arc::new(System::start(program)?);
    let process = system.service.id().context("the system is gone")?;
    let idle = kernel::memory_of(process)?;
    let latencies = runtime.block_on(storm(&system))?;
    let most = kernel::most_memory_of(process)?;
    let permits = std::thread::available_parallelism().map_or(1, usize::from);
    let permits = f64::from(u32::try_from(permits).unwrap_or(u32::MAX));
    report.at_most(token, p99(latencies), 100.0, "ms");
    let limit = idle + permits * HASH_MEGABYTES + 15.0;
    report.at_most(memory, most, limit, "MB");
    Ok(())
}

/// Token latencies in milliseconds while [`PEOPLE`] sign on.
async fn storm(system: &Arc<System>) -> anyhow::Result<Vec<f64>> {
    let authority = system.authority()?;
    let over = Arc::new(AtomicBool::new(false));
    let mut people = JoinSet::new();
    for _ in 0..PEOPLE {
        let (system, over) = (Arc::clone(system), Arc::clone(&over));
        let authority = authority.clone();
        people.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                sign_on::try_password(&system, &Browser::trusting(&authority)).await?;
            }
            anyhow::Ok(())
        });
    }
    let client = Browser::trusting(&authority);
    let url = format!("{}/token", system.setting("ISSUER")?);
    let (id, secret) = (
        system.setting("WORKER_CLIENT_ID")?,
        system.setting("WORKER_CLIENT_SECRET")?,
    );
    let begun = Instant::now();
    let mut latencies = Vec::new();
    while begun.elapsed() < TIME {
        let asked = Instant::now();
        let request = client.request(Method::POST, &url).basic(&id, &secret);
        request
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .expect(200);
        latencies.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    over.store(true, Ordering::Relaxed);
    while let Some(person) = people.join_next().await {
        person.context("a person panicked")??;
    }
    Ok(latencies)
}

fn p99(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures
        .get(figures.len() * 99 / 100)
        .copied()
        .unwrap_or(f64::NAN)
}
