//! What an environment begins with and a seed is without.

use idp::inside::Call;
use pingone::Method;
use serde_json::{Map, Value};

use super::Making;
use crate::seed::file::SeedError;
use crate::seed::source::words;

impl Making<'_> {
    /// Takes away what the environment began with and the seed is without.
    pub(super) async fn take_away(&mut self) -> Result<(), SeedError> {
        let Some(environment) = self.plan.all.first() else {
            return Ok(());
        };
        let mut left = Vec::new();
        for name in self.own_list(environment, "without")? {
            let Some(address) = self.address_of(name).await? else {
                let what = format!(
                    "without: every environment begins without {name}; it is written as \
                     passwordPolicies/Basic"
                );
                return Err(self.error(environment, what));
            };
            left.push((address, name));
        }
        // What others refer to goes after them.
        loop {
            let mut refused = Vec::new();
            let mut first = None;
            let before = left.len();
            for (address, name) in left {
                let answer = self.inside.send(Call::new(Method::DELETE, &address)).await;
                let answer = answer.map_err(|error| self.unanswered(error))?;
                if !answer.status.is_success() {
                    first.get_or_insert_with(|| {
                        let words = words(&answer.body);
                        let what = format!("without: {name} cannot be taken away: {words}");
                        self.error(environment, what)
                    });
                    refused.push((address, name));
                }
            }
            match first {
                None => return Ok(()),
                Some(error) if refused.len() == before => return Err(error),
                Some(_) => left = refused,
            }
        }
    }

    /// The path of an object by what it is called, such as `schemas/User/attributes/title`.
    async fn address_of(&self, name: &str) -> Result<Option<String>, SeedError> {
        let mut address = format!("environments/{}", self.id);
        let mut kinds = self
            .plan
            .all
            .first()
            .map_or(&[][..], |one| one.object.kind.children);
        let mut steps = name.split('/');
        while let (Some(key), Some(label)) = (steps.next(), steps.next()) {
            let Some(kind) = kinds.iter().find(|kind| kind.key == key) else {
                return Ok(None);
            };
            let path = format!("{address}/{}", kind.path);
            let all = self.listed(&path).await?;
            let is_it =
                |members: &&Map<String, Value>| kind.label(members).as_deref() == Some(label);
            let id = all
                .iter()
                .find(is_it)
                .and_then(|members| members.get("id")?.as_str());
            let Some(id) = id else {
                return Ok(None);
            };
            address = format!("{path}/{id}");
            kinds = kind.children;
        }
        Ok((address.matches('/').count() > 1).then(|| format!("/v1/{address}")))
    }
}
