//! Sign-ons, explained: a good one with all its parties and checks, and of each fault the check that
//! failed and what to change. What is secret is nowhere.

mod elsewhere;
mod hostile;

use http::Method;
use testkit::{Authorization, Browser, Page, System, give_credentials};

use crate::installation::{Installation, PASSWORD};

/// What a page says failed, and what to change.
#[derive(Debug)]
struct Said {
    what: String,
    remedy: String,
}

fn said(page: &Page) -> Said {
    let what = page.texts(".explain-what").join(" ");
    let terms = page.texts(".explain-cause dt");
    let facts = page.texts(".explain-cause dd");
    let remedy = terms.iter().position(|term| term == "What to change");
    Said {
        what,
        remedy: remedy.map(|place| facts[place].clone()).unwrap_or_default(),
    }
}

/// A text as a page has it: what stands between two marks is set as code.
fn as_shown(text: &str) -> String {
    text.replace('`', "")
}

/// Holds the cause that an explanation gives against what it should be.
fn blames(page: &Page, what: &str, remedy: &str) {
    let (what, remedy) = (as_shown(what), as_shown(remedy));
    let said = said(page);
    assert_eq!(page.status, 200, "{}", page.summary());
    assert!(said.what.contains(&what), "{said:?}: {}", page.summary());
    assert!(said.remedy.contains(&remedy), "{said:?}");
    assert!(page.has("svg .seq-failed"), "the drawing shows no failure");
    let badges = page.texts("main > p > .badge");
    assert_eq!(badges, ["Failed"], "{}", page.summary());
}

/// The explanation that an error page links to.
async fn linked(page: &Page) -> Page {
    page.follow("main a[href^='/explain/']").await
}

/// The explanation of an answer that is no page, by the id that it bears.
async fn of_answer(system: &System, answer: &Page) -> Page {
    let id = answer.header("x-request-id").expect("every answer has one");
    at_environment(system, &format!("explain/{id}")).await
}

async fn at_environment(system: &System, path: &str) -> Page {
    let url = format!("{}{path}", system.env().auth_url);
    system.browser().open(url).await
}

/// The newest sign-on of the list.
async fn newest(system: &System) -> Page {
    let list = system.browser().open(system.portal("/explain")).await;
    list.expect(200).follow(".table tbody a").await.expect(200)
}

