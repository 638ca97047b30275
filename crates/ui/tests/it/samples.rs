//! A page for every component in every state; snapshots and the gallery show the same.

use std::sync::Arc;

use askama::Template;
use axum::{body::to_bytes, response::IntoResponse};
use http::StatusCode;
use protocol::password_policy::{CharacterSet, Rule};
use ui::{
    Account, Brand, Choice, ErrorPage, Flash, FormState, Layout, MailLook, MailText, Messages,
    Mode, NavItem, Notice, RuleView, Side, Site, Verdict,
};

#[derive(Template)]
#[template(path = "sign-on.html")]
struct SignOn {
    layout: Layout,
    form: FormState,
}

#[derive(Template)]
#[template(path = "register.html")]
struct Register {
    layout: Layout,
    form: FormState,
    choices: Vec<Choice>,
    rules: Vec<RuleView>,
}

#[derive(Template)]
#[template(path = "recover.html")]
struct Recover {
    layout: Layout,
    form: FormState,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "user-info.html")]
struct UserInfo {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    layout: Layout,
    form: FormState,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Mailbox {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "mailbox-mail.html")]
struct MailboxMail {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "form-post.html")]
struct FormPost {
    layout: Layout,
    action: String,
    fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "fragment.html")]
struct Fragment {
    layout: Layout,
}

/// The catalogue that the samples use.
pub(crate) fn site(mode: Mode) -> Site {
    Site::new(Messages::english(&[]), Arc::new(Brand::default()), mode)
}

/// Every sample: a name and its HTML.
///
/// # Errors
///
/// When a template cannot be rendered.
pub(crate) async fn all() -> Result<Vec<(&'static str, String)>, askama::Error> {
    Ok(vec![
        (
            "sign-on-fresh",
            sign_on(FormState::new(&["username", "password"]).with_focus("username"))?,
        ),
        ("sign-on-refused", sign_on(refused())?),
        (
            "register-fresh",
            register(FormState::new(&REGISTER_FIELDS), FRESH)?,
        ),
        ("register-invalid", register(invalid(), JUDGED)?),
        ("recover", recover()?),
        ("home", home()?),
        (
            "user-info",
            UserInfo {
                layout: portal("Your information", "/user/info"),
            }
            .render()?,
        ),
        ("users", users()?),
        (
            "error-development",
            error(Mode::Development, StatusCode::INTERNAL_SERVER_ERROR).await,
        ),
        (
            "error-production",
            error(Mode::Production, StatusCode::NOT_FOUND).await,
        ),
        ("mailbox", mailbox()?),
        ("mailbox-mail", mailbox_mail()?),
        ("form-post", form_post()?),
        ("fragment", fragment()?),
        ("mail", mail()?),
    ])
}

const REGISTER_FIELDS: [&str; 4] = ["username", "email", "password", "confirmPassword"];
const FRESH: [Verdict; 4] = [Verdict::NotJudged; 4];
const JUDGED: [Verdict; 4] = [
    Verdict::Satisfied,
    Verdict::Unsatisfied,
    Verdict::Satisfied,
    Verdict::NotJudged,
];

fn card(title: &str) -> Layout {
    Layout::new(&site(Mode::Production), Side::SignOn, title)
}

fn portal(title: &str, path: &str) -> Layout {
    let link = |href: &str, text: &str| NavItem::new(href, text, path);
    let account = Account {
        name: "Ada Lovelace".into(),
        sign_off_path: "/logout".into(),
    };
    Layout::new(&site(Mode::Production), Side::Portal, title)
        .with_nav(vec![
            link("/", "Home"),
            link("/user/info", "Your information"),
            link("/password/change", "Password"),
            link("/users", "Users"),
        ])
        .with_account(Some(account))
}

fn sign_on(form: FormState) -> Result<String, askama::Error> {
    let layout = card("Sign on")
        .with_lead("To go on to Harbour.")
        .with_form(&form);
    SignOn { layout, form }.render()
}

fn refused() -> FormState {
    let mut form = FormState::new(&["username", "password"])
        .with_value("username", "ada")
        .with_focus("password");
    form.add_error("The username or the password is not right. Please try again.");
    form
}

fn register(form: FormState, verdicts: [Verdict; 4]) -> Result<String, askama::Error> {
    let site = site(Mode::Production);
    let rules = [
        Rule::Length { min: 8, max: 255 },
        Rule::MinCharacters {
            set: CharacterSet::Digits,
            min: 1,
        },
        Rule::MinUniqueCharacters { min: 5 },
        Rule::ExcludesCommonlyUsed,
    ];
    let rules = rules
        .iter()
        .zip(verdicts)
        .map(|(rule, verdict)| RuleView::new(site.messages(), rule, verdict))
        .collect();
    let choices = vec![Choice::new("1", "Customers"), Choice::new("2", "Partners")];
    let layout = card("Create your account").with_form(&form);
    Register {
        layout,
        form,
        choices,
        rules,
    }
    .render()
}

