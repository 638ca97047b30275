//! What stays on the disk of a sign-on and of a user: how much the database's file has grown when the
//! program has stopped.

use std::fs;
use std::path::Path;

use anyhow::Context;
use fakes::{Browser, Method};
use tokio::runtime::Runtime;

use super::report::Report;
use super::sign_on;
use crate::service;
use crate::system::System;

/// How many there are of each; the file grows by whole pages.
const SIGN_ONS: u32 = 300;
const USERS: u32 = 3_000;

/// Measures both.
pub(super) fn measure(
    runtime: &Runtime,
    program: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let rows @ [of_sign_on, of_user] = [
        "disk for a sign-on, with session, tokens and audit log",
        "disk for a user, with the audit log",
    ];
    if !rows.iter().any(|row| report.wants(row)) {
        return Ok(());
    }
    let data = service::temporary_folder("disk")?;
    let grown = |work: &dyn Fn(&System) -> anyhow::Result<()>| {
        let system = System::start_on(program, &data)?;
        work(&system)?;
        // It stops, and the write-ahead log becomes part of the file.
        drop(system);
        kilobytes(&data)
    };
    let at_first = grown(&|_| Ok(()))?;
    let with_sign_ons = grown(&|system| {
        for _ in 0..SIGN_ONS {
            let browser = Browser::trusting(&system.authority()?);
            runtime.block_on(sign_on::sign_on(system, &browser))?;
        }
        Ok(())
    })?;
    let with_users = grown(&|system| {
        let browser = Browser::trusting(&system.authority()?);
        let told = |name: &str| system.setting(name);
        runtime.block_on(create_users(&browser, &told, USERS))
    })?;
    report.plain(
        of_sign_on,
        (with_sign_ons - at_first) / f64::from(SIGN_ONS),
        "KiB",
    );
    report.plain(
        of_user,
        (with_users - with_sign_ons) / f64::from(USERS),
        "KiB",
    );
    fs::remove_dir_all(&data).context("could not clear a data directory")
}

/// Makes so many users by the management API of an environment whose file `told` reads.
pub(super) async fn create_users(
    browser: &Browser,
    told: &dyn Fn(&str) -> anyhow::Result<String>,
    count: u32,
) -> anyhow::Result<()> {
    let token = worker_token(browser, told).await?;
    let (api, environment) = (told("API_URL")?, told("ENVIRONMENT_ID")?);
    let url = format!("{api}environments/{environment}/users");
    for number in 0..count {
        let body = format!(
            "{{\"username\":\"person-{number}\",\"email\":\"person-{number}@example.com\",\
             \"name\":{{\"given\":\"Ada\",\"family\":\"Lovelace {number}\"}}}}"
        );
        let request = browser.request(Method::POST, &url).bearer(&token);
        let request = request
            .header("Content-Type", "application/json")
            .body(body);
        request.send().await.expect(201);
    }
    Ok(())
}

/// A token of the worker that an environment file names.
pub(super) async fn worker_token(
    browser: &Browser,
    told: &dyn Fn(&str) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let token = browser
        .request(Method::POST, format!("{}/token", told("ISSUER")?))
        .basic(&told("WORKER_CLIENT_ID")?, &told("WORKER_CLIENT_SECRET")?)
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .expect(200)
        .json_text("/access_token");
    anyhow::ensure!(token.split('.').count() == 3, "it is no signed token");
    Ok(token)
}

/// How large the database's files are.
fn kilobytes(data: &Path) -> anyhow::Result<f64> {
    let mut bytes = 0;
    for entry in fs::read_dir(data).context("could not list a data directory")? {
        let entry = entry?;
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with("latchkey.db")
        {
            bytes += entry.metadata().context("a file is gone")?.len();
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let kilobytes = bytes as f64 / 1024.0;
    Ok(kilobytes)
}
