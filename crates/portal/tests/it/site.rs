//! A portal in front of the fake, and the steps that many stories share.

use std::sync::Arc;
use std::time::Duration;

use db::Db;
use fakes::Provider;
use fakes::provider::{CLIENT_ID, CLIENT_SECRET, ENVIRONMENT, WORKER_ID, WORKER_SECRET};
use platform::FrozenClock;
use platform::keyring::Keyring;
use portal::{
    GrantType, LimitSettings, ManagementSettings, OutgoingSettings, Parts, Portal,
    ProviderSettings, RegistrationSettings, SessionSettings, Settings, SignOnSettings,
};
use protocol::SystemRandom;
use protocol::jose::Algorithm;
use protocol::oauth::{Issuer, ResponseType, Scopes, TokenEndpointAuthMethod};
use protocol::secret::ClientSecret;
use url::Url;

use crate::browser::{Browser, Page};

pub(crate) struct Site {
    pub(crate) fake: Provider,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) settings: Settings,
    pub(crate) parts: Parts,
    pub(crate) portal: Portal,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap()));
        let fake = Provider::start(Arc::clone(&clock)).await;
        let mut settings = settings(&fake);
        change(&mut settings);
        let random = Arc::new(SystemRandom);
        let parts = Parts {
            db: Db::sqlite_in_memory().unwrap(),
            clock: Arc::<FrozenClock>::clone(&clock),
            keyring: Arc::new(Keyring::random(&*random)),
            random,
        };
        let portal = Portal::new(settings.clone(), parts.clone()).await.unwrap();
        Self {
            fake,
            clock,
            settings,
            parts,
            portal,
        }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.portal.router())
    }

    /// Another process on the same database.
    pub(crate) async fn second_node(&self) -> Portal {
        Portal::new(self.settings.clone(), self.parts.clone())
            .await
            .unwrap()
    }

    /// Signs somebody on and gives the answer of the callback.
    pub(crate) async fn sign_on(&self, browser: &Browser, username: &str) -> Page {
        let begun = browser.get("/login").await.expect(303);
        let answer = self.fake.authorize(&begun.address(), username);
        browser.get(&format!("/callback?{answer}")).await
    }

    pub(crate) async fn signed_on(&self, username: &str) -> Browser {
        let browser = self.browser();
        self.sign_on(&browser, username).await.expect(303);
        browser
    }

    /// Signs an operator on.
    pub(crate) async fn operator(&self) -> Browser {
        self.fake.add("olga", "olga@example.com");
        self.fake.change("olga", |person| person.is_operator = true);
        self.signed_on("olga").await
    }
}

fn settings(fake: &Provider) -> Settings {
    Settings {
        public_url: Url::parse("https://localhost:8080/").unwrap(),
        brand: ui::Brand::default(),
        mode: ui::Mode::Production,
        notice: None,
        session: SessionSettings::default(),
        sign_on: SignOnSettings {
            provider: Some(ProviderSettings {
                issuer: Issuer::parse(&fake.issuer()).unwrap(),
                client_id: CLIENT_ID.to_owned(),
                client_secret: Some(ClientSecret::new(CLIENT_SECRET)),
            }),
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
            algorithms: vec![Algorithm::RS256],
            redirect_path: "/callback".to_owned(),
            grant_type: GrantType::AuthorizationCode,
            response_type: ResponseType::parse("token id_token").unwrap(),
            response_mode: None,
            scopes: Scopes::parse("openid profile email p1:reset:userPassword").unwrap(),
            prompt: None,
            max_age_seconds: None,
            acr_values: Vec::new(),
            post_sign_off_url: None,
        },
        management: Some(ManagementSettings {
            auth_url: fake.base().clone(),
            api_url: fake.base().clone(),
            environment: protocol::id::EnvironmentId::parse(ENVIRONMENT).unwrap(),
            worker_client_id: WORKER_ID.to_owned(),
            worker_client_secret: ClientSecret::new(WORKER_SECRET),
        }),
        outgoing: OutgoingSettings {
            total_timeout: Duration::from_millis(1_500),
            ..OutgoingSettings::default()
        },
        registration: RegistrationSettings::default(),
        operator_roles: vec!["Identity Data Admin".to_owned()],
        explain: None,
        limits: LimitSettings {
            recovery_floor: Duration::from_millis(100),
            recovery_per_minute: 1_000,
            ..LimitSettings::default()
        },
    }
}
