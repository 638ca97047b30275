//! `latchkey doctor`: what keeps the portal as configured from signing people on, and what to change.
//!
//! A table of checks ([`CHECKS`]), run one after another. Each says what it needs: a check that needs
//! what failed is not looked at, so that one fault is told once. Nothing is changed and nothing is
//! mailed. A remedy that can be written down exactly is a [`Change`] too, so that programs can make
//! it and tests can prove that it helps.

mod application;
mod examination;
mod people;
mod provider;
mod subject;
mod wire;
mod worker;

use std::fmt::Write as _;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use self::examination::Examination;
pub use self::subject::{InvalidEntry, Subject};

/// One check lasts no longer.
const LONGEST_CHECK: Duration = Duration::from_secs(20);

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and should be otherwise.
    Warning,
    /// Something does not work.
    Failure,
    /// It could not be looked at here.
    NotLookedAt,
}

/// What is changed to make it right, exactly.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// An object of the management API gets a member: it is read, and replaced with this in it.
    Member {
        /// The object, below its environment.
        path: String,
        /// The member's name.
        member: &'static str,
        /// What it is to be; null: it is left out.
        value: Value,
    },
    /// An object of the management API is made.
    Create {
        /// Its collection, below the environment.
        path: String,
        /// What it is made with.
        body: Value,
    },
    /// A key of the configuration gets a value.
    Setting {
        /// The key, such as `portal.sign_on.scopes`.
        key: &'static str,
        /// The value, as TOML.
        value: String,
    },
}

/// What became of a check.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// What the check is about.
    pub check: &'static str,
    /// The part of the set-up that it belongs to.
    pub part: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was found; or why it was not looked at.
    pub found: String,
    /// What should be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Where in PingOne's console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console: Option<&'static str>,
    /// What to do, exactly, where that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The portal's address.
    pub portal: String,
    /// The provider's issuer, if one is configured.
    pub issuer: Option<String>,
    /// Where the settings came from.
    pub source: String,
    /// The checks, in their order.
    pub checks: Vec<Row>,
}

impl Report {
    /// How many checks ended so.
    pub fn count(&self, status: Status) -> usize {
        let ended = self.checks.iter().filter(|row| row.status == status);
        ended.count()
    }
}

/// What a check says that does not find all well.
enum Stop {
    Warning(Box<Finding>),
    Failure(Box<Finding>),
    NotLookedAt(String),
}

/// What is not well, and what to do.
struct Finding {
    found: String,
    expected: Option<String>,
    remedy: String,
    changes: Vec<Change>,
}

impl Finding {
    fn new(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            expected: None,
            remedy: remedy.into(),
            changes: Vec::new(),
        }
    }

    fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    fn warning<T>(self) -> Result<T, Stop> {
        Err(Stop::Warning(Box::new(self)))
    }

    fn failure<T>(self) -> Result<T, Stop> {
        Err(Stop::Failure(Box::new(self)))
    }
}

/// What a check found that is well; or else.
type Seen = Result<String, Stop>;

type Look = for<'e> fn(&'e mut Examination) -> Pin<Box<dyn Future<Output = Seen> + Send + 'e>>;

/// A row of the table.
struct Check {
    name: &'static str,
    part: &'static str,
    /// What it looks at, for the documentation.
    about: &'static str,
    /// Where in PingOne's console; empty when it is not there.
    console: &'static str,
    /// Checks without whose findings it cannot be looked at.
    needs: &'static [&'static str],
    /// Checks whose failure it would only repeat.
    after: &'static [&'static str],
    look: Look,
}

macro_rules! checks {
    ($($part:literal { $(
        $name:literal, $about:literal, in $console:literal,
        needs $needs:expr, after $after:expr => $look:path;
    )+ })+) => {
        /// All checks, in the order in which they are run.
        const CHECKS: &[Check] = &[$($(Check {
            name: $name,
            part: $part,
            about: $about,
            console: $console,
            needs: &$needs,
            after: &$after,
            look: |examination| Box::pin($look(examination)),
        },)+)+];
    };
}

/// Whatever is wrong with the application, an authorization request would fail of it.
const APPLICATION: [&str; 11] = [
    "application",
    "enabled",
    "type",
    "grant types",
    "redirect URI",
    "PKCE",
    "requests",
    "scopes",
    "sign-on policies",
    "token authentication",
    "sign-off URI",
];

