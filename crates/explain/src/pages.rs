//! The pages: the list of what is kept, and one sign-on with its drawing, its steps, and its text for
//! a report. The portal puts its own frame around them; the environment's are made here.

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use platform::net::{Insider, RequestId};
use protocol::params::FormParams;
use protocol::trail::{Decoded, Parameter, Step};
use ui::{ErrorPage, Html, Layout, Messages, Mode, PlainText, Side, Site};
use url::Url;
use uuid::Uuid;
use web::note_route;

use crate::Explain;
use crate::account::{account, status};
use crate::drawing::{Names, draw};
use crate::sequence::{Item, Sequence};
use crate::sign_on::{Cause, Exchange, Outcome, Redirect as LeadsTo, SignOn};

/// The texts of these pages.
pub(crate) const TEXTS: &str = include_str!("../locales/en/explain.ftl");

/// The list of what is kept.
#[derive(Debug)]
pub struct Listed {
    texts: Messages,
    rows: Vec<Row>,
    others: Vec<Row>,
    /// Whether they are listed, and not only found by an id.
    shows_all: bool,
}

/// One sign-on.
#[derive(Debug)]
pub struct Explained {
    texts: Messages,
    id: String,
    outcome: Badge,
    lead: String,
    cause: Option<CauseView>,
    is_environment_seen: bool,
    left_out: usize,
    svg: String,
    steps: Vec<StepView>,
    text: String,
}

/// Nothing is kept by this id.
#[derive(Debug)]
pub struct Missing {
    texts: Messages,
}

#[derive(Clone, Copy, Debug)]
struct Badge {
    class: &'static str,
    text_id: &'static str,
}

#[derive(Debug)]
struct Row {
    href: String,
    when: String,
    what: String,
    badge: Badge,
    cause: String,
}

#[derive(Debug)]
struct CauseView {
    what: String,
    input: Option<String>,
    because: String,
    section: Option<&'static str>,
    remedy: Option<&'static str>,
    step: usize,
    where_: String,
}

#[derive(Debug)]
struct StepView {
    number: usize,
    who: String,
    what: String,
    status: String,
    badge: &'static str,
    is_open: bool,
    id: String,
    after: i64,
    took: String,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Parameters {
        text_id: &'static str,
        rows: Vec<(&'static str, String)>,
    },
    Check {
        what: &'static str,
        input: String,
        section: &'static str,
        failure: Option<(String, &'static str)>,
    },
    Call(String),
    Said(String),
    Token {
        name: &'static str,
        print: String,
        body: Option<String>,
    },
    LeadsTo(String),
}

#[derive(Template)]
#[template(path = "explain_list.html")]
struct ListPage {
    layout: Layout,
    texts: Messages,
    rows: Vec<Row>,
    others: Vec<Row>,
    is_listed: bool,
    is_missing: bool,
}

#[derive(Template)]
#[template(path = "explain.html")]
struct SignOnPage {
    layout: Layout,
    it: Explained,
}

/// Whose sign-ons somebody may see.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// Everybody's.
    Everybodys,
    /// The portal's, and those of the environment that it uses.
    PortalAnd(Option<Uuid>),
}

impl Whose {
    /// The portal's, and those of the environment with this issuer.
    pub fn of_portal_at(issuer: Option<&Url>) -> Self {
        let mut segments = issuer.and_then(Url::path_segments).into_iter().flatten();
        let first = segments.next();
        Self::PortalAnd(first.and_then(|first| Uuid::parse_str(first).ok()))
    }

    fn includes(self, sign_on: &SignOn) -> bool {
        match self {
            Self::Everybodys => true,
            Self::PortalAnd(own) => match sign_on.environment() {
                Some(environment) => own == Some(environment),
                None => sign_on.has_portal(),
            },
        }
    }
}

impl Explain {
    /// What is kept, as a page lists it.
    pub fn list(&self) -> Listed {
        let is_listed = self.settings().mode == Mode::Development;
        let (sign_ons, others) = if is_listed {
            self.recorder().all()
        } else {
            (Vec::new(), Vec::new())
        };
        Listed {
            texts: self.texts().clone(),
            rows: sign_ons.iter().map(row).collect(),
            others: others.iter().map(row).collect(),
            shows_all: is_listed,
        }
    }