#[tokio::test]
async fn a_good_sign_on_shows_all_parties_and_their_checks() {
    let system = System::start().await;
    system.sign_on(&system.demo_user()).await;
    let page = newest(&system).await;
    assert_eq!(page.texts("main > p > .badge"), ["Signed on"]);
    assert!(!page.has(".explain-cause"), "{}", page.summary());
    let parties = page.texts("svg .seq-party text");
    assert_eq!(parties, ["Browser", "Portal", "Environment"]);
    let steps = page.texts(".explain-steps summary").join("\n");
    for step in [
        "Browser → Portal GET /login",
        "Browser → Environment GET /…/as/authorize",
        "Browser → Environment POST /…/signon/",
        "Browser → Environment GET /…/as/resume",
        "Browser → Portal GET /callback",
        "Portal → Environment POST /…/as/token",
    ] {
        assert!(steps.contains(step), "{step}: {steps}");
    }
    // On both sides, each with its section; and no check of the whole that failed.
    let checks = page.texts(".explain-check").join("\n");
    for (check, section) in [
        (
            "`redirect_uri` is one that the application registered",
            "RFC 9700, 2.1",
        ),
        (
            "`code_challenge` is as the application demands",
            "RFC 7636, 4.3",
        ),
        ("Name and password are accepted", "OpenID Connect Core 1.0"),
        (
            "`state` belongs to a sign-on that this browser began",
            "RFC 6749, 10.12",
        ),
        (
            "`iss` is the issuer that the browser was sent to",
            "RFC 9207, 2.4",
        ),
        ("The client secret is the application's", "RFC 6749, 2.3.1"),
        ("The code was not used before", "RFC 6749, 4.1.2"),
        (
            "`code_verifier` meets the `code_challenge`",
            "RFC 7636, 4.6",
        ),
        ("The signature holds", "3.1.3.7, step 6"),
        ("`aud` holds this client's id", "3.1.3.7, step 3"),
        ("`nonce` is the one that was sent", "3.1.3.7, step 11"),
        ("`at_hash` fits the access token", "3.1.3.8"),
    ] {
        assert!(
            checks.contains(&as_shown(check)) && checks.contains(section),
            "{check}: {checks}"
        );
    }
    assert!(!page.has(".explain-bad"), "{}", page.summary());
    let tokens = page.texts(".explain-token").join("\n");
    assert!(
        tokens.contains("\"alg\": \"RS256\"") && tokens.contains("\"auth_time\""),
        "{tokens}"
    );
    // The same as text; the environment's own port shows the same.
    let text = page.follow("a[href$='.txt']").await.expect(200);
    assert_eq!(
        text.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert!(
        text.body().contains("Portal -> Environment: POST"),
        "{}",
        text.body()
    );
    assert!(
        !text.body().contains("(another)"),
        "a parameter of ours is not known: {}",
        text.body()
    );
    let path = page.url.path().trim_start_matches('/').to_owned();
    let other = at_environment(&system, &path).await.expect(200);
    assert_eq!(
        other.texts(".explain-steps summary"),
        page.texts(".explain-steps summary")
    );
}

#[tokio::test]
async fn faults_of_an_authorization_request_are_explained() {
    let system = System::start().await;
    let elsewhere = system.portal("/elsewhere").to_string();
    let browser = system.browser();
    let page = Authorization::begin(&system, &browser, &[("redirect_uri", &elsewhere)]).await;
    let page = page.page.expect(400);
    let page = linked(&page).await;
    blames(
        &page,
        "`redirect_uri` is one that the application registered",
        "Register exactly",
    );
    assert!(page.text().contains(&elsewhere), "{}", page.summary());

    let unknown = "00000000-0000-4000-8000-000000000000";
    let page = Authorization::begin(&system, &system.browser(), &[("client_id", unknown)]).await;
    let page = linked(&page.page.expect(400)).await;
    blames(
        &page,
        "`client_id` is an application of this environment",
        "application list",
    );

    for (parameter, value, what, remedy) in [
        (
            "response_type",
            "what",
            "`response_type` is one that exists",
            "response_type=code",
        ),
        (
            "response_type",
            "token",
            "may use this `response_type`",
            "`responseTypes`",
        ),
        (
            "response_mode",
            "pigeon",
            "`response_mode` exists",
            "Leave `response_mode` out",
        ),
        (
            "prompt",
            "none login",
            "`none` stands alone",
            "without another",
        ),
        (
            "prompt",
            "none",
            "Nobody has to be asked",
            "without `prompt=none`",
        ),
        ("max_age", "soon", "`max_age` is a number", "whole number"),
        (
            "scope",
            "openid no:such:scope",
            "was granted the scopes",
            "Grant the application",
        ),
        (
            "code_challenge_method",
            "S512",
            "`code_challenge` is as",
            "`code_challenge_method=S256`",
        ),
        (
            "acr_values",
            "Nobody",
            "sign-on policy that is assigned",
            "leave `acr_values` out",
        ),
        (
            "id_token_hint",
            "a.b.c",
            "`id_token_hint` is an ID token",
            "as it came",
        ),
        (
            "request",
            "a.b.c",
            "not as a request object",
            "in the query",
        ),
    ] {
        let answer = Authorization::begin(&system, &system.browser(), &[(parameter, value)]).await;
        assert!(answer.answer("error").is_some(), "{parameter}={value}");
        let page = of_answer(&system, &answer.page).await;
        blames(&page, what, remedy);
        assert_eq!(
            page.texts("svg .seq-failed").len(),
            1,
            "{parameter}={value}"
        );
    }
}

#[tokio::test]
async fn faults_at_the_token_endpoint_are_explained() {
    let system = System::start().await;
    let env = system.env();
    let ada = system.sign_on(&system.demo_user()).await;

    let code = ada.authorize().await;
    code.redeem().await.expect(200);
    let again = code.redeem().await.expect(400);
    let page = of_answer(&system, &again).await;
    blames(
        &page,
        "The code was not used before",
        "Redeem each code once",
    );
    let parties = page.texts("svg .seq-party text");
    assert_eq!(parties, ["Browser", "Application", "Environment"]);

    let challenge = (
        "code_challenge",
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    );
    let other = Authorization::begin(&system, &ada.browser, &[challenge]).await;
    let page = of_answer(&system, &other.redeem().await.expect(400)).await;
    blames(
        &page,
        "`code_verifier` meets the `code_challenge`",
        "Keep the verifier",
    );

    let page = of_answer(&system, &ada.authorize().await.redeem_code("no-code").await).await;
    blames(
        &page,
        "The code was issued to this application",
        "Redeem the code at once",
    );

    let token = |id: &str, secret: &str, form: &[(&str, &str)]| {
        let request = system
            .browser()
            .request(Method::POST, system.auth("as/token"));
        request.basic(id, secret).form(form).send()
    };
    let grant = [("grant_type", "client_credentials")];
    for (id, secret, form, what, remedy) in [
        (
            &*env.client_id,
            "wrong",
            &grant[..],
            "The client secret is",
            "Copy the application's secret",
        ),
        (
            "nobody",
            "wrong",
            &grant[..],
            "`client_id` is an application",
            "the id that",
        ),
        (
            &*env.worker_client_id,
            &*env.worker_client_secret,
            &[("grant_type", "authorization_code"), ("code", "no-code")][..],
            "may use this grant type",
            "`grantTypes`",
        ),
        (
            &*env.client_id,
            &*env.client_secret,
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", "no-token"),
            ][..],
            "The refresh token was issued to this application",
            "Store the refresh token",
        ),
    ] {
        let answer = token(id, secret, form).await;
        assert!(answer.status.is_client_error(), "{}", answer.summary());
        blames(&of_answer(&system, &answer).await, what, remedy);
    }
    let in_form = [
        ("client_id", &*env.client_id),
        ("client_secret", &*env.client_secret),
        grant[0],
    ];
    let request = system
        .browser()
        .request(Method::POST, system.auth("as/token"));
    let answer = request.form(&in_form).send().await.expect(401);
    let page = of_answer(&system, &answer).await;
    blames(
        &page,
        "by the method that the application is set to",
        "token_endpoint_auth_method",
    );
    assert!(
        page.text().contains("client_secret_post"),
        "{}",
        page.summary()
    );
}

