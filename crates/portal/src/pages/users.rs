//! `/users`: operators look for users by name or e-mail address.

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use pingone::management::Cursor;
use pingone::{User, scim};
use protocol::params::FormParams;
use ui::{FormState, Layout};
use url::form_urlencoded;

use crate::failure::Failure;
use crate::pages::person::{full_name, state};
use crate::paths;
use crate::visit::{Operator, Visit};

const QUERY: &str = "q";
const PAGE: &str = "page";
const USERS_PER_PAGE: u32 = 20;
const MOST_QUERY_CHARACTERS: usize = 128;

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    layout: Layout,
    form: FormState,
    caption: String,
    users: Vec<Line>,
    previous: Option<String>,
    next: Option<String>,
}

/// A user in the list.
struct Line {
    path: String,
    username: String,
    name: String,
    email: String,
    state: String,
    badge: &'static str,
}

/// What the address asks for.
struct Search {
    query: String,
    page: Option<String>,
}

impl Search {
    fn read(query: &str) -> Result<Self, Failure> {
        let params = FormParams::parse(query.as_bytes())
            .map_err(|error| Failure::new(StatusCode::BAD_REQUEST).caused_by(error))?;
        Ok(Self {
            query: params
                .text(QUERY)
                .trim()
                .chars()
                .take(MOST_QUERY_CHARACTERS)
                .collect(),
            page: params.find(PAGE).map(str::to_owned),
        })
    }
}

pub(crate) async fn get(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let operator = visit.operator().await?;
    let search = Search::read(query.as_deref().unwrap_or(""))?;
    let mut list = operator.management.users().list().limit(USERS_PER_PAGE);
    if !search.query.is_empty() {
        list = list.filter(&filter(&search.query));
    }
    let is_first = search.page.is_none();
    if let Some(page) = &search.page {
        list = list.from(open_cursor(&visit, &operator, &search.query, page)?);
    }
    let page = match list.page().await {
        Ok(page) => page,
        Err(error) => return Err(visit.api_failed(error).await),
    };
    let next = page.next.as_ref().map(|cursor| {
        let sealed = seal_cursor(&visit, &operator, &search.query, cursor);
        address(&search.query, Some(&sealed))
    });
    let messages = visit.portal().site().messages();
    let caption = match page.count {
        Some(count) => messages.format("users-count", &[("count", count)]),
        None => messages.text("users-caption"),
    };
    let caption = if page.items.is_empty() {
        messages.text("users-none")
    } else {
        caption
    };
    let page = Page {
        layout: visit
            .layout("users-title")
            .await?
            .with_lead(visit.text("users-lead")),
        form: FormState::new(&[QUERY]).with_value(QUERY, search.query.clone()),
        caption,
        users: page.items.iter().map(|user| line(&visit, user)).collect(),
        // Cursors lead forward only; back is the browser's work, and the beginning is here.
        previous: (!is_first).then(|| address(&search.query, None)),
        next,
    };
    Ok(visit.page(page).into_response())
}

/// Names and addresses that begin so; quotes and the like are the builder's work.
fn filter(query: &str) -> scim::Filter {
    ["username", "email", "name.given", "name.family"]
        .into_iter()
        .map(|attribute| scim::sw(attribute, query))
        .reduce(scim::Filter::or)
        .unwrap_or_else(|| scim::sw("username", query))
}

/// The address of a page of the list.
fn address(query: &str, page: Option<&str>) -> String {
    let mut params = form_urlencoded::Serializer::new(String::new());
    if !query.is_empty() {
        params.append_pair(QUERY, query);
    }
    if let Some(page) = page {
        params.append_pair(PAGE, page);
    }
    match params.finish().as_str() {
        "" => paths::USERS.to_owned(),
        params => format!("{}?{params}", paths::USERS),
    }
}

/// A cursor goes to the browser sealed, bound to the operator and the search: it carries a filter,
/// and whoever could change it could ask for anything.
fn seal_cursor(visit: &Visit, operator: &Operator, query: &str, cursor: &Cursor) -> String {
    let portal = visit.portal();
    let context = context(operator, query);
    portal
        .keyring()
        .seal(&context, cursor.as_str().as_bytes(), portal.random())
}

fn open_cursor(
    visit: &Visit,
    operator: &Operator,
    query: &str,
    sealed: &str,
) -> Result<Cursor, Failure> {
    let refuse = || Failure::new(StatusCode::BAD_REQUEST).detail("failure-page-unknown");
    let opened = visit
        .portal()
        .keyring()
        .open(&context(operator, query), sealed);
    let text = opened
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(refuse)?;
    Cursor::parse(&text).map_err(|_| refuse())
}

fn context(operator: &Operator, query: &str) -> String {
    format!("portal.users.cursor:{}:{query}", operator.subject)
}

fn line(visit: &Visit, user: &User) -> Line {
    let (state, badge) = state(visit, user);
    Line {
        path: paths::user(user.id),
        username: user.username.clone().unwrap_or_else(|| user.id.to_string()),
        name: full_name(user),
        email: user.email.clone().unwrap_or_default(),
        state,
        badge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second sample pasted what was typed between quotes.
    #[test]
    fn a_quote_in_the_search_stays_inside_its_text() {
        let text = filter("ada\" or username pr or \"x").to_string();
        let unescaped = text.replace("\\\"", "");
        assert_eq!(unescaped.matches('"').count(), 8, "{text}");
        assert!(!unescaped.contains("\" or username pr"), "{text}");
    }

    #[test]
    fn the_search_is_one_parameter_of_the_address() {
        assert_eq!(address("", None), "/users");
        assert_eq!(
            address("a&page=b", Some("c.d")),
            "/users?q=a%26page%3Db&page=c.d"
        );
    }
}