    /// The sign-on that has a request with this id, for whoever has to do with these environments.
    ///
    /// # Errors
    ///
    /// [`Missing`]: there is none, or it made room for others, or belongs to another environment.
    pub fn find(&self, id: &str, whose: Whose) -> Result<Explained, Missing> {
        let found = self.recorder().find(id);
        match found.filter(|sign_on| whose.includes(sign_on)) {
            Some(sign_on) => Ok(self.explained(&sign_on)),
            None => Err(Missing {
                texts: self.texts().clone(),
            }),
        }
    }

    /// The pages on the environment's own port, for whoever may see what is for development.
    pub fn router(&self, site: &Site) -> Router {
        let state = (self.clone(), site.clone());
        Router::new()
            .route("/explain", get(list_here))
            .route("/explain/{id}", get(show_here))
            .with_state(state)
            .layer(from_fn_with_state(site.clone(), insiders))
            .layer(from_fn(note_route))
    }

    fn explained(&self, sign_on: &SignOn) -> Explained {
        let texts = self.texts();
        let sequence = Sequence::of(sign_on, self.settings());
        let is_environment_seen = self.settings().environment.is_some();
        let provider = if is_environment_seen {
            "explain-environment"
        } else {
            "explain-provider"
        };
        let named = |id| texts.text(id);
        let all = [
            named("explain-browser"),
            named("explain-application"),
            named("explain-portal"),
            named(provider),
        ];
        let [browser, application, portal, environment] = &all;
        let names = Names {
            browser,
            application,
            portal,
            environment,
        };
        let (title, description) = (named("explain-drawing"), named("explain-drawing-lead"));
        let shows_person = self.settings().mode == Mode::Development;
        let failing = sign_on.cause();
        let steps = sequence.items.iter().map(|item| {
            let is_cause = failing.is_some_and(|cause| std::ptr::eq(cause.exchange, item.exchange));
            step(item, names, is_cause, shows_person)
        });
        Explained {
            id: sign_on.id().to_owned(),
            outcome: badge(sign_on.outcome()),
            lead: format!("{:.3}", sign_on.began_at())
                .replace('T', " ")
                .replace('Z', " UTC"),
            cause: failing.map(|cause| cause_view(cause, &sequence, names)),
            is_environment_seen,
            left_out: sign_on.left_out,
            svg: draw(&sequence, names, &title, &description),
            steps: steps.collect(),
            text: account(sign_on, &sequence, names),
            texts: texts.clone(),
        }
    }
}

impl Listed {
    /// The title of the page.
    pub fn title(&self) -> String {
        self.texts.text("explain-title")
    }

    /// The page.
    pub fn page(self, layout: Layout) -> impl Template {
        let lead = if self.shows_all {
            "explain-lead"
        } else {
            "explain-lead-by-id"
        };
        let layout = layout.with_lead(self.texts.text(lead));
        ListPage {
            layout,
            texts: self.texts,
            rows: self.rows,
            others: self.others,
            is_listed: self.shows_all,
            is_missing: false,
        }
    }
}

impl Missing {
    /// The title of the page.
    pub fn title(&self) -> String {
        self.texts.text("explain-missing-title")
    }

    /// The page, which goes with a 404.
    pub fn page(self, layout: Layout) -> impl Template {
        let layout = layout.with_lead(self.texts.text("explain-missing"));
        ListPage {
            layout,
            texts: self.texts,
            rows: Vec::new(),
            others: Vec::new(),
            is_listed: false,
            is_missing: true,
        }
    }
}

impl Explained {
    /// The title of the page.
    pub fn title(&self) -> String {
        self.texts.text("explain-one-title")
    }

    /// The page.
    pub fn page(self, layout: Layout) -> impl Template {
        SignOnPage { layout, it: self }
    }