checks! {
    "Provider" {
        "settings", "the configuration names an issuer and an application",
            in "", needs [], after [] => provider::settings;
        "reachable", "the issuer's host takes connections",
            in "", needs ["settings"], after [] => provider::reachable;
        "TLS", "its certificate is trusted, in date and for this name",
            in "", needs ["reachable"], after [] => provider::tls;
        "clock", "its clock and this machine's agree",
            in "", needs ["TLS"], after [] => provider::clock;
        "discovery", "the discovery document is there, and names the issuer to the character",
            in "Applications > Applications > (application) > Configuration > URLs",
            needs ["TLS"], after [] => provider::discovery;
        "signatures", "ID tokens are signed by an algorithm that the portal accepts",
            in "", needs ["discovery"], after [] => provider::signatures;
    }
    "Worker" {
        "worker", "the worker application gets a token",
            in "Applications > Applications > (worker) > Overview, Configuration",
            needs ["discovery"], after [] => worker::token;
        "roles", "the worker holds Identity Data Admin for the right people, and no more",
            in "Applications > Applications > (worker) > Roles",
            needs ["worker"], after [] => worker::roles;
        "environment", "the worker reads its environment",
            in "Settings > Environment Properties",
            needs ["worker"], after ["roles"] => worker::environment;
    }
    "Application" {
        "application", "there is an application with the client_id",
            in "Applications > Applications",
            needs ["worker"], after ["roles"] => application::exists;
        "enabled", "it is enabled",
            in "Applications > Applications > (switch beside the application)",
            needs ["application"], after [] => application::enabled;
        "type", "it is a web application for OpenID Connect",
            in "Applications > Applications > +",
            needs ["application"], after [] => application::kind;
        "grant types", "it may use the grant that the portal uses",
            in "Applications > Applications > (application) > Configuration",
            needs ["application"], after ["type"] => application::grant_types;
        "redirect URI", "the portal's redirect URI is registered, to the character",
            in "Applications > Applications > (application) > Configuration > Redirect URIs",
            needs ["application"], after ["type"] => application::redirect_uri;
        "sign-off URI", "the address after signing off is registered, to the character",
            in "Applications > Applications > (application) > Configuration > Signoff URLs",
            needs ["application"], after ["type"] => application::sign_off_uri;
        "PKCE", "PKCE with S256 is demanded",
            in "Applications > Applications > (application) > Configuration > PKCE Enforcement",
            needs ["application"], after ["type"] => application::pkce;
        "requests", "requests need be neither pushed nor signed",
            in "Applications > Applications > (application) > Configuration",
            needs ["application"], after ["type"] => application::requests;
        "token authentication", "the portal proves the application by the method that is set",
            in "Applications > Applications > (application) > Configuration > Token Endpoint Authentication Method",
            needs ["application"], after ["type"] => application::token_authentication;
        "access", "customers may sign on, not administrators or some groups alone",
            in "Applications > Applications > (application) > Access",
            needs ["application"], after ["type"] => application::access;
        "scopes", "the scopes that are asked for are granted",
            in "Applications > Applications > (application) > Resources",
            needs ["application"], after ["type"] => application::scopes;
        "sign-on policies", "the policies that are asked for are assigned",
            in "Applications > Applications > (application) > Policies",
            needs ["application"], after ["type"] => application::sign_on_policies;
        "client secret", "the token endpoint accepts the application's secret",
            in "Applications > Applications > (application) > Overview",
            needs ["discovery"],
            after ["application", "enabled", "type", "token authentication"]
            => application::client_secret;
        "sign-on", "an authorization request of the portal is accepted",
            in "Applications > Applications > (application) > Configuration",
            needs ["discovery"], after APPLICATION => application::sign_on;
    }
    "People" {
        "population", "new users find the population that they join",
            in "Directory > Populations",
            needs ["worker"], after ["roles"] => people::population;
        "password policy", "it is there, and locks out who guesses",
            in "Authentication > Password",
            needs ["population"], after [] => people::password_policy;
        "operators", "the roles that make operators exist",
            in "Directory > Administrator Roles",
            needs ["worker"], after ["roles"] => people::operators;
        "mail", "mails with codes go out, in the customer's name",
            in "Settings > Senders",
            needs ["worker"], after ["roles"] => people::mail;
    }
}

