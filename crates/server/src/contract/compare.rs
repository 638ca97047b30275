//! What was sent, what was answered, what was read: whether they agree, and what to tell of it.

use jiff::Timestamp;
use serde_json::Value;

use super::stop::{Stop, broken, ensure};

/// More of a value is not shown.
const LONGEST_SHOWN: usize = 160;

/// What is made anew for every answer, and so compared with nothing.
const BESIDE: [&str; 2] = ["_links", "_embedded"];

/// Checks that `got` says all that `wanted` says; it may say more.
///
/// `hidden` are members that are never shown again, such as secrets.
pub(super) fn says(got: &Value, wanted: &Value, hidden: &[&str]) -> Result<(), Stop> {
    says_at(got, wanted, hidden, "")
}

fn says_at(got: &Value, wanted: &Value, hidden: &[&str], at: &str) -> Result<(), Stop> {
    let below = |name: &str| {
        if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}.{name}")
        }
    };
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            let mut compared = wanted
                .iter()
                .filter(|(name, _)| !hidden.contains(&name.as_str()))
                .filter(|(name, _)| !BESIDE.contains(&name.as_str()));
            compared.try_for_each(|(name, wanted)| {
                let got = got.get(name).unwrap_or(&Value::Null);
                says_at(got, wanted, hidden, &below(name))
            })
        }
        (Value::Array(wanted), Value::Array(got)) if wanted.len() == got.len() => {
            let mut pairs = wanted.iter().zip(got).enumerate();
            pairs.try_for_each(|(place, (wanted, got))| {
                says_at(got, wanted, hidden, &below(&place.to_string()))
            })
        }
        _ => ensure(wanted == got, || {
            let (wanted, got) = (shown(at, wanted), shown(at, got));
            format!("`{at}` should be {wanted} and is {got}")
        }),
    }
}

/// A member of an answer, by a JSON pointer.
pub(super) fn member<'v>(answer: &'v Value, pointer: &str) -> Result<&'v Value, Stop> {
    match answer.pointer(pointer) {
        Some(value) => Ok(value),
        None => broken(format!("there is no member `{}`", dotted(pointer))),
    }
}

/// A member that is a text.
pub(super) fn text<'v>(answer: &'v Value, pointer: &str) -> Result<&'v str, Stop> {
    match member(answer, pointer)?.as_str() {
        Some(text) => Ok(text),
        None => broken(format!("`{}` is no text", dotted(pointer))),
    }
}

/// The items of a list's answer.
pub(super) fn items<'v>(list: &'v Value, key: &str) -> Result<&'v [Value], Stop> {
    match member(list, &format!("/_embedded/{key}"))?.as_array() {
        Some(items) => Ok(items),
        None => broken(format!("`_embedded.{key}` is no array")),
    }
}

/// The member `id`, null where there is none.
pub(super) fn id_of(object: &Value) -> &Value {
    object.get("id").unwrap_or(&Value::Null)
}

/// Sets a member of a body.
pub(super) fn set(body: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = body {
        members.insert(name.to_owned(), value);
    }
}

/// Checks that a member has this value.
pub(super) fn is(answer: &Value, pointer: &str, wanted: impl Into<Value>) -> Result<(), Stop> {
    let (got, wanted) = (member(answer, pointer)?, wanted.into());
    ensure(*got == wanted, || {
        let at = dotted(pointer);
        let (wanted, got) = (shown(&at, &wanted), shown(&at, got));
        format!("`{at}` should be {wanted} and is {got}")
    })
}

/// Checks that there is no such member.
pub(super) fn is_absent(answer: &Value, pointer: &str) -> Result<(), Stop> {
    ensure(answer.pointer(pointer).is_none(), || {
        format!("`{}` should not be there", dotted(pointer))
    })
}

/// A date as PingOne writes it: ISO 8601 in UTC with `Z`, to the millisecond, which are three
/// digits or none.
pub(super) fn date(answer: &Value, pointer: &str) -> Result<Timestamp, Stop> {
    let written = text(answer, pointer)?;
    let is_fine = |rest: &str| {
        let fraction = rest.strip_prefix('.').unwrap_or_default();
        fraction.len() == 3 && fraction.bytes().all(|byte| byte.is_ascii_digit())
    };
    let has_form = written
        .strip_suffix('Z')
        .and_then(|date| date.split_at_checked("2022-09-22T13:07:15".len()))
        .is_some_and(|(_, fraction)| fraction.is_empty() || is_fine(fraction));
    match written.parse() {
        Ok(date) if has_form => Ok(date),
        _ => broken(format!(
            "`{}` should be a date such as 2022-09-22T13:07:15.115Z and is {written}",
            dotted(pointer)
        )),
    }
}

/// A value for the report: short, and nothing of what may be a secret.
fn shown(at: &str, value: &Value) -> String {
    let at = at.to_lowercase();
    let is_secret = ["secret", "password", "credential", "token", "key"]
        .iter()
        .any(|word| at.contains(word));
    match value {
        Value::Null => "absent".to_owned(),
        _ if is_secret => "another (not shown)".to_owned(),
        Value::Object(_) | Value::Array(_) => "of another form".to_owned(),
        value => {
            let mut text = value.to_string();
            if let Some((end, _)) = text.char_indices().nth(LONGEST_SHOWN) {
                text.truncate(end);
                text.push('…');
            }
            text
        }
    }
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(result: Result<(), Stop>) -> String {
        match result {
            Err(Stop::Broken(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_sent_may_be_answered_with_more_but_not_with_less() {
        let sent = json!({"name": "A", "of": {"a": 1}, "list": [{"id": "x"}]});
        let more = json!({"name": "A", "of": {"a": 1, "b": 2}, "list": [{"id": "x", "b": 1}]});
        says(&more, &sent, &[]).unwrap();
        let less = json!({"name": "A", "of": {}, "list": [{"id": "x"}]});
        assert_eq!(
            reason(says(&less, &sent, &[])),
            "`of.a` should be 1 and is absent"
        );
        let longer = json!({"name": "A", "of": {"a": 1}, "list": [{"id": "x"}, {}]});
        assert!(reason(says(&longer, &sent, &[])).starts_with("`list` should be"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let (sent, got) = (
            json!({"clientSecret": "abc"}),
            json!({"clientSecret": "xyz"}),
        );
        let told = reason(says(&got, &sent, &[]));
        assert!(!told.contains("abc") && !told.contains("xyz"), "{told}");
        says(&json!({}), &sent, &["clientSecret"]).unwrap();
    }

    #[test]
    fn dates_are_in_utc_with_three_digits_of_a_second_or_none() {
        for (text, is_one) in [
            ("2022-09-22T13:07:15.115Z", true),
            ("2022-09-22T13:07:15Z", true),
            ("2022-09-22T13:07:15.020Z", true),
            ("2022-09-22T13:07:15.02Z", false),
            ("2022-09-22T13:07:15.115482Z", false),
            ("2022-09-22T13:07:15.115+00:00", false),
            ("2022-09-22", false),
            ("yesterdayZ", false),
        ] {
            assert_eq!(date(&json!({"at": text}), "/at").is_ok(), is_one, "{text}");
        }
    }
}
