//! What an environment says in its mails, in its own words (PingOne, "Notifications templates"):
//! `${user.name.given}` and the like stand for what is known of the user.

use serde_json::Value;

use super::Content;
use crate::stores::templates::TemplateContent;
use crate::stores::users::StoredUser;

/// A mail in the words of a content.
pub(super) fn fill(
    content: &TemplateContent,
    user: &StoredUser,
    code: &str,
    environment: &str,
) -> Content {
    let value = |name: &str| match name {
        "code" | "code.value" | "otp" => code.to_owned(),
        "environment.name" => environment.to_owned(),
        "user.email" => user.email.clone(),
        "user.id" => user.id.to_string(),
        "user.username" => user.username.clone(),
        _ => attribute(user, name),
    };
    let body = content.body.as_deref().unwrap_or_default();
    let subject = content.subject.as_deref().unwrap_or_default();
    let is_plain = content.email_content_type.as_deref() == Some("text/plain");
    let (text, html) = if is_plain {
        let text = put_in(body, value);
        let html = format!("<pre>{}</pre>", escape(&text));
        (text, html)
    } else {
        let html = put_in(body, |name| escape(&value(name)));
        (to_text(&html), html)
    };
    let subject = put_in(subject, value).replace(char::is_control, " ");
    Content {
        subject,
        text,
        html,
    }
}

/// `user.name.given`; nothing where the user has none.
fn attribute(user: &StoredUser, name: &str) -> String {
    let mut path = name.split('.');
    if path.next() != Some("user") {
        return String::new();
    }
    let first = path.next().and_then(|name| user.attributes.get(name));
    let found = path.try_fold(first, |value, name| Some(value?.get(name)));
    match found.flatten() {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Puts values where `${name}` stands; what they hold is not looked into again.
fn put_in(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push_str("${");
            rest = after;
            continue;
        };
        filled.push_str(&value(name.trim()));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The words of a page, for programs that show no pages.
fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut is_in_tag = false;
    for character in html.chars() {
        match character {
            '<' => is_in_tag = true,
            '>' if is_in_tag => {
                is_in_tag = false;
                text.push(' ');
            }
            other if !is_in_tag => text.push(other),
            _ => {}
        }
    }
    let lines = text.lines().map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.join(" ")
    });
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines
        .join("\n")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_holds_is_neither_markup_nor_another_variable() {
        let value = |name: &str| match name {
            "user.username" => "<b>${code}</b>".to_owned(),
            "code" => "K7".to_owned(),
            _ => String::new(),
        };
        let html = put_in("<p>${user.username}: ${ code }${none}</p>${", |name| {
            escape(&value(name))
        });
        assert_eq!(html, "<p>&lt;b&gt;${code}&lt;/b&gt;: K7</p>${");
        assert_eq!(to_text(&html), "<b>${code}</b>: K7 ${");
    }
}
