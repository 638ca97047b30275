//! Ids that are known before there is anything to have them: what an object begins with is named
//! from it, so that the ids follow from its own.

use std::collections::BTreeMap;

use protocol::id::{Id, derived};
use uuid::Uuid;

/// Ids that were given in advance, each to where in the environment it stands, such as
/// `resources/openid/scopes/email`.
pub type GivenIds = BTreeMap<String, Uuid>;

/// The id of an object, and those of what it begins with.
#[derive(Clone, Debug)]
pub(crate) struct Ids<'a> {
    id: Uuid,
    /// Where in the environment it stands; empty for the environment itself.
    path: String,
    given: Option<&'a GivenIds>,
}

impl<'a> Ids<'a> {
    /// Of an environment, or of an object in one of which nothing was given in advance.
    pub(crate) fn of(id: impl Into<Uuid>) -> Self {
        Self {
            id: id.into(),
            path: String::new(),
            given: None,
        }
    }

    /// Of the object at a path, with what was given in advance.
    pub(crate) fn given(id: impl Into<Uuid>, path: String, given: &'a GivenIds) -> Self {
        Self {
            id: id.into(),
            path,
            given: Some(given),
        }
    }

    /// The object's own id.
    pub(crate) fn id<I: Id>(&self) -> I {
        I::from_uuid(self.id)
    }

    /// The object's own id.
    pub(crate) fn uuid(&self) -> Uuid {
        self.id
    }

    /// One of a collection below it, by its name.
    pub(crate) fn below(&self, collection: &str, name: &str) -> Self {
        let step = format!("{collection}/{name}");
        let path = if self.path.is_empty() {
            step.clone()
        } else {
            format!("{}/{step}", self.path)
        };
        let given = self.given.and_then(|given| given.get(&path)).copied();
        Self {
            id: given.unwrap_or_else(|| derived(self.id, &step)),
            path,
            given: self.given,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_from_what_it_is_below_unless_it_was_given() {
        let environment = Uuid::from_u128(1);
        let plain = Ids::of(environment).below("resources", "openid");
        assert_eq!(plain.uuid(), derived(environment, "resources/openid"));
        let scope = plain.below("scopes", "email");
        assert_eq!(scope.uuid(), derived(plain.uuid(), "scopes/email"));

        let own = Uuid::from_u128(2);
        let given = GivenIds::from([("resources/openid/scopes/email".to_owned(), own)]);
        let ids = Ids::given(environment, String::new(), &given).below("resources", "openid");
        assert_eq!(ids.uuid(), plain.uuid());
        assert_eq!(ids.below("scopes", "email").uuid(), own);
        let other = ids.below("scopes", "phone").uuid();
        assert_eq!(other, plain.below("scopes", "phone").uuid());
    }
}