fn invalid() -> FormState {
    let mut form = FormState::new(&REGISTER_FIELDS)
        .with_value("username", "ada <b>")
        .with_value("email", "ada@")
        .with_value("population", "2")
        .with_value("news", "true");
    form.set_error("password", "The password does not keep one of the rules.");
    form.set_error("email", "Enter an email address like name@example.com.");
    form
}

fn recover() -> Result<String, askama::Error> {
    let form = FormState::new(&["recoveryCode", "password"]).with_value("recoveryCode", "K7QM2XWP");
    let layout = card("Choose a new password")
        .with_lead("If the account exists, a code is on its way to its email address.");
    Recover { layout, form }.render()
}

fn home() -> Result<String, askama::Error> {
    let site = site(Mode::Development).with_notice(Notice {
        text: "Development mode · known passwords ·".into(),
        link: Some(("Mailbox".into(), "https://localhost:9443/mailbox".into())),
    });
    let account = Account {
        name: "Ada Lovelace".into(),
        sign_off_path: "/logout".into(),
    };
    let layout = Layout::new(&site, Side::Portal, "Welcome, Ada")
        .with_lead("You are signed on. What would you like to do?")
        .with_nav(vec![
            NavItem::new("/", "Home", "/"),
            NavItem::new("/user/info", "Your information", "/"),
        ])
        .with_account(Some(account))
        .with_flashes(vec![
            Flash::success("Your password has been changed."),
            Flash::info("You were signed off because you were away for 15 minutes."),
            Flash::warning("Your password has to be changed within 3 days."),
            Flash::danger("PingOne refused this: the user is disabled (id 8ab2)."),
        ]);
    Home { layout }.render()
}

fn users() -> Result<String, askama::Error> {
    let form = FormState::new(&["q"]).with_value("q", "a");
    let layout = portal("Users", "/users");
    Users {
        layout,
        form,
        previous: Some("?cursor=a".into()),
        next: Some("?cursor=b".into()),
    }
    .render()
}

async fn error(mode: Mode, status: StatusCode) -> String {
    let cause = std::io::Error::other(
        "GET https://op.example/users?token=secret: connection refused by 127.0.0.1:9443",
    );
    let response = ErrorPage::new(&site(mode), Side::SignOn, status)
        .id("3f0c9d1e-58a1-4a55-8e6e-0c3f0e6f7a10")
        .caused_by(&cause)
        .into_response();
    let body = to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap_or_default();
    String::from_utf8_lossy(&body).into_owned()
}

fn mailbox_layout(title: &str) -> Layout {
    let site = site(Mode::Development).with_notice(Notice {
        text: "Development mode: nothing is really sent.".into(),
        link: None,
    });
    Layout::new(&site, Side::Mailbox, title).with_home("/mailbox")
}

fn mailbox() -> Result<String, askama::Error> {
    Mailbox {
        layout: mailbox_layout("Mailbox"),
    }
    .render()
}

fn mailbox_mail() -> Result<String, askama::Error> {
    MailboxMail {
        layout: mailbox_layout("Your recovery code"),
    }
    .render()
}

fn form_post() -> Result<String, askama::Error> {
    let site = site(Mode::Production);
    let layout = Layout::new(&site, Side::SignOn, site.messages().text("form-post-title"))
        .with_lead(site.messages().text("form-post-lead"));
    let fields = vec![
        ("code".into(), "abc".into()),
        ("state".into(), "\"><script>".into()),
    ];
    FormPost {
        layout,
        action: "https://app.example/callback".into(),
        fields,
    }
    .render()
}

fn fragment() -> Result<String, askama::Error> {
    let site = site(Mode::Production);
    let layout = Layout::new(&site, Side::SignOn, site.messages().text("fragment-title"))
        .with_lead(site.messages().text("fragment-lead"));
    Fragment { layout }.render()
}

fn mail() -> Result<String, askama::Error> {
    let mail = MailText {
        subject: "Your recovery code".into(),
        heading: "Your recovery code".into(),
        paragraphs: vec![
            "Hello Ada,".into(),
            "enter this code to choose a new password.".into(),
        ],
        code: Some("K7QM2XWP".into()),
        notes: vec![
            "The code is good for 5 minutes.".into(),
            "If you did not ask for it, nothing needs to be done: your password stays as it is."
                .into(),
        ],
    };
    Ok(mail
        .render(
            &Messages::english(&[]),
            &Brand::default(),
            &MailLook::default(),
            "https://id.example",
        )?
        .html)
}
