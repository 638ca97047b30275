//! What people meet: their population, the password policy, operators, mails.

use pingone::{Error, PasswordPolicy, Population, PopulationId};
use portal::PopulationChoice;
use serde_json::json;

use super::examination::{Examination, allowed};
use super::{Change, Finding, Seen};

/// The sender of a tenant that has chosen none.
const PINGONES_OWN_SENDER: &str = "noreply@pingidentity.com";

/// Registration's populations that exist, and those that do not.
async fn populations(
    examination: &Examination,
) -> Result<(Vec<Population>, Vec<PopulationId>), super::Stop> {
    let management = examination.worker()?.management;
    let all = allowed(management.populations().list().all().await, "populations")?;
    let found = |id: &PopulationId| all.iter().find(|population| population.id == *id).cloned();
    Ok(match &examination.subject.portal.registration.population {
        PopulationChoice::Fixed(Some(id)) => match found(id) {
            Some(population) => (vec![population], Vec::new()),
            None => (Vec::new(), vec![*id]),
        },
        PopulationChoice::Choose(ids) => {
            let missing = ids
                .iter()
                .filter(|id| found(id).is_none())
                .copied()
                .collect();
            (ids.iter().filter_map(found).collect(), missing)
        }
        PopulationChoice::EmailDomain => {
            let names_one = |population: &&Population| {
                let description = population.description.as_deref().unwrap_or_default();
                description
                    .split_whitespace()
                    .any(|word| word.trim_matches('.').contains('.'))
            };
            (all.iter().filter(names_one).cloned().collect(), Vec::new())
        }
        PopulationChoice::Fixed(None) => {
            let default = all.iter().filter(|population| population.default);
            (default.cloned().collect(), Vec::new())
        }
    })
}

pub(super) async fn population(examination: &mut Examination) -> Seen {
    let registration = &examination.subject.portal.registration;
    if !registration.enabled {
        return Ok("registration is switched off".to_owned());
    }
    let (found, missing) = populations(examination).await?;
    if !missing.is_empty() {
        let ids: Vec<String> = missing.iter().map(PopulationId::to_string).collect();
        let left: Vec<String> = found.iter().map(|one| one.id.to_string()).collect();
        let key = "portal.registration.populations";
        let finding = Finding::new(
            format!("the worker sees no population {}", ids.join(", ")),
            "take it out of portal.registration.populations, or copy the id of one that is there; \
             or give the worker its role for it",
        );
        let value = toml::Value::from(left).to_string();
        return finding.change(Change::Setting { key, value }).failure();
    }
    if found.is_empty() {
        return match registration.population {
            PopulationChoice::EmailDomain => Finding::new(
                "no population names a mail domain in its description",
                "write the domains, such as example.com, into the descriptions of populations; or \
                 set portal.registration.population to \"fixed\"",
            )
            .change(Change::Setting {
                key: "portal.registration.population",
                value: "\"fixed\"".to_owned(),
            })
            .failure(),
            _ => Finding::new(
                "the environment has no default population, so nobody can register",
                "make one the default, or name one in portal.registration.populations",
            )
            .failure(),
        };
    }
    let names: Vec<&str> = found
        .iter()
        .map(|population| population.name.as_str())
        .collect();
    Ok(names.join(", "))
}