    /// The same as plain text, for a report.
    pub fn into_text(self) -> Response {
        PlainText(self.text).into_response()
    }
}

/// The id that a path names, and whether the text is wanted.
pub fn wanted(path: &str) -> (&str, bool) {
    match path.strip_suffix(".txt") {
        Some(id) => (id, true),
        None => (path, false),
    }
}

/// The request whose id was typed into the list's field.
pub fn asked_for(query: Option<&str>) -> Option<String> {
    let params = FormParams::parse(query.unwrap_or_default().as_bytes()).ok()?;
    let id = params.find("request")?.trim();
    // What is no word leads nowhere, least of all elsewhere.
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (id.len() <= 64 && id.chars().all(is_word)).then(|| format!("/explain/{id}"))
}

type Here = State<(Explain, Site)>;

async fn list_here(State((explain, site)): Here, RawQuery(query): RawQuery) -> Response {
    if let Some(path) = asked_for(query.as_deref()) {
        return Redirect::to(&path).into_response();
    }
    let listed = explain.list();
    let layout = Layout::new(&site, Side::Mailbox, listed.title());
    Html::new(listed.page(layout)).into_response()
}

async fn show_here(State((explain, site)): Here, Path(path): Path<String>) -> Response {
    let (id, is_text) = wanted(&path);
    let layout = |title| Layout::new(&site, Side::Mailbox, title);
    match explain.find(id, Whose::Everybodys) {
        Ok(explained) if is_text => explained.into_text(),
        Ok(explained) => {
            let layout = layout(explained.title());
            Html::new(explained.page(layout)).into_response()
        }
        Err(missing) => {
            let layout = layout(missing.title());
            Html::new(missing.page(layout))
                .status(StatusCode::NOT_FOUND)
                .into_response()
        }
    }
}

/// Nobody else learns that there is anything.
async fn insiders(State(site): State<Site>, request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let Insider(is_insider) = extensions.get::<Insider>().copied().unwrap_or_default();
    if is_insider && site.mode() == Mode::Development {
        return next.run(request).await;
    }
    let page = ErrorPage::new(&site, Side::Mailbox, StatusCode::NOT_FOUND);
    let page = match extensions.get::<RequestId>() {
        Some(id) => page.id(id.to_string()),
        None => page,
    };
    let headers: &HeaderMap = request.headers();
    page.accepted_by(headers).into_response()
}

fn row(sign_on: &SignOn) -> Row {
    let first = sign_on.exchanges().first();
    let cause = sign_on.cause().map(in_a_line);
    Row {
        href: format!("/explain/{}", sign_on.id()),
        when: format!("{:.0}", sign_on.began_at())
            .replace('T', " ")
            .replace('Z', " UTC"),
        what: first.map(in_short).unwrap_or_default(),
        badge: badge(sign_on.outcome()),
        cause: cause.unwrap_or_default(),
    }
}

fn badge(outcome: Outcome) -> Badge {
    let (class, text_id) = match outcome {
        Outcome::Failed => ("badge-danger", "explain-failed"),
        Outcome::SignedOn => ("badge-success", "explain-signed-on"),
        Outcome::UnderWay => ("badge-info", "explain-under-way"),
    };
    Badge { class, text_id }
}

fn in_short(exchange: &Exchange) -> String {
    format!(
        "{} {}",
        exchange.method,
        crate::sequence::short(&exchange.path)
    )
}

fn in_a_line(cause: Cause<'_>) -> String {
    match cause.checked {
        Some(checked) => checked.check.what.to_owned(),
        None => said(cause.exchange),
    }
}

fn said(exchange: &Exchange) -> String {
    let said = exchange.said().map(str::to_owned);
    said.unwrap_or_else(|| format!("{}: {}", in_short(exchange), status(exchange)))
}

fn cause_view(cause: Cause<'_>, sequence: &Sequence<'_>, names: Names<'_>) -> CauseView {
    let mut items = sequence.items.iter();
    let item = items.find(|item| std::ptr::eq(item.exchange, cause.exchange));
    let view = CauseView {
        what: in_a_line(cause),
        input: None,
        because: said(cause.exchange),
        section: None,
        remedy: None,
        step: item.map_or(1, |item| item.number),
        where_: format!(
            "{}, {}",
            names.of(cause.exchange.to),
            in_short(cause.exchange)
        ),
    };
    match cause.checked {
        None => view,
        Some(checked) => CauseView {
            input: Some(checked.input.to_string()),
            because: checked.failure.clone().unwrap_or_default(),
            section: Some(checked.check.section),
            remedy: Some(checked.check.remedy),
            ..view
        },
    }
}

fn step(item: &Item<'_>, names: Names<'_>, is_open: bool, shows_person: bool) -> StepView {
    let exchange = item.exchange;
    let mut parts = Vec::new();
    parameters(&mut parts, "explain-query", &exchange.parameters);
    for step in &exchange.steps {
        match step {
            Step::Called(called) => {
                let status = called.status.map(|status| status.to_string());
                let status = status
                    .or_else(|| called.failure.clone())
                    .unwrap_or_default();
                parts.push(Part::Call(format!(
                    "{} {}: {status}",
                    called.method, called.path
                )));
            }
            Step::Checked(checked) => {
                let failure = checked.failure.clone();
                parts.push(Part::Check {
                    what: checked.check.what,
                    input: checked.input.to_string(),
                    section: checked.check.section,
                    failure: failure.map(|why| (why, checked.check.remedy)),
                });
            }
            Step::Form(form) => parameters(&mut parts, "explain-form", form),
            Step::Said(text) => parts.push(Part::Said(text.clone())),
            Step::Token(token) => parts.push(Part::Token {
                name: token.name,
                print: token.print.to_string(),
                body: token.is_readable().then(|| body(token, shows_person)),
            }),
            _ => {}
        }
    }
    if let Some(redirect) = &exchange.redirect {
        parts.push(Part::LeadsTo(redirect.address()));
        parameters(&mut parts, "explain-with", &redirect.parameters);
    }
    let has_error = exchange.redirect.as_ref().is_some_and(LeadsTo::has_error);
    StepView {
        number: item.number,
        who: format!("{} → {}", names.of(item.from), names.of(exchange.to)),
        what: in_short(exchange),
        status: status(exchange),
        badge: if exchange.has_failed() || has_error {
            "badge-danger"
        } else {
            "badge-success"
        },
        is_open,
        id: exchange.id.clone(),
        after: item.after,
        took: format!("{:.1}", exchange.took.as_secs_f64() * 1000.0),
        parts,
    }
}

fn parameters(parts: &mut Vec<Part>, text_id: &'static str, all: &[Parameter]) {
    if all.is_empty() {
        return;
    }
    let rows = all.iter().map(|one| (one.name, one.value.to_string()));
    parts.push(Part::Parameters {
        text_id,
        rows: rows.collect(),
    });
}

fn body(token: &Decoded, shows_person: bool) -> String {
    let claims = if shows_person {
        token.claims.clone()
    } else {
        token.without_person()
    };
    let (header, claims) = (Decoded::in_lines(&token.header), Decoded::in_lines(&claims));
    format!("{header}\n{claims}")
}

#[cfg(test)]
mod tests {
    use ui::Messages;