/// Runs all checks against what `subject` leads to. `now` is this machine's time.
///
/// ```no_run
/// # use latchkey::config::{Loaded, Sources};
/// # async fn example(now: jiff::Timestamp) -> Result<(), Box<dyn std::error::Error>> {
/// use latchkey::doctor::{Status, Subject, examine};
///
/// let settings = Loaded::read(&Sources::process()).settings_for_tools()?;
/// let report = examine(&Subject::configured(&settings), now).await;
/// println!("{} failures", report.count(Status::Failure));
/// # Ok(())
/// # }
/// ```
pub async fn examine(subject: &Subject, now: Timestamp) -> Report {
    let mut report = Report {
        portal: subject.portal.public_url.to_string(),
        issuer: subject.issuer().map(str::to_owned),
        source: subject.source.clone(),
        checks: Vec::new(),
    };
    let mut examination = match Examination::new(subject.clone(), now) {
        Ok(examination) => examination,
        Err(error) => {
            report.checks.push(unusable(&error));
            return report;
        }
    };
    for check in CHECKS {
        let row = match hindrance(check, &report.checks) {
            Some(reason) => check.row(Err(Stop::NotLookedAt(reason))),
            None => check.run(&mut examination).await,
        };
        report.checks.push(row);
    }
    report
}

/// A table of all checks, in Markdown.
pub fn table() -> String {
    let mut text =
        String::from("| part | check | looks at | in PingOne's console |\n|---|---|---|---|\n");
    for Check {
        name,
        part,
        about,
        console,
        ..
    } in CHECKS
    {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "| {part} | {name} | {about} | {console} |");
    }
    text
}

/// The settings make no connection at all.
fn unusable(error: &examination::Unusable) -> Row {
    let finding = Finding::new(
        error.to_string(),
        "correct the setting that this names; `latchkey config check` looks at all of them",
    );
    Row {
        check: "settings",
        part: "Provider",
        status: Status::Failure,
        found: finding.found,
        expected: None,
        remedy: Some(finding.remedy),
        console: None,
        changes: Vec::new(),
    }
}

/// Why a check cannot be looked at, by how those before it ended.
fn hindrance(check: &Check, before: &[Row]) -> Option<String> {
    let status_of = |name: &&str| {
        let row = before.iter().find(|row| row.check == *name)?;
        Some((row.check, row.status))
    };
    let mut needed = check.needs.iter().filter_map(status_of);
    let missing =
        needed.find(|(_, status)| matches!(status, Status::Failure | Status::NotLookedAt));
    let mut earlier = check.after.iter().filter_map(status_of);
    let failed = earlier.find(|(_, status)| *status == Status::Failure);
    missing.or(failed).map(|(name, status)| match status {
        Status::NotLookedAt => format!("it needs `{name}`, which was not looked at"),
        _ => format!("`{name}` failed; mend that first"),
    })
}

impl Check {
    async fn run(&self, examination: &mut Examination) -> Row {
        let seen = tokio::time::timeout(LONGEST_CHECK, (self.look)(examination)).await;
        let seen = seen.unwrap_or_else(|_| {
            let found = format!("no answer within {} seconds", LONGEST_CHECK.as_secs());
            Finding::new(
                found,
                "look at the network between here and there, and try again",
            )
            .failure()
        });
        self.row(seen)
    }

    fn row(&self, seen: Seen) -> Row {
        let (status, finding) = match seen {
            Ok(found) => return self.plain(Status::Ok, found),
            Err(Stop::NotLookedAt(reason)) => return self.plain(Status::NotLookedAt, reason),
            Err(Stop::Warning(finding)) => (Status::Warning, *finding),
            Err(Stop::Failure(finding)) => (Status::Failure, *finding),
        };
        Row {
            expected: finding.expected,
            remedy: Some(finding.remedy),
            console: Some(self.console).filter(|place| !place.is_empty()),
            changes: finding.changes,
            ..self.plain(status, finding.found)
        }
    }

    fn plain(&self, status: Status, found: String) -> Row {
        Row {
            check: self.name,
            part: self.part,
            status,
            found,
            expected: None,
            remedy: None,
            console: None,
            changes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_needs_only_what_is_looked_at_before_it() {
        for (place, check) in CHECKS.iter().enumerate() {
            for name in check.needs.iter().chain(check.after) {
                let earlier = CHECKS.iter().take(place).any(|other| other.name == *name);
                assert!(earlier, "{} needs {name}", check.name);
            }
        }
    }

    #[test]
    fn the_page_lists_every_check() {
        let page = include_str!("../../../docs/doctor.md");
        let table = table();
        assert!(
            page.contains(&table),
            "docs/doctor.md should hold:\n{table}"
        );
    }
}