#[tokio::test]
async fn what_a_person_gets_wrong_is_explained() {
    let system = System::start().await;
    let browser = system.browser();
    let page = browser.open(system.portal("/login")).await.expect(200);
    for somebody in [system.demo_user(), testkit::Person::new("nobody", "x")] {
        let wrong = somebody.with_password("Wrong-Horse-42");
        give_credentials(&page, &wrong).await.expect(422);
        let page = newest(&system).await;
        blames(
            &page,
            "Name and password are accepted",
            "Whether there is such a person",
        );
        assert!(
            page.text().contains("the password is wrong"),
            "{}",
            page.summary()
        );
        let values = page.texts(".explain-steps dd").join(" ");
        assert!(!values.contains(&wrong.username), "{values}");
    }
    // What went well afterwards is what counts.
    give_credentials(&page, &system.demo_user())
        .await
        .expect(200);
    let page = newest(&system).await;
    assert_eq!(page.texts("main > p > .badge"), ["Signed on"]);
}

#[tokio::test]
async fn an_answer_in_another_browser_is_explained() {
    let system = System::start().await;
    let callback = system.portal("/callback").to_string();
    let browser = system.browser().stopping_at(&callback);
    let page = browser.open(system.portal("/login")).await.expect(200);
    let page = give_credentials(&page, &system.demo_user()).await;
    let failed = system.browser().open(page.location()).await.expect(400);
    let page = linked(&failed).await;
    blames(
        &page,
        "`state` belongs to a sign-on that this browser began",
        "keep cookies",
    );
    // It is known which sign-on the answer was meant for.
    let steps = page.texts(".explain-steps summary").join("\n");
    assert!(
        steps.contains("GET /login") && steps.contains("/as/authorize"),
        "{steps}"
    );
}

#[tokio::test]
async fn the_portals_own_faults_are_explained_from_both_sides() {
    let system = System::start().await;
    // Somebody changes the secret, and nobody tells the portal.
    let path = format!("applications/{}/secret", system.env().client_id);
    system
        .manage(Method::POST, &path)
        .await
        .send()
        .await
        .expect(200);
    let page = system.browser().open(system.portal("/login")).await;
    let failed = give_credentials(&page, &system.demo_user())
        .await
        .expect(502);
    let page = linked(&failed).await;
    blames(
        &page,
        "The client secret is the application's",
        "Copy the application's secret",
    );
    let checks = page.texts(".explain-bad").join("\n");
    assert!(
        checks.contains("The token endpoint gave tokens"),
        "{checks}"
    );
    let where_ = page.texts(".explain-cause a").join("");
    assert!(where_.contains("Environment, POST /…/as/token"), "{where_}");

    let system = System::prepare()
        .set("portal.sign_on.algorithms", "ES256")
        .start()
        .await;
    let page = system.browser().open(system.portal("/login")).await;
    let failed = give_credentials(&page, &system.demo_user())
        .await
        .expect(502);
    let page = linked(&failed).await;
    blames(
        &page,
        "signed with an algorithm that was agreed on",
        "accept the algorithm",
    );
    assert!(page.text().contains("alg RS256"), "{}", page.summary());
}

