//! CPU per request, each beside what it cannot do without.
//!
//! Over plain HTTP on connections that stay open, so that the figure is the program's and not the
//! transport's.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakes::Browser;
use tokio::runtime::Runtime;

use super::load::Request;
use super::report::{Limit, Report};
use super::sign_on::SignedOn;
use super::{kernel, load, peers, sign_on};
use crate::service::{self, Service};
use crate::system::System;

/// How long a load lasts, after a shorter one to warm up.
const TIME: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_millis(700);

/// How many users the larger directory has, and the smaller one.
const MANY: u32 = 130_000;
const FEW: u32 = 1_000;

const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// Plain HTTP, so that no request pays for the encryption of the transport.
const PLAIN: (&str, &str) = ("LATCHKEY_TLS__MODE", "off");

/// Measures every request of the table.
pub(crate) fn measure(
    runtime: &Runtime,
    program: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let constant = constant_answer()?;
    quiet_discovery(program, constant, report)?;
    let target = Target::start(program)?;
    target.tokens(runtime, constant, report)?;
    target.directory(constant, report)
}

/// A running environment and what its requests need.
pub(super) struct Target {
    pub(super) system: System,
    pub(super) process: u32,
    pub(super) host: String,
    pub(super) port: u16,
    /// The path of the issuer.
    issuer: String,
}

impl Target {
    pub(super) fn start(program: &Path) -> anyhow::Result<Self> {
        Self::of(System::start_with(program, &[PLAIN])?)
    }

    fn of(system: System) -> anyhow::Result<Self> {
        let issuer = system.setting("ISSUER")?;
        let (host, port) = address(&issuer)?;
        Ok(Self {
            process: system.service.id().context("the system is gone")?,
            host,
            port,
            issuer: path(&issuer)?,
            system,
        })
    }

    /// Microseconds of CPU for each answer to a request.
    pub(super) fn cost(&self, request: &Request) -> anyhow::Result<f64> {
        per_request(self.process, self.port, request)
    }

    fn discovery(&self) -> Request {
        let path = format!("{}/.well-known/openid-configuration", self.issuer);
        Request::get(&self.host, &path, &[])
    }

    pub(super) fn worker_token(&self) -> anyhow::Result<Request> {
        let basic = self.basic("WORKER_CLIENT_ID", "WORKER_CLIENT_SECRET")?;
        let path = format!("{}/token", self.issuer);
        let body = "grant_type=client_credentials";
        Ok(Request::post(
            &self.host,
            &path,
            &[basic, FORM.to_owned()],
            body,
        ))
    }

    fn basic(&self, id: &str, secret: &str) -> anyhow::Result<String> {
        let pair = format!(
            "{}:{}",
            self.system.setting(id)?,
            self.system.setting(secret)?
        );
        Ok(format!("authorization: Basic {}", STANDARD.encode(pair)))
    }

    /// What protocol endpoints need.
    fn tokens(&self, runtime: &Runtime, constant: f64, report: &mut Report) -> anyhow::Result<()> {
        let row = "client-credentials token, RS256";
        if report.wants(row) {
            let limit = Limit {
                what: "one RSA-2048 signature",
                figure: peers::rsa_signature()? * 1e6,
            };
            let cost = self.cost(&self.worker_token()?)?;
            report.at_most_times(row, cost, &limit, 1.18, "µs");
        }
        let signed_on = runtime.block_on(sign_on::sign_on(&self.system, &Browser::plain()))?;
        self.access_tokens(&signed_on, constant, report)?;

        let row = "discovery";
        if report.wants(row) {
            let limit = Limit {
                what: "constant answer",
                figure: constant,
            };
            let cost = self.cost(&self.discovery())?;
            report.at_most_times(row, cost, &limit, 1.7, "µs");
        }
        let row = "authorize with a live session";
        if report.wants(row) {
            let cost = self.cost(&self.authorize(&signed_on)?)?;
            report.at_most(row, cost, 100.0, "µs");
        }
        Ok(())
    }

    /// The authorization request of a browser in which somebody is signed on.
    pub(super) fn authorize(&self, signed_on: &SignedOn) -> anyhow::Result<Request> {
        let url = sign_on::authorization_url(&self.system)?;
        let path = url.split_once(&*self.host).context("another host")?.1;
        let cookie = format!("cookie: {}", signed_on.cookies);
        Ok(Request::get(&self.host, path, &[cookie]).answered_by(302))
    }

    /// What the endpoints need that verify an access token.
    fn access_tokens(
        &self,
        signed_on: &SignedOn,
        constant: f64,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let rows @ [userinfo, introspection] = ["userinfo, JWT access token", "introspection"];
        if !rows.iter().any(|row| report.wants(row)) {
            return Ok(());
        }
        let limit = Limit {
            what: "verification + constant answer",
            figure: peers::rsa_verification()? * 1e6 + constant,
        };
        let bearer = format!("authorization: Bearer {}", signed_on.access_token);
        let path = format!("{}/userinfo", self.issuer);
        let cost = self.cost(&Request::get(&self.host, &path, &[bearer]))?;
        report.at_most_beside(userinfo, cost, &limit, 50.0, "µs");

        let introspect = Request::post(
            &self.host,
            &format!("{}/introspect", self.issuer),
            &[self.basic("CLIENT_ID", "CLIENT_SECRET")?, FORM.to_owned()],
            &format!("token={}", signed_on.access_token),
        );
        let cost = self.cost(&introspect)?;
        report.at_most_beside(introspection, cost, &limit, 60.0, "µs");
        Ok(())
    }