pub(super) async fn password_policy(examination: &mut Examination) -> Seen {
    let management = examination.worker()?.management;
    let (populations, _) = populations(examination).await?;
    let policies = management.password_policies();
    let mut looked_at: Vec<PasswordPolicy> = Vec::new();
    let named = populations
        .iter()
        .map(|population| population.password_policy.as_ref());
    for named in named.chain(populations.is_empty().then_some(None)) {
        let policy = match named {
            Some(policy) => policies.load(policy.id).await,
            None => policies.load_default().await,
        };
        if policy.as_ref().is_err_and(Error::is_not_found) {
            return Finding::new(
                "there is no password policy for the population",
                "make a policy the default, or choose one in the population",
            )
            .failure();
        }
        let policy = allowed(policy, "password policies")?;
        if !looked_at.iter().any(|other| other.id == policy.id) {
            looked_at.push(policy);
        }
    }
    for policy in &looked_at {
        if policy.lockout.is_none() {
            let finding = Finding::new(
                format!("{} locks nobody out, however often they guess", policy.name),
                "lock accounts after five wrong passwords, for fifteen minutes",
            );
            let Some(id) = policy.id else {
                return finding.warning();
            };
            return finding
                .change(Change::Member {
                    path: format!("passwordPolicies/{id}"),
                    member: "lockout",
                    value: json!({"failureCount": 5, "durationSeconds": 900}),
                })
                .warning();
        }
    }
    let names: Vec<&str> = looked_at
        .iter()
        .map(|policy| policy.name.as_str())
        .collect();
    Ok(names.join(", "))
}

pub(super) async fn operators(examination: &mut Examination) -> Seen {
    let configured = &examination.subject.portal.operator_roles;
    let management = examination.worker()?.management;
    let roles = allowed(management.roles().list().all().await, "roles")?;
    let (there, unknown): (Vec<&str>, Vec<&str>) = configured
        .iter()
        .map(String::as_str)
        .partition(|name| roles.iter().any(|role| role.name == **name));
    if unknown.is_empty() {
        return Ok(there.join(", "));
    }
    let kept = if there.is_empty() {
        vec!["Identity Data Admin"]
    } else {
        there
    };
    let key = "portal.operator.roles";
    Finding::new(
        format!("no role is called {}", unknown.join(", ")),
        "correct portal.operator.roles: nobody holds a role that is not there",
    )
    .change(Change::Setting {
        key,
        value: toml::Value::from(kept).to_string(),
    })
    .warning()
}

pub(super) async fn mail(examination: &mut Examination) -> Seen {
    let subject = &examination.subject;
    if let Some(smtp) = &subject.smtp
        && let Err(error) = idp::check_mail_server(smtp).await
    {
        let why = ui::chain_of_causes(&error).join(": ");
        let remedy = "correct host, port, encryption and credentials in [idp.smtp]";
        return Finding::new(why, remedy).failure();
    }
    let registration = &subject.portal.registration;
    if registration.enabled && !registration.verify_email {
        return Finding::new(
            "who registers never proves that the address is theirs",
            "let a code be mailed at registration",
        )
        .change(Change::Setting {
            key: "portal.registration.verify_email",
            value: "true".to_owned(),
        })
        .warning();
    }
    let is_own = subject.smtp.is_some() || subject.mailbox.is_some();
    if is_own && subject.portal.brand.lacks_mail_logo() {
        let remedy = "give a PNG as brand.mail_logo";
        return Finding::new("mails show no logo: mail programs show no SVG", remedy).warning();
    }
    if let Some(smtp) = &subject.smtp {
        return Ok(format!("{} takes mails", smtp.host));
    }
    if let Some(mailbox) = &subject.mailbox {
        return Ok(format!("kept in the mailbox, {mailbox}"));
    }
    let management = examination.worker()?.management;
    let delivery = management.email_delivery().load().await;
    if let Ok(Some(host)) = delivery.map(|delivery| delivery.host) {
        return Ok(format!("sent by {host}"));
    }
    let settings = management.notifications_settings().load().await;
    let settings = allowed(settings, "the sender of mails")?;
    let sender = settings.from.map(|from| from.address);
    let sender = sender.unwrap_or_else(|| PINGONES_OWN_SENDER.to_owned());
    if sender == PINGONES_OWN_SENDER && subject.is_production() {
        return Finding::new(
            format!("mails come from {sender}, of which PingOne sends few a day"),
            "set up a trusted email domain and a sender in it, or your own mail server",
        )
        .warning();
    }
    Ok(format!("from {sender}"))
}
