//! `latchkey health`: whether the servers that run here are ready, for containers and scripts that
//! have no other program to ask with.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use ui::chain_of_causes;

use super::config::Served;
use super::connection::converse;
use super::output::harmless;
use super::{Place, terminal};
use crate::config::settings::Tls;
use crate::config::{Loaded, Servers, Settings};
use crate::listen::ListenAddress;

/// A server looks at its database for up to five seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is read of an answer, in bytes.
const LONGEST_REASON: usize = 1024;

#[derive(Args, Debug)]
pub(super) struct Health {
    /// The command that was started.
    #[arg(long = "for", value_name = "COMMAND", value_enum, default_value = "up")]
    served: Served,
    /// Where the portal listens, if the configuration doesn't say so.
    #[arg(long, value_name = "ADDRESS")]
    portal_listen: Option<String>,
    /// Where the embedded environment listens, if the configuration doesn't say so.
    #[arg(long, value_name = "ADDRESS")]
    idp_listen: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Health {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut sources = self.place.sources();
        let options = [
            ("portal.listen", self.portal_listen, "--portal-listen"),
            ("idp.listen", self.idp_listen, "--idp-listen"),
        ];
        for (key, value, name) in options {
            if let Some(value) = value {
                sources = sources.option(key, value, name);
            }
        }
        let settings = Loaded::read(&sources).settings_for_tools()?;
        let answers = converse(ask(&settings, self.served.into()))?;
        let mut text = String::new();
        for (server, answer) in &answers {
            let said = match answer {
                Ok(()) => "ready".to_owned(),
                Err(why) => format!("not ready: {why}"),
            };
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{server:<13}{said}");
        }
        terminal::print(&text)?;
        if answers.iter().all(|(_, answer)| answer.is_ok()) {
            Ok(ExitCode::SUCCESS)
        } else {
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A server, and why it is not ready.
type Answer = (&'static str, Result<(), String>);

async fn ask(settings: &Settings, served: Servers) -> anyhow::Result<Vec<Answer>> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // The certificate is for the names that people use. Nothing is told to whoever answers, and
        // who could listen on this port in the server's place could do worse.
        .danger_accept_invalid_certs(true)
        .build()
        .context("preparing a request failed")?;
    let (portal, idp) = (settings.portal.port.listen, settings.idp.port.listen);
    let mut answers = Vec::new();
    for (server, is_served, setting, listen) in [
        ("portal", served.has_portal(), "--portal-listen", portal),
        ("environment", served.has_environment(), "--idp-listen", idp),
    ] {
        if !is_served {
            continue;
        }
        if listen.port() == 0 {
            bail!("the {server}'s port was chosen by the system; name it with {setting}");
        }
        answers.push((server, ready(&client, listen, &settings.tls).await));
    }
    Ok(answers)
}

async fn ready(client: &reqwest::Client, listen: ListenAddress, tls: &Tls) -> Result<(), String> {
    let scheme = if *tls == Tls::Off { "http" } else { "https" };
    let url = format!("{scheme}://{}/readyz", listen.from_here());
    let answer = client.get(&url).send().await;
    let answer = answer.map_err(|error| chain_of_causes(&error).join(": "))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    // A page is for browsers; a reason is one line.
    let said = beginning(answer).await;
    match said.lines().next() {
        Some(line) if !line.is_empty() && !line.starts_with('<') => Err(harmless(line)),
        _ => Err(format!("{url} answers {status}")),
    }
}

/// What an answer begins with: whoever listens there may send without end.
async fn beginning(mut answer: reqwest::Response) -> String {
    let mut read = Vec::new();
    while read.len() < LONGEST_REASON {
        match answer.chunk().await {
            Ok(Some(chunk)) => read.extend_from_slice(&chunk),
            // What came so far may be a reason all the same.
            Ok(None) | Err(_) => break,
        }
    }
    read.truncate(LONGEST_REASON);
    String::from_utf8_lossy(&read).into_owned()
}
