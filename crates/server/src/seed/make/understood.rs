//! Whether the service understood what it was sent: it shows what it did, and passes over the rest.

use serde_json::{Map, Value};

use super::Making;
use crate::seed::kind::Kind;
use crate::seed::plan::Planned;

impl Making<'_> {
    /// Finds fault with a member that the service did not understand: it shows what it did. What was
    /// made with it is not tried again.
    pub(super) fn require_known(
        &mut self,
        planned: &Planned<'_>,
        sent: &Map<String, Value>,
        answer: &Value,
    ) {
        let kind = planned.object.kind;
        let Some(unknown) = unknown_member(sent, answer, "", kind) else {
            return;
        };
        let shown = answer.as_object().into_iter().flat_map(Map::keys);
        let near = shown
            .map(|name| (strsim::jaro_winkler(name, &unknown), name))
            .filter(|(likeness, _)| *likeness > 0.85)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let hint = match near {
            Some((_, near)) => format!("is {near} meant?"),
            None => "take it away".to_owned(),
        };
        let what = format!("`{unknown}` is no member of one of {}; {hint}", kind.key);
        let fault = self.error(planned, what);
        self.fault.get_or_insert(fault);
    }
}

/// A member that was sent and is not shown, as a path.
fn unknown_member(
    sent: &Map<String, Value>,
    shown: &Value,
    above: &str,
    kind: &Kind,
) -> Option<String> {
    for (name, value) in sent {
        let path = if above.is_empty() {
            name.clone()
        } else {
            format!("{above}.{name}")
        };
        let is_unshown = [kind.secrets, kind.unshown]
            .iter()
            .any(|all| all.contains(&path.as_str()));
        if value.is_null() || is_unshown {
            continue;
        }
        let Some(member) = shown.get(name) else {
            // A switch that is off, and an empty list, say as much as nothing.
            if is_nothing(value) {
                continue;
            }
            return Some(path);
        };
        if let (Value::Object(sent), Value::Object(_)) = (value, member)
            && let Some(unknown) = unknown_member(sent, member, &path, kind)
        {
            return Some(unknown);
        }
    }
    None
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        Value::Number(_) | Value::String(_) => false,
    }
}
