//! Which population a new user joins. Visitors pick from what was configured, or do not pick; the
//! id of a population never comes from a form.

use std::sync::Arc;

use pingone::{Population, management};
use platform::Clock;
use protocol::id::PopulationId;
use protocol::names::{EmailAddress, ascii_domain};
use ui::Choice;
use web::LookupCounts;

use crate::cache::Cache;
use crate::settings::PopulationChoice;

/// Reads the populations, and remembers them for a moment.
#[derive(Debug)]
pub(crate) struct Populations {
    management: management::Client,
    clock: Arc<dyn Clock>,
    choice: PopulationChoice,
    read: Cache<(), Vec<Population>>,
}

/// The population for a registration, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// This one; absent: the environment's default.
    Population(Option<PopulationId>),
    /// The visitor picked nothing that was offered.
    NotOffered,
    /// No population is for this email domain.
    NoneForDomain,
}

impl Populations {
    pub(crate) fn new(
        management: management::Client,
        clock: Arc<dyn Clock>,
        choice: PopulationChoice,
    ) -> Self {
        Self {
            management,
            clock,
            choice,
            read: Cache::default(),
        }
    }

    /// How often what is kept in memory was asked for, and there.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.read.lookups()
    }

    async fn all(&self) -> Result<Vec<Population>, pingone::Error> {
        let now = self.clock.now();
        if let Some(all) = self.read.find(&(), now) {
            return Ok(all);
        }
        let all = self.management.populations().list().all().await?;
        self.read.insert((), all.clone(), now);
        Ok(all)
    }

    /// What the visitor can pick from, if anything: places in the configured list, with names.
    pub(crate) async fn choices(&self) -> Result<Vec<Choice>, pingone::Error> {
        let PopulationChoice::Choose(offered) = &self.choice else {
            return Ok(Vec::new());
        };
        let all = self.all().await?;
        let choice = |(place, id): (usize, &PopulationId)| {
            let population = all.iter().find(|population| population.id == *id)?;
            Some(Choice::new(
                (place + 1).to_string(),
                population.name.clone(),
            ))
        };
        Ok(offered.iter().enumerate().filter_map(choice).collect())
    }

    /// The population for a registration with this pick and this email address.
    pub(crate) async fn choose(&self, picked: &str, email: &str) -> Result<Chosen, pingone::Error> {
        match &self.choice {
            PopulationChoice::Fixed(population) => Ok(Chosen::Population(*population)),
            PopulationChoice::Choose(offered) => Ok(pick(offered, picked)),
            PopulationChoice::EmailDomain => {
                let all = self.all().await?;
                Ok(for_domain(&all, email))
            }
        }
    }
}

fn pick(offered: &[PopulationId], picked: &str) -> Chosen {
    let place = picked
        .parse::<usize>()
        .ok()
        .and_then(|place| place.checked_sub(1));
    match place.and_then(|place| offered.get(place)) {
        Some(population) => Chosen::Population(Some(*population)),
        None => Chosen::NotOffered,
    }
}

/// The population whose description names the domain, as a word of its own.
fn for_domain(all: &[Population], email: &str) -> Chosen {
    let Ok(address) = EmailAddress::parse(email) else {
        return Chosen::NoneForDomain;
    };
    let names_domain = |population: &&Population| {
        let description = population.description.as_deref().unwrap_or_default();
        description
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '@' | '"'))
            .filter_map(|word| ascii_domain(word.trim_end_matches('.')))
            .any(|word| word == address.domain())
    };
    match all.iter().find(names_domain) {
        Some(population) => Chosen::Population(Some(population.id)),
        None => Chosen::NoneForDomain,
    }
}

#[cfg(test)]
mod tests {
    use protocol::SeededRandom;

    use super::*;

    fn population(name: &str, description: &str, random: &SeededRandom) -> Population {
        serde_json::from_value(serde_json::json!({
            "id": PopulationId::random(random),
            "environment": {"id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"},
            "name": name,
            "description": description,
            "createdAt": "2026-01-05T10:00:00Z",
            "updatedAt": "2026-01-05T10:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn only_what_was_offered_can_be_picked() {
        let random = SeededRandom::new(1);
        let (one, two) = (PopulationId::random(&random), PopulationId::random(&random));
        let offered = [one, two];
        assert_eq!(pick(&offered, "2"), Chosen::Population(Some(two)));
        for picked in [
            "",
            "0",
            "3",
            "-1",
            "1 ",
            &one.to_string(),
            "99999999999999999999",
        ] {
            assert_eq!(pick(&offered, picked), Chosen::NotOffered, "{picked}");
        }
    }

    #[test]
    fn a_domain_is_matched_as_a_whole_word() {
        let random = SeededRandom::new(2);
        let all = [
            population(
                "Partners",
                "Partners: notexample.com, example.com.evil.net",
                &random,
            ),
            population("Staff", "People with an address at example.com.", &random),
        ];
        assert_eq!(
            for_domain(&all, "ada@EXAMPLE.com"),
            Chosen::Population(Some(all[1].id))
        );
        for email in [
            "ada@ample.com",
            "ada@sub.example.com",
            "ada",
            "example.com@evil.org",
        ] {
            assert_eq!(for_domain(&all, email), Chosen::NoneForDomain, "{email}");
        }
    }
}
