//! What a seed alone says of an object, and the management API does not take.

use idp::inside::Given;
use protocol::secret::ClientSecret;
use serde_json::Value;

use super::Making;
use crate::seed::file::SeedError;
use crate::seed::plan::Planned;

impl Making<'_> {
    /// What a new object is given.
    pub(super) fn given(&self, planned: &Planned<'_>) -> Result<Given, SeedError> {
        let object = planned.object;
        let mut given = Given::default();
        given.id = Some(planned.id);
        given.ids = self.plan.ids.clone();
        if object.kind.own.contains(&"secret") {
            given.secret = self.own_text(planned, "secret")?.map(ClientSecret::new);
        }
        if object.kind.own.contains(&"forOperators") {
            given.is_for_operators = self.own_switch(planned, "forOperators")?;
        }
        Ok(given)
    }

    pub(super) fn own_list<'p>(
        &self,
        planned: &Planned<'p>,
        member: &str,
    ) -> Result<Vec<&'p str>, SeedError> {
        let wrong = || self.error(planned, format!("{member}: is a list of texts"));
        match planned.object.members.get(member) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().ok_or_else(wrong))
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    pub(super) fn own_text<'p>(
        &self,
        planned: &Planned<'p>,
        member: &str,
    ) -> Result<Option<&'p str>, SeedError> {
        match planned.object.members.get(member) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(self.error(planned, format!("{member}: is a text that is not empty"))),
        }
    }

    pub(super) fn own_switch(
        &self,
        planned: &Planned<'_>,
        member: &str,
    ) -> Result<bool, SeedError> {
        match planned.object.members.get(member) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(self.error(planned, format!("{member}: is true or false"))),
        }
    }
}
