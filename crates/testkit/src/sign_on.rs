//! Signing on: at the portal, and at the environment as any application would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fakes::browser::parameter;
use fakes::{Browser, Method, Page};
use serde_json::Value;
use url::Url;

use crate::people::Person;
use crate::system::System;

/// A verifier and its S256 challenge: the example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A person signed on, with the browser that they use.
#[derive(Debug)]
pub struct SignedOn<'a> {
    system: &'a System,
    /// Their browser.
    pub browser: Browser,
    /// The page on which they are.
    pub page: Page,
}

impl System {
    /// Signs a person on at the portal, in a browser of their own.
    ///
    /// # Panics
    ///
    /// When they are not signed on afterwards.
    pub async fn sign_on(&self, person: &Person) -> SignedOn<'_> {
        SignedOn::at_portal(self, person).await
    }
}

impl<'a> SignedOn<'a> {
    async fn at_portal(system: &'a System, person: &Person) -> Self {
        let browser = system.browser();
        let page = browser.open(system.portal("/login")).await.expect(200);
        let page = give_credentials(&page, person).await.expect(200);
        assert_eq!(
            page.url.origin(),
            system.portal("/").origin(),
            "{} is not signed on: {}",
            person.username,
            page.summary()
        );
        Self {
            system,
            browser,
            page,
        }
    }

    /// Opens a page of the portal.
    pub async fn open(&self, path: &str) -> Page {
        self.browser.open(self.system.portal(path)).await
    }

    /// Asks the environment for a code for the demo application; no page is shown again.
    pub async fn authorize(&self) -> Authorization<'a> {
        Authorization::begin(self.system, &self.browser, &[]).await
    }
}

/// Fills in the hosted sign-on page and sends it.
///
/// # Panics
///
/// When `page` is another one.
pub async fn give_credentials(page: &Page, person: &Person) -> Page {
    page.form_with("password")
        .fill("username", &person.username)
        .fill("password", &person.password)
        .submit()
        .await
}

/// An authorization request of the demo application, and what came back.
#[derive(Debug)]
pub struct Authorization<'a> {
    system: &'a System,
    redirect_uri: String,
    /// Where the browser stands: a page of the environment, or the redirect to the application.
    pub page: Page,
}

impl<'a> Authorization<'a> {
    /// Sends `browser` to the authorization endpoint; `more` adds or replaces parameters.
    ///
    /// The redirect to the application is not followed.
    pub async fn begin(system: &'a System, browser: &Browser, more: &[(&str, &str)]) -> Self {
        let redirect_uri = system.portal("/callback").to_string();
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", system.env().client_id.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("scope", "openid profile email"),
            ("state", "a-state"),
            ("nonce", "a-nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for &(name, value) in more {
            parameters.retain(|(found, _)| *found != name);
            parameters.push((name, value));
        }
        let mut url = system.auth("as/authorize");
        url.query_pairs_mut().extend_pairs(parameters);
        let browser = browser.clone().stopping_at(&redirect_uri);
        let page = browser.open(url).await;
        Self {
            system,
            redirect_uri,
            page,
        }
    }

    /// Fills in the hosted sign-on page.
    ///
    /// # Panics
    ///
    /// When the browser is on another page.
    #[must_use]
    pub async fn sign_on(mut self, person: &Person) -> Self {
        self.page = give_credentials(&self.page, person).await;
        self
    }

    /// Where the application is sent to.
    ///
    /// # Panics
    ///
    /// When the environment still shows a page.
    pub fn location(&self) -> Url {
        self.page.location()
    }

    /// A parameter of the answer, in the query or the fragment.
    pub fn answer(&self, name: &str) -> Option<String> {
        let location = self.location();
        let texts = [location.query(), location.fragment()];
        texts
            .into_iter()
            .flatten()
            .find_map(|text| parameter(text, name))
    }

    /// The authorization code.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn code(&self) -> String {
        self.answer("code")
            .unwrap_or_else(|| panic!("no code: {}", self.location()))
    }

    /// Redeems the code at the token endpoint; the answer as it came.
    ///
    /// # Panics
    ///
    /// When there is no code.
    pub async fn redeem(&self) -> Page {
        self.redeem_code(&self.code()).await
    }

    /// Redeems this code with the other parameters of the request.
    pub async fn redeem_code(&self, code: &str) -> Page {
        let env = self.system.env();
        self.system
            .browser()
            .request(Method::POST, self.system.auth("as/token"))
            .basic(&env.client_id, &env.client_secret)
            .form(&[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &self.redirect_uri),
                ("code_verifier", VERIFIER),
            ])
            .send()
            .await
    }

    /// The tokens for the code.
    ///
    /// # Panics
    ///
    /// When the token endpoint refuses.
    pub async fn tokens(&self) -> Value {
        self.redeem().await.expect(200).json()
    }
}

/// What a JWT says, unverified: for looking at claims in tests.
///
/// # Panics
///
/// When it is not a JWT.
pub fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).expect("a JWT has three parts");
    let bytes = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&bytes).expect("claims are JSON")
}
