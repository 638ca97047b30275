//! What the stories speak of: an environment with the demo data, programs and people that use it.

mod answer;
mod browser;
mod mails;
mod program;
mod tables;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use db::Db;
use db::testing::TestDb;
use idp::demo::{self, Demo};
use idp::{HashingSettings, Idp, Limits, Parts, PortalAddresses, Settings};
use jiff::{SignedDuration, Timestamp};
use platform::FrozenClock;
use platform::keyring::Keyring;
use platform::net::Insider;
use protocol::SystemRandom;
use protocol::pingone::{GrantTypeName, ResponseTypeName};
use url::Url;

pub(crate) use answer::{Answer, Received, claims, header, shows};
pub(crate) use browser::{Browser, at_sign_on, sub_page};
pub(crate) use program::{Params, basic};

/// Tests of what the engines could do differently, each of which is given a world on one, with these
/// settings.
macro_rules! on_each_engine {
    ($settings:expr; $($name:ident)+) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(crate::world::World::with($settings).await).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    if let Some(world) = crate::world::World::on_postgres($settings).await {
                        super::$name(world).await;
                    }
                }
            )+
        }
    };
}

pub(crate) const REDIRECT_URI: &str = "https://localhost:8080/callback";
pub(crate) const AFTER_SIGN_OFF: &str = "https://localhost:8080/";
/// All that the demo's portal asks for.
pub(crate) const SCOPES: &str = "openid profile email address phone";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A password that the demo user does not have yet.
pub(crate) const NEW_PASSWORD: &str = "Bright-Meadow-58";

/// An installation with the demo data.
pub(crate) struct World {
    pub(crate) idp: Idp,
    pub(crate) demo: Demo,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) db: Db,
    settings: Settings,
    keyring: Arc<Keyring>,
    router: Router,
    _place: Option<TestDb>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::build(Db::sqlite_in_memory().unwrap(), None, change).await
    }

    /// On a database of its own engine.
    pub(crate) async fn on(place: TestDb) -> Self {
        Self::build(place.db.clone(), Some(place), |_| {}).await
    }

    /// On PostgreSQL, where the tests are given one.
    pub(crate) async fn on_postgres(change: impl FnOnce(&mut Settings)) -> Option<Self> {
        let place = db::testing::postgres().await?;
        Some(Self::build(place.db.clone(), Some(place), change).await)
    }

    /// An installation without any environment.
    pub(crate) async fn start(db: Db) -> Idp {
        let parts = Parts {
            db,
            clock: Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap())),
            random: Arc::new(SystemRandom),
            keyring: Arc::new(Keyring::random(&SystemRandom)),
        };
        let settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
        Idp::start(settings, parts).await.unwrap()
    }

    async fn build(db: Db, place: Option<TestDb>, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
        settings.mailbox = true;
        settings.registration = true;
        settings.hashing = HashingSettings {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
            ..HashingSettings::default()
        };
        settings.limits = Limits {
            authorizations_per_minute: 100_000,
            judged_passwords_per_minute: 100_000,
            sign_ons_per_minute: 1000,
            registrations_per_hour: 1000,
            recoveries_per_hour: 1000,
            ..Limits::default()
        };
        change(&mut settings);
        let start: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let clock = Arc::new(FrozenClock::new(start));
        let keyring = Arc::new(Keyring::random(&SystemRandom));
        let parts = Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            keyring: Arc::clone(&keyring),
        };
        let idp = Idp::start(settings.clone(), parts).await.unwrap();
        let demo = demo::ensure(&idp, Self::portal()).await.unwrap();
        Self {
            router: on_this_machine(idp.router()),
            idp,
            demo,
            clock,
            db,
            settings,
            keyring,
            _place: place,
        }
    }

    /// A portal that is configured for everything.
    pub(crate) fn portal() -> PortalAddresses {
        let mut portal = PortalAddresses::new(Url::parse("https://localhost:8080/").unwrap());
        portal.grant_types = vec![
            GrantTypeName::AuthorizationCode,
            GrantTypeName::Implicit,
            GrantTypeName::ClientCredentials,
            GrantTypeName::RefreshToken,
        ];
        portal.response_types = vec![
            ResponseTypeName::Code,
            ResponseTypeName::Token,
            ResponseTypeName::IdToken,
        ];
        portal
    }

    /// The same installation after its process has ended and begun again.
    pub(crate) async fn restart(&mut self) {
        let parts = Parts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
            keyring: Arc::clone(&self.keyring),
        };
        self.idp = Idp::start(self.settings.clone(), parts).await.unwrap();
        self.router = on_this_machine(self.idp.router());
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// The address of an endpoint of the demo environment.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        format!("/{}/as/{name}", self.demo.environment_id)
    }

    pub(crate) fn issuer(&self) -> &str {
        self.demo.issuer.as_str()
    }
}

/// Requests come from this machine unless they say otherwise.
fn on_this_machine(router: Router) -> Router {
    router.layer(map_request(async |mut request: Request| {
        request
            .extensions_mut()
            .get_or_insert_with(|| Insider(true));
        request
    }))
}
