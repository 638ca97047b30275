//! Keys that nobody asked for, and what was probably meant.

use std::collections::BTreeSet;

use crate::config::document::Entry;
use crate::config::problem::{Origin, Problem};

/// A suggestion has to be this much alike (0 to 1, Jaro–Winkler).
const ALIKE: f64 = 0.84;

/// An unknown key, with the known one that is most alike, or else the section.
pub(super) fn unknown(key: &str, entry: &Entry, known: &BTreeSet<String>) -> Problem {
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let alike = known.iter().filter(|candidate| {
        let last = candidate.rsplit('.').next().unwrap_or_default();
        strsim::jaro_winkler(name, last) >= ALIKE
    });
    let sections: BTreeSet<&str> = known
        .iter()
        .filter_map(|key| key.rsplit_once('.'))
        .map(|(section, _)| section)
        .collect();
    let from_environment = matches!(entry.origin, Origin::Environment(_));
    let what = match nearest(key, alike.map(String::as_str)) {
        Some(candidate) if from_environment => {
            let name = candidate.to_uppercase().replace('.', "__");
            format!("there is no such key; did you mean `LATCHKEY_{name}`?")
        }
        Some(candidate) => format!("there is no such key; did you mean `{candidate}`?"),
        None if section.is_empty() || sections.contains(section) => {
            "there is no such key; `latchkey config show --default` lists them all".to_owned()
        }
        None => match nearest(section, sections.into_iter()) {
            Some(meant) => {
                format!("there is no section `{section}`; did you mean `{meant}`?")
            }
            None => format!(
                "there is no section `{section}`; `latchkey config show --default` lists them all"
            ),
        },
    };
    Problem {
        key: key.to_owned(),
        origin: Some(entry.origin.clone()),
        what,
        example: None,
    }
}

/// The candidate that is most alike, if one is alike enough.
fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(text, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