/// Everything that is kept, as every page tells of it.
async fn all_that_is_told(system: &System) -> String {
    let mut told = String::new();
    for start in [
        system.portal("/explain").to_string(),
        format!("{}explain", system.env().auth_url),
    ] {
        let browser = system.browser();
        let list = browser.open(&start).await.expect(200);
        told += &list.body();
        for href in list.attributes(".table tbody a", "href") {
            let url = list.url.join(&href).unwrap();
            told += &browser.open(&url).await.expect(200).body();
            told += &browser.open(format!("{url}.txt")).await.expect(200).body();
        }
    }
    told
}

#[tokio::test]
async fn no_secret_of_a_sign_on_is_told() {
    let system = System::start().await;
    let person = system.demo_user();
    let callback = system.portal("/callback").to_string();
    let browser = system.browser().stopping_at(&callback);
    let page = browser.open(system.portal("/login")).await.expect(200);
    let flow = page.query("flowId").unwrap();
    let answer = give_credentials(&page, &person).await.location();
    let home = browser.open_only(answer.as_str()).await;
    assert!(home.status.is_redirection(), "{}", home.summary());
    let own = Authorization::begin(&system, &browser, &[]).await;
    let tokens = own.tokens().await;
    let wrong = own.redeem_code("not-this-code-7b1d").await;
    assert_eq!(wrong.status, 400);

    let parameter = |name: &str| {
        let mut pairs = answer.query_pairs();
        let found = pairs.find(|(known, _)| known == name);
        found.unwrap().1.into_owned()
    };
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let mut secrets = vec![
        person.password.clone(),
        system.env().client_secret.clone(),
        system.env().worker_client_secret.clone(),
        flow,
        parameter("code"),
        parameter("state"),
        own.code(),
        "a-state".to_owned(),
        "a-nonce".to_owned(),
        "not-this-code-7b1d".to_owned(),
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        text("refresh_token"),
    ];
    for name in ["access_token", "id_token"] {
        let token = text(name);
        // Neither the signature nor the parts as they are sent.
        secrets.extend(token.split('.').skip(1).map(str::to_owned));
    }
    for url in [system.portal("/"), system.auth("")] {
        let cookies = browser.cookies(&url).unwrap_or_default();
        let values = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        let values = values.map(|(_, value)| value.to_owned());
        secrets.extend(values.filter(|value| value.len() > 5));
    }
    assert!(secrets.len() > 16, "{} secrets", secrets.len());
    let told = all_that_is_told(&system).await;
    assert!(
        told.contains("as/token") && told.contains("code_verifier"),
        "{told}"
    );
    for secret in secrets {
        assert!(secret.len() > 5, "{secret}");
        assert!(!told.contains(&secret), "{secret} is told");
    }
    // What a token says about the person is for development, and in no report.
    let id = newest(&system).await;
    assert!(id.texts(".explain-token").join("").contains("\"email\""));
    let report = id.follow("a[href$='.txt']").await.body();
    assert!(
        report.contains("\"sub\"") && report.contains("\"email\":\"(not shown)\""),
        "{report}"
    );
}

#[tokio::test]
async fn old_sign_ons_make_room() {
    let system = System::prepare().set("explain.keep", "3").start().await;
    for _ in 0..5 {
        system
            .browser()
            .open(system.portal("/login"))
            .await
            .expect(200);
        system
            .browser()
            .open(system.portal("/no/such/page"))
            .await
            .expect(404);
    }
    let list = system.browser().open(system.portal("/explain")).await;
    // Nobody went on with them, so that half as many are kept.
    assert_eq!(list.texts(".table tbody tr").len(), 2 + 2);

    let off = System::prepare().set("explain.keep", "0").start().await;
    let page = off.browser().open(off.portal("/explain")).await.expect(404);
    assert!(page.text().contains("explain.keep"), "{}", page.summary());
    assert!(!page.has("a[href^='/explain']"), "it leads to nothing");
    let page = off
        .browser()
        .open(format!("{}explain", off.env().auth_url))
        .await;
    page.expect(404);
}

