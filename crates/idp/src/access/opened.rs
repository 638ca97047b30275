//! Which of their owner's attributes the scopes of an access token open (PingOne, "Self-management
//! scopes"): all, or those that a scope and its copies (`p1:read:user:suffix`) name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Attributes of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    All,
    /// Those at these paths, such as `name.given`, and what is below them.
    Only(BTreeSet<String>),
}

impl Opened {
    fn opens(&self, path: &str) -> bool {
        let Self::Only(paths) = self else { return true };
        let is_above = |opened: &String| {
            let below = path.strip_prefix(opened.as_str());
            below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        paths.iter().any(is_above)
    }

    /// Takes out what is not opened. Members that are no attributes stay.
    pub(crate) fn retain(
        &self,
        members: &mut Map<String, Value>,
        is_attribute: impl Fn(&str) -> bool,
    ) {
        if *self != Self::All {
            members.retain(|name, value| !is_attribute(name) || self.keeps(name, value));
        }
    }

    fn keeps(&self, path: &str, value: &mut Value) -> bool {
        if self.opens(path) {
            return true;
        }
        let Value::Object(members) = value else {
            return false;
        };
        members.retain(|name, value| self.keeps(&format!("{path}.{name}"), value));
        !members.is_empty()
    }

    /// The attributes of a body that are not opened.
    pub(crate) fn closed(
        &self,
        body: &Map<String, Value>,
        is_attribute: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut closed = Vec::new();
        for (name, value) in body.iter().filter(|(name, _)| is_attribute(name)) {
            self.list_closed(name.clone(), value, &mut closed);
        }
        closed
    }

    fn list_closed(&self, path: String, value: &Value, closed: &mut Vec<String>) {
        if self.opens(&path) {
            return;
        }
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    self.list_closed(format!("{path}.{name}"), value, closed);
                }
            }
            _ => closed.push(path),
        }
    }

    /// What is not opened, of attributes that are about to be replaced: it stays.
    pub(crate) fn kept(&self, mut attributes: Map<String, Value>) -> Map<String, Value> {
        attributes.retain(|name, value| self.stays(name, value));
        attributes
    }

    fn stays(&self, path: &str, value: &mut Value) -> bool {
        if self.opens(path) {
            return false;
        }
        let Value::Object(members) = value else {
            return true;
        };
        members.retain(|name, value| self.stays(&format!("{path}.{name}"), value));
        !members.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn only(paths: &[&str]) -> Opened {
        Opened::Only(paths.iter().map(|path| (*path).to_owned()).collect())
    }

    fn members(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            _ => panic!("no object"),
        }
    }

    #[test]
    fn a_path_opens_itself_and_what_is_below_and_nothing_beside() {
        let opened = only(&["name", "address.locality"]);
        let user = members(json!({
            "id": 1, "name": {"given": "Ada"}, "nickname": "A", "names": "no",
            "address": {"locality": "London", "region": "no"},
        }));
        let mut shown = user.clone();
        opened.retain(&mut shown, |name| name != "id");
        let expected = json!({
            "id": 1, "name": {"given": "Ada"}, "address": {"locality": "London"},
        });
        assert_eq!(Value::Object(shown), expected);
        let closed = opened.closed(&user, |name| name != "id");
        assert_eq!(closed, ["address.region", "names", "nickname"]);
        let kept = opened.kept(user);
        let expected = json!({
            "id": 1, "nickname": "A", "names": "no", "address": {"region": "no"},
        });
        assert_eq!(Value::Object(kept), expected);
    }

    #[test]
    fn all_leaves_nothing_out_and_closes_nothing() {
        let user = members(json!({"name": {"given": "Ada"}}));
        let mut shown = user.clone();
        Opened::All.retain(&mut shown, |_| true);
        assert_eq!(shown, user);
        assert!(Opened::All.closed(&user, |_| true).is_empty());
        assert!(Opened::All.kept(user).is_empty());
    }
}