    use super::*;

    #[test]
    fn the_texts_can_be_read() {
        let messages = Messages::english(&[TEXTS]);
        assert_eq!(messages.problems(), [] as [String; 0]);
        for template in [
            include_str!("../templates/explain.html"),
            include_str!("../templates/explain_list.html"),
            include_str!("pages.rs"),
        ] {
            // Classes of the style are called alike.
            let template = template.replace("class=\"explain-", "");
            for part in template.split("\"explain-").skip(1) {
                let id = ["explain-", part.split('"').next().unwrap_or_default()].concat();
                assert!(id == "explain-" || messages.contains(&id), "{id}");
            }
        }
    }

    #[test]
    fn what_is_typed_leads_to_an_explanation_and_nowhere_else() {
        let id = "8f14e45f-ceea-467f-a1d1-0a1b2c3d4e5f";
        let query = format!("request=+{id}+");
        assert_eq!(asked_for(Some(&query)), Some(format!("/explain/{id}")));
        for query in [
            None,
            Some(""),
            Some("request="),
            Some("request=%2F%2Fevil.example"),
            Some("request=a%0Ab"),
        ] {
            assert_eq!(asked_for(query), None, "{query:?}");
        }
        assert_eq!(wanted("8f14.txt"), ("8f14", true));
        assert_eq!(wanted("8f14"), ("8f14", false));
    }
}
