//! Prometheus reads the metrics of a running Latchkey, by the example of its configuration.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::{read, replaced};
use crate::command::Command;
use crate::prerequisites::Linters;
use crate::root;
use crate::service::{self, Service};
use crate::system::System;

/// How long Prometheus may take to read the metrics for the first time.
const FIRST_READ: Duration = Duration::from_mins(1);

/// Lets promtool judge rules and configuration, and a Prometheus read what is served.
pub(super) fn check(program: &Path, linters: &Linters) -> anyhow::Result<bool> {
    let folder = service::temporary_folder("prometheus")?;
    let ports = [service::free_port()?, service::free_port()?];
    let [metrics, prometheus] = ports.map(|port| format!("localhost:{port}"));
    let example = read("examples/deploy/prometheus.yml")?;
    let pairs = [
        ("[\"localhost:9464\"]", format!("[\"{metrics}\"]")),
        ("scrape_interval: 15s", "scrape_interval: 1s".to_owned()),
        (
            "evaluation_interval: 15s",
            "evaluation_interval: 1s".to_owned(),
        ),
    ];
    let pairs = pairs.each_ref().map(|(from, to)| (*from, to.as_str()));
    let configuration = folder.join("prometheus.yml");
    fs::write(&configuration, replaced(&example, &pairs)?)
        .context("could not write a configuration for Prometheus")?;
    fs::write(
        folder.join("alerts.yml"),
        read("examples/deploy/alerts.yml")?,
    )
    .context("could not copy the rules for alerts")?;
    let tested = alerts_are_tested(linters)?;
    // It reads the rules that the configuration names as well.
    let understood = Command::new("promtool")
        .args(["check", "config"])
        .arg(&configuration)
        .run()?;

    let system = System::start_watched(program, &metrics)?;
    let command = service::tied_to_us("prometheus".as_ref(), "TERM", None)
        .arg("--config.file")
        .arg(&configuration)
        .arg("--storage.tsdb.path")
        .arg(folder.join("data"))
        .args(["--web.listen-address", &prometheus]);
    let log = folder.join("log");
    let watching = Service::start(command, "-TERM", folder.clone(), &log)?;
    let server = format!("http://{prometheus}");
    let asked = |query: &str| {
        let mut ask = Command::new("promtool").args(["query", "instant"]);
        ask = ask.args([server.as_str(), query]);
        ask.read()
    };
    // One sample of each kind: what is asked when read, and what is counted as it happens.
    for query in [
        "latchkey_ready == 1",
        "latchkey_http_request_duration_seconds_count > 0",
        "latchkey_job_runs_total > 0",
    ] {
        watching
            .wait_until(FIRST_READ, || {
                asked(query).is_ok_and(|found| found.contains("=>"))
            })
            .with_context(|| {
                let said = fs::read_to_string(&log).unwrap_or_default();
                format!("Prometheus does not have `{query}`:\n{said}")
            })?;
    }
    for expression in expressions(linters)? {
        asked(&expression).context("an expression of the dashboard is none to Prometheus")?;
    }
    let firing = asked("ALERTS{alertname=~\"LatchkeyDown|LatchkeyNotReady\"}")?;
    let is_calm = !firing.contains("=>");
    if !is_calm {
        println!("alerts about a program that is well: {firing}");
    }
    drop((system, watching));
    Ok(understood && tested && is_calm)
}

/// The series by which the alerts are tested.
const ALERT_TESTS: &str = "tests/deploy/alerts.test.yml";

/// Prints the alerts that are not tested both by series that they are told by and by series that they
/// keep quiet about, a line each.
const UNTESTED: &str = "\
import sys
import ruamel.yaml
read = lambda file: ruamel.yaml.YAML(typ='safe').load(open(file))
rules, tests = map(read, sys.argv[1:])
alerts = {rule['alert'] for group in rules['groups'] for rule in group['rules']}
seen = {(case['alertname'], bool(case['exp_alerts']))
        for test in tests['tests'] for case in test['alert_rule_test']}
for alert in sorted(alerts):
    for fires in (True, False):
        if (alert, fires) not in seen:
            print(alert, 'where it fires' if fires else 'where it keeps quiet')
";

/// Lets promtool run the tests of the alerts; whether they pass and each alert has them.
fn alerts_are_tested(linters: &Linters) -> anyhow::Result<bool> {
    let pass = Command::new("promtool")
        .args(["test", "rules", ALERT_TESTS])
        .run()?;
    let untested = Command::new(linters.program("python"))
        .args(["-c", UNTESTED, "examples/deploy/alerts.yml", ALERT_TESTS])
        .read()?;
    for line in untested.lines() {
        println!("no test of {line}");
    }
    Ok(pass && untested.is_empty())
}

/// Prints what the panels of a dashboard ask, a line each.
const EXPRESSIONS: &str = "\
import json, sys
for panel in json.load(open(sys.argv[1]))['panels']:
    for target in panel['targets']:
        print(target['expr'])
";

/// What the dashboard asks Prometheus, with Grafana's variables filled in.
fn expressions(linters: &Linters) -> anyhow::Result<Vec<String>> {
    let asked = Command::new(linters.program("python"))
        .args(["-c", EXPRESSIONS])
        .arg(root().join("examples/deploy/grafana-dashboard.json"))
        .read()?;
    let filled: Vec<String> = asked
        .lines()
        .map(|line| line.replace("$__rate_interval", "1m"))
        .map(|line| line.replace("$instance", ".*"))
        .collect();
    anyhow::ensure!(!filled.is_empty(), "the dashboard asks nothing");
    Ok(filled)
}
