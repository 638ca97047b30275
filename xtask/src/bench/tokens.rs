//! Tokens per second and core beside the raw rate of signatures, discovery beside a greeting.
//!
//! Both over plain HTTP on connections that stay open, so that the figure is the program's and not
//! the transport's.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::report::Report;
use super::{kernel, load, peers};
use crate::service::{self, Service};
use crate::system::System;

/// How long a load lasts, after a shorter one to warm up.
const TIME: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_secs(1);

/// Measures tokens and discovery.
pub(crate) fn measure(program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let system = System::start_with(program, &[("LATCHKEY_TLS__MODE", "off")])?;
    let process = system.service.id().context("the system is gone")?;
    let setting = |name: &str| system.setting(name);
    let (host, port) = address(&setting("AUTH_URL")?)?;

    let credentials = STANDARD.encode(format!(
        "{}:{}",
        setting("WORKER_CLIENT_ID")?,
        setting("WORKER_CLIENT_SECRET")?,
    ));
    let body = "grant_type=client_credentials";
    let token = format!(
        "POST {} HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {credentials}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        path(&setting("ISSUER")?, "/token")?,
        body.len(),
    );
    let rate = per_core(process, port, &token)?;
    let signatures = 1.0 / peers::rsa_signature()?;
    report.at_least_share(
        "client-credentials tokens per second and core, beside RSA-2048",
        rate,
        signatures,
        0.85,
    );

    let discovery = format!(
        "GET {} HTTP/1.1\r\nhost: {host}\r\n\r\n",
        path(&setting("ISSUER")?, "/.well-known/openid-configuration")?,
    );
    let ours = per_core(process, port, &discovery)?;
    drop(system);
    report.beside(
        "discovery per second and core, beside hello world",
        ours,
        hello()?,
        "/s",
    );
    Ok(())
}

/// Greetings per second and core.
fn hello() -> anyhow::Result<f64> {
    let port = service::free_port()?;
    let folder = service::temporary_folder("hello")?;
    let us = std::env::current_exe().context("could not find this program")?;
    let command =
        service::tied_to_us(&us, "TERM", None).args(["bench", "hello", &port.to_string()]);
    let log = folder.join("log");
    let service = Service::start(command, "-TERM", folder, &log)?;
    service.wait_until(Duration::from_secs(5), || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    })?;
    let process = service.id().context("the greeting is gone")?;
    per_core(process, port, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// Requests answered for each second of CPU that the process used.
fn per_core(process: u32, port: u16, request: &str) -> anyhow::Result<f64> {
    load::run(port, request, WARM_UP)?;
    let before = kernel::cpu_of(process)?;
    let load = load::run(port, request, TIME)?;
    let used = kernel::cpu_of(process)?.saturating_sub(before);
    let answered = u32::try_from(load.answered).context("more requests than can be counted")?;
    Ok(f64::from(answered) / used.as_secs_f64())
}

/// Host and port of an address.
fn address(url: &str) -> anyhow::Result<(String, u16)> {
    let (_, rest) = url.split_once("://").context("not an address")?;
    let host = rest.split('/').next().unwrap_or_default().to_owned();
    let port = host.rsplit(':').next().and_then(|port| port.parse().ok());
    Ok((host.clone(), port.context("an address without a port")?))
}

/// The path of an address, with more behind it.
fn path(url: &str, more: &str) -> anyhow::Result<String> {
    let (_, rest) = url.split_once("://").context("not an address")?;
    let (_, path) = rest.split_once('/').context("an address without a path")?;
    Ok(format!("/{path}{more}"))
}