    /// What the management API needs, with a small and with a large directory.
    fn directory(&self, constant: f64, report: &mut Report) -> anyhow::Result<()> {
        let rows @ [by_name, page_of_10, populations, created, memory] = [
            "management: a user by `username eq`",
            "management: a page of 10 users",
            "populations, 130,000 users",
            "management: a user is created",
            "resident memory with 130,000 users",
        ];
        if !rows.iter().any(|row| report.wants(row)) {
            return Ok(());
        }
        let bearer = self.bearer()?;
        let environment = self.environment()?;
        let get = |path: &str| {
            let path = format!("{environment}/{path}");
            Request::get(&self.host, &path, std::slice::from_ref(&bearer))
        };

        self.fill(&environment, &bearer, 0, FEW)?;
        let few = self.cost(&get("populations"))?;
        let before = kernel::cpu_of(self.process)?;
        self.fill(&environment, &bearer, FEW, MANY)?;
        let used = kernel::cpu_of(self.process)?.saturating_sub(before);
        let creation = used.as_secs_f64() * 1e6 / f64::from(MANY - FEW);

        let limit = Limit {
            what: "constant answer",
            figure: constant,
        };
        let user = get("users?filter=username%20eq%20%22person-77%22");
        report.at_most_beside(by_name, self.cost(&user)?, &limit, 120.0, "µs");
        let page = get("users?limit=10");
        report.at_most_beside(page_of_10, self.cost(&page)?, &limit, 150.0, "µs");
        let limit = Limit {
            what: "with 1,000 users",
            figure: few,
        };
        let many = self.cost(&get("populations"))?;
        report.at_most_times(populations, many, &limit, 2.0, "µs");
        report.plain(created, creation, "µs");
        report.plain(memory, kernel::memory_of(self.process)?, "MB");
        Ok(())
    }

    /// The path of the environment.
    pub(super) fn environment(&self) -> anyhow::Result<String> {
        let (_, api) = address_and_path(&self.system.setting("API_URL")?)?;
        let id = self.system.setting("ENVIRONMENT_ID")?;
        Ok(format!("{}/environments/{id}", api.trim_end_matches('/')))
    }

    /// The header with an access token of the worker.
    pub(super) fn bearer(&self) -> anyhow::Result<String> {
        Ok(format!("authorization: Bearer {}", self.access_token()?))
    }

    /// An access token of the worker.
    fn access_token(&self) -> anyhow::Result<String> {
        let answer = load::once(self.port, &self.worker_token()?)?;
        let (_, rest) = answer
            .split_once("\"access_token\":\"")
            .context("no access token")?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    }

    /// Makes the users with the numbers from `from` up to `to`.
    fn fill(&self, environment: &str, bearer: &str, from: u32, to: u32) -> anyhow::Result<()> {
        let (host, path) = (self.host.clone(), format!("{environment}/users"));
        let headers = [
            bearer.to_owned(),
            "content-type: application/json".to_owned(),
        ];
        let make = move |number: u32| {
            let number = from + number;
            let body = format!(
                "{{\"username\":\"person-{number}\",\"email\":\"person-{number}@example.com\",\
                 \"name\":{{\"given\":\"Ada\",\"family\":\"Lovelace {number}\"}}}}"
            );
            Request::post(&host, &path, &headers, &body).answered_by(201)
        };
        load::each(self.port, to - from, make)?;
        Ok(())
    }
}

/// Discovery without the access log, on a system of its own.
fn quiet_discovery(program: &Path, constant: f64, report: &mut Report) -> anyhow::Result<()> {
    let row = "discovery without access log";
    if !report.wants(row) {
        return Ok(());
    }
    let quiet = ("LATCHKEY_LOG__FILTER", "info,latchkey::access=off");
    let target = Target::of(System::start_with(program, &[PLAIN, quiet])?)?;
    let cost = target.cost(&target.discovery())?;
    let limit = Limit {
        what: "constant answer",
        figure: constant,
    };
    report.at_most_times(row, cost, &limit, 1.7, "µs");
    Ok(())
}

/// Microseconds of CPU for the answer of the smallest program.
fn constant_answer() -> anyhow::Result<f64> {
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
    per_request(process, port, &Request::get("localhost", "/", &[]))
}

/// Microseconds of CPU that a process uses for each answer.
fn per_request(process: u32, port: u16, request: &Request) -> anyhow::Result<f64> {
    load::run(port, request, WARM_UP)?;
    let before = kernel::cpu_of(process)?;
    let answered = load::run(port, request, TIME)?;
    let used = kernel::cpu_of(process)?.saturating_sub(before);
    Ok(used.as_secs_f64() * 1e6 / f64::from(answered))
}

/// Host and port of an address.
fn address(url: &str) -> anyhow::Result<(String, u16)> {
    let (host, _) = address_and_path(url)?;
    let port = host.rsplit(':').next().and_then(|port| port.parse().ok());
    Ok((host.clone(), port.context("an address without a port")?))
}

fn path(url: &str) -> anyhow::Result<String> {
    Ok(address_and_path(url)?.1)
}

fn address_and_path(url: &str) -> anyhow::Result<(String, String)> {
    let (_, rest) = url.split_once("://").context("not an address")?;
    let (host, path) = rest.split_once('/').context("an address without a path")?;
    Ok((host.to_owned(), format!("/{path}")))
}
