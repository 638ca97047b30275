//! What an environment says in its mails, in its own words (PingOne, "Notifications templates"):
//! `${user.name.given}` and the like stand for what is known of the user. Whatever could act or load
//! something is taken out of the markup, but for images of the environment's own.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::Content;
use crate::stores::email_delivery::{Sender, Senders};
use crate::stores::templates::TemplateContent;
use crate::stores::users::StoredUser;

/// The properties of inline styles that are kept: none of them loads anything, or moves what it says
/// over something else.
const STYLES: [&str; 45] = [
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "display",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
];

/// A mail in the words of a content. `images` is what the addresses of the environment's own images
/// begin with; `senders` are those of all its messages, before which the content's own come.
pub(super) fn fill(
    content: TemplateContent,
    user: &StoredUser,
    code: &str,
    environment: &str,
    images: &str,
    senders: Senders,
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
        let html = clean(&put_in(body, |name| escape(&value(name))), images);
        (to_text(&html), html)
    };
    let subject = put_in(subject, value).replace(char::is_control, " ");
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body>\n{html}\n</body>\n</html>\n",
        escape(&content.locale),
        escape(&subject),
    );
    Content {
        subject,
        text,
        html,
        from: content.from.and_then(Sender::chosen).or(senders.from),
        reply_to: content
            .reply_to
            .and_then(Sender::chosen)
            .or(senders.reply_to),
    }
}

/// Markup without scripts, forms, frames and style sheets, and without images that are not the
/// environment's own: nobody learns from a mail that it was opened.
fn clean(html: &str, images: &str) -> String {
    const OF_TABLES: [&str; 8] = [
        "align",
        "bgcolor",
        "border",
        "cellpadding",
        "cellspacing",
        "height",
        "valign",
        "width",
    ];
    let images = images.to_owned();
    let mut cleaner = ammonia::Builder::default();
    cleaner
        .add_generic_attributes(["align", "dir", "role", "style"])
        .filter_style_properties(STYLES.into_iter().collect::<HashSet<_>>())
        .url_schemes(["http", "https", "mailto"].into_iter().collect())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(None)
        .attribute_filter(move |element, attribute, value| {
            let loads = matches!((element, attribute), ("img", "src"));
            let is_kept = !loads || value.starts_with(&images);
            is_kept.then_some(Cow::Borrowed(value))
        });
    for element in ["table", "tbody", "td", "th", "thead", "tr"] {
        cleaner.add_tag_attributes(element, OF_TABLES);
    }
    cleaner.clean(html).to_string()
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
        .replace("&nbsp;", " ")
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
    fn nothing_in_a_mail_acts_or_loads_but_the_environments_own_images() {
        let images = "https://id.example/environments/7/images/";
        let html = clean(
            &format!(
                "<style>p {{ color: red }}</style><script>alert(1)</script>\
                 <p style=\"color: red; background-image: url(https://spy.example/a)\" onclick=\"x()\">Hi</p>\
                 <img src=\"{images}logo.png\" alt=\"logo\"><img src=\"https://spy.example/b\">\
                 <table bgcolor=\"#fff\" background=\"https://spy.example/c\"><tr><td>1</td></tr></table>\
                 <svg><image href=\"https://spy.example/d\"/></svg><form action=\"/e\"><input></form>\
                 <a href=\"https://shop.example/\">Shop</a><a href=\"javascript:f()\">No</a>"
            ),
            images,
        );
        for part in [
            "color:red",
            "logo.png",
            "bgcolor=\"#fff\"",
            "<a href=\"https://shop.example/\">",
        ] {
            assert!(html.replace(": ", ":").contains(part), "{part}\n{html}");
        }
        for part in [
            "spy.example",
            "script",
            "onclick",
            "<style",
            "<form",
            "<input",
            "<svg",
        ] {
            assert!(!html.contains(part), "{part}\n{html}");
        }
    }

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
