//! How long texts may be: every text of every body, by the document of the API.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::management_foreign_ids::Things;
use crate::management_kinds::{Sending, Walk, targets};
use crate::world::{Answer, World};

/// Stands in a body for the text that is looked at.
const TEXT: &str = "the text that is looked at";

/// The forms of texts that have a length of their own.
const FORMS: [&str; 5] = ["date", "date-time", "ipv4", "ipv6", "uuid"];

/// A body with one text to look at.
struct Text {
    /// The names that lead to it.
    at: Vec<String>,
    /// How many characters the document lets it have.
    longest: Option<usize>,
    body: Value,
}

impl Text {
    fn of_length(&self, length: usize, nth: usize) -> String {
        let mut text = format!("t{nth}");
        text.extend(std::iter::repeat_n('a', length.saturating_sub(text.len())));
        text.truncate(length);
        self.body.to_string().replace(TEXT, &text)
    }
}

/// The texts of a schema, each in a body that is otherwise the least that the schema takes.
fn texts(walk: &Walk<'_>, name: &str, schema: &Value, above: &[String]) -> Vec<Text> {
    let mut above = above.to_vec();
    let beside = schema["maxLength"].as_u64();
    if let Some(reference) = schema["$ref"].as_str() {
        if above.iter().filter(|one| *one == reference).count() > 1 {
            return Vec::new();
        }
        above.push(reference.to_owned());
    }
    let schema = walk.whole(schema);
    let mut found = Vec::new();
    let members = schema["properties"].as_object();
    for (name, member) in members.into_iter().flatten() {
        let least = walk.sample("", &schema, "lengths");
        for text in texts(walk, name, member, &above) {
            let mut body = least.clone();
            body[name] = text.body;
            let at = [vec![name.clone()], text.at].concat();
            found.push(Text { at, body, ..text });
        }
    }
    for choice in ["allOf", "anyOf", "oneOf"] {
        for one in schema[choice].as_array().into_iter().flatten() {
            for mut text in texts(walk, name, one, &above) {
                if let Value::Object(body) = &mut text.body {
                    let mut whole: Map<_, _> = walk.members(&schema, "lengths");
                    whole.append(body);
                    *body = whole;
                }
                found.push(text);
            }
        }
    }
    for text in texts_of(walk, name, &schema["items"], &above) {
        let body = json!([text.body]);
        found.push(Text { body, ..text });
    }
    for text in texts_of(walk, name, &schema["additionalProperties"], &above) {
        let at = [vec!["x".to_owned()], text.at].concat();
        let body = json!({"x": text.body});
        found.push(Text { at, body, ..text });
    }
    let form = schema["format"].as_str();
    let is_code = schema.get("enum").is_some() || schema.get("const").is_some();
    let is_text = schema["type"].to_string().contains("\"string\"");
    if is_text && !is_code && form.is_none_or(|form| !FORMS.contains(&form)) {
        let longest = schema["maxLength"].as_u64().or(beside);
        found.push(Text {
            at: Vec::new(),
            longest: longest.map(|longest| usize::try_from(longest).unwrap()),
            body: json!(TEXT),
        });
    }
    found
}

fn texts_of(walk: &Walk<'_>, name: &str, schema: &Value, above: &[String]) -> Vec<Text> {
    if schema.is_object() {
        texts(walk, name, schema, above)
    } else {
        Vec::new()
    }
}

/// Whether a refusal says of a member that it is too long.
fn is_too_long(answer: &Answer, at: &str) -> bool {
    if answer.status != StatusCode::BAD_REQUEST {
        return false;
    }
    let json = answer.json();
    let details = json["details"].as_array().cloned().unwrap_or_default();
    details.iter().any(|detail| {
        let message = detail["message"].as_str().unwrap_or_default();
        detail["target"] == json!(at)
            && (message.contains("characters") || message.contains("too long"))
    })
}

/// Whether a refusal names a member, or what it is in.
fn is_refused(answer: &Answer, at: &str) -> bool {
    let is_named = |target: String| target == at || at.starts_with(&format!("{target}."));
    answer.status == StatusCode::BAD_REQUEST && targets(answer).into_iter().any(is_named)
}

/// Passwords are judged by their policy once all else is right, and changes of a user leave them alone.
fn is_password_of_user(path: &str, at: &str) -> bool {
    path.contains("/users") && at == "password.value"
}

/// What cannot be sent a body here.
const OUT_OF_REACH: [&str; 1] = [
    // The last content that is found is the service's own, which nobody changes. What is sent to make
    // one is the same.
    "PUT /environments/{environment}/templates/{template}/contents/{content} application/json",
];

/// One character more than the document tells is refused by the member's name; what is taken with a
/// few is taken with as many.
#[tokio::test]
async fn texts_may_be_as_long_as_the_document_tells_and_no_longer() {
    let world = World::new().await;
    let walk = Walk::new(&world).await;
    let things = Things::new(walk.api.clone());
    things.fill(&walk).await;
    let (mut wrong, mut out_of_reach) = (Vec::<String>::new(), BTreeSet::new());
    let (mut looked_at, mut taken) = (0, 0);
    for sending in walk.sendings() {
        let Sending {
            method,
            path,
            media,
            schema,
        } = &sending;
        let concrete = things.paths(path).await.pop();
        let (Some(concrete), of) = (concrete, texts(&walk, "", schema, &[])) else {
            out_of_reach.insert(format!("{method} {path} {media}"));
            continue;
        };
        for text in of {
            let at = text.at.join(".");
            let told = format!("{method} {path} ({media}), {at}");
            let Some(longest) = text.longest else {
                wrong.push(format!("{told}: without a bound"));
                continue;
            };
            looked_at += 1;
            let long = text.of_length(longest + 1, looked_at);
            let answer = walk.send(&sending, &concrete, long).await;
            if answer.status == StatusCode::NOT_FOUND || is_the_same(&answer) {
                out_of_reach.insert(format!("{method} {path} {media}"));
                break;
            }
            if !is_password_of_user(path, &at) && !is_refused(&answer, &at) {
                let Answer { status, body, .. } = answer;
                wrong.push(format!("{told} of {longest} + 1: {status} {body:.250}"));
            }
            let most = text.of_length(longest, looked_at);
            let answer = walk.send(&sending, &concrete, most).await;
            let short = text.of_length(8, looked_at + 100_000);
            let is_taken = answer.status.is_success();
            if is_too_long(&answer, &at)
                || !is_taken
                    && walk
                        .send(&sending, &concrete, short)
                        .await
                        .status
                        .is_success()
            {
                let Answer { status, body, .. } = answer;
                wrong.push(format!("{told} of {longest}: {status} {body:.400}"));
            }
            taken += usize::from(is_taken);
        }
    }
    let known = OUT_OF_REACH.map(str::to_owned).into();
    assert_eq!((wrong, out_of_reach), (Vec::new(), known), "of {looked_at}");
    assert!(taken >= 150, "{taken} of {looked_at} were taken");
}

/// Whether nobody changes it.
fn is_the_same(answer: &Answer) -> bool {
    let stays = ["stays as it is", "is immutable"];
    stays.iter().any(|said| answer.body.contains(said))
}