#[tokio::test]
async fn every_error_page_in_development_leads_to_its_explanation() {
    let system = System::start().await;
    let environment = &system.env().auth_url;
    let gone = system.auth("signon/?flowId=00000000-0000-4000-8000-000000000000");
    for url in [
        system.portal("/no/such/page").to_string(),
        system
            .portal("/callback?state=unknown&code=abc")
            .to_string(),
        format!("{environment}no/such/page"),
        system.auth("as/authorize").to_string(),
        gone.to_string(),
    ] {
        let browser = system.browser().with_header("accept", "text/html");
        let page = browser.open(&url).await;
        assert!(page.status.is_client_error(), "{}", page.summary());
        let explained = linked(&page).await.expect(200);
        let id = page.header("x-request-id").unwrap();
        assert!(
            explained.body().contains(id),
            "{url}: {}",
            explained.summary()
        );
        assert_eq!(explained.texts("main > p > .badge"), ["Failed"], "{url}");
    }
}

fn explanations(place: &Installation, id: &str) -> String {
    place.portal(&format!("explain/{id}"))
}

async fn signed_on(place: &Installation, browser: &Browser, person: &testkit::Person) -> String {
    let page = browser.open(place.portal("login")).await.expect(200);
    let id = page.header("x-request-id").unwrap().to_owned();
    give_credentials(&page, person).await.expect(200);
    id
}

#[tokio::test]
async fn in_production_operators_alone_see_explanations_and_by_the_id_alone() {
    let place = Installation::new();
    let made = place.create("Customers", PASSWORD);
    let lines = String::from_utf8(made.stdout).unwrap();
    let ca = place.certificate();
    place.configure(&format!(
        "{lines}ca_file = \"{}\"\n[explain]\nkeep = 20\n",
        ca.display()
    ));
    let running = place.start().await;
    let ada = testkit::Person::new("ada", PASSWORD);
    let operator = place.browser();
    let id = signed_on(&place, &operator, &ada).await;

    let stranger = place.browser();
    for path in [
        "explain".to_owned(),
        format!("explain/{id}"),
        format!("explain/{id}.txt"),
    ] {
        let page = stranger.open_only(place.portal(&path)).await;
        assert!(page.status.is_redirection(), "{}", page.summary());
        assert!(
            page.leads_to().starts_with("/login?"),
            "{}",
            page.leads_to()
        );
    }
    let environment = format!("https://localhost:{}/explain/{id}", place.idp_port);
    stranger.open(environment).await.expect(404);
    // Error pages of customers lead nowhere.
    let lost = stranger
        .open(place.portal("no/such/page"))
        .await
        .expect(404);
    assert!(!lost.has("a[href^='/explain']"), "{}", lost.summary());

    let list = operator.open(place.portal("explain")).await.expect(200);
    assert!(
        !list.has(".table"),
        "customers are listed: {}",
        list.summary()
    );
    let page = list
        .form_with("request")
        .fill("request", &id)
        .submit()
        .await
        .expect(200);
    assert_eq!(page.url.as_str(), explanations(&place, &id));
    assert_eq!(page.texts("main > p > .badge"), ["Signed on"]);
    let tokens = page.texts(".explain-token").join("");
    assert!(
        tokens.contains("(not shown)") && !tokens.contains("ada@example.com"),
        "{tokens}"
    );
    // What was asked of another environment is as unknown as an id that nobody has.
    let unknown = "00000000-0000-4000-8000-000000000000";
    let mut ids = vec![unknown.to_owned()];
    for path in [&format!("{unknown}/as/authorize"), "no/such/page"] {
        let url = format!("https://localhost:{}/{path}", place.idp_port);
        let page = stranger.open(url).await;
        ids.push(page.header("x-request-id").unwrap().to_owned());
    }
    for id in ids.iter().flat_map(|id| [id.clone(), format!("{id}.txt")]) {
        let page = operator.open(explanations(&place, &id)).await.expect(404);
        assert!(
            page.text().contains("Nothing is kept"),
            "{}",
            page.summary()
        );
    }
    let own = operator.open(place.portal("login?fresh=true")).await.url;
    let own = own.path_segments().unwrap().next().unwrap();
    let url = format!("https://localhost:{}/{own}/as/authorize", place.idp_port);
    let page = stranger.open(url).await.expect(400);
    let id = page.header("x-request-id").unwrap();
    operator.open(explanations(&place, id)).await.expect(200);
    running.shutdown().await;
}
