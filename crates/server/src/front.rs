//! The outermost layer of both ports: who is asking, under which name, and for how long.
//!
//! It alone knows the declared proxies. Behind it the extensions hold [`RemoteAddress`], [`Insider`]
//! and [`RequestId`], and the headers that a client could lie with are gone.

mod hosts;
pub mod proxies;
mod unread;

use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::header::{ACCEPT, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, StatusCode};
use platform::net::{Insider, RemoteAddress, RequestId, RequestIds, RouteTaken};
use protocol::Random;
use tokio::time::error::Elapsed;
use tokio::time::timeout_at;
use tracing::Instrument as _;
use ui::{ErrorPage, Side, Site};
use uuid::Uuid;

use crate::front::hosts::HostVerdict;
use crate::health;
use crate::telemetry::RequestSpan;
use crate::traffic::Traffic;

pub use hosts::Hosts;
pub use proxies::{Network, Proxies};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("correlation-id");

/// A year: browsers' preload lists ask for no less.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What the outermost layer of one port knows.
#[derive(Clone)]
pub struct Front {
    /// The port's name in the log.
    pub name: &'static str,
    /// Declared proxies.
    pub proxies: Proxies,
    /// Refuse whoever is neither on this machine nor a declared proxy nor in a network that
    /// development is opened to. Set where something relies on it: plain HTTP, or development on an
    /// address that others can reach.
    pub proxies_only: bool,
    /// Networks that the port is opened to: development, or the reading of metrics.
    pub networks: Vec<Network>,
    /// Names under which the port answers.
    pub hosts: Hosts,
    /// Tell browsers to come back over TLS only. Set when the certificate is a real one.
    pub hsts: bool,
    /// How long a request may take.
    pub timeout: Duration,
    /// For request ids.
    pub random: Arc<dyn Random>,
    /// For error pages.
    pub site: Site,
    /// Whose error pages.
    pub side: Side,
    /// Where requests are counted, if they are.
    pub traffic: Option<Traffic>,
    /// Whose traces are gone on with, beside those of this machine and of declared proxies, where
    /// requests are traced.
    pub traced: Option<Vec<Network>>,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Front {
    /// Wraps a port's router, outermost first: identity and log, health, names, time limit and panic
    /// barrier.
    pub fn wrap(self, router: Router, readiness: health::Readiness) -> Router {
        let front = Arc::new(self);
        let guarded = router.layer(from_fn_with_state(Arc::clone(&front), guard));
        let ids = Arc::new(RequestIds::new(Arc::clone(&front.random)));
        health::routes(readiness)
            .fallback_service(guarded)
            .layer(from_fn_with_state((front, ids), identify))
    }

    /// Whether an address is this machine's, or in a network that development is opened to.
    fn is_inside(&self, address: IpAddr) -> bool {
        address.is_loopback()
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }

    /// Begins the span of a request. An outsider names no trace: it would decide which are kept.
    fn span(&self, id: RequestId, remote: IpAddr, peer: IpAddr, request: &Request) -> RequestSpan {
        let is_probe = request.extensions().get::<MatchedPath>().is_some();
        let Some(networks) = self.traced.as_deref().filter(|_| !is_probe) else {
            return RequestSpan::none();
        };
        let is_followed = peer.is_loopback()
            || self.proxies.trusts(peer)
            || networks.iter().any(|network| network.contains(peer));
        let headers = is_followed.then_some(request.headers());
        RequestSpan::begin(self.name, id, remote, request.method(), headers)
    }

    fn error(&self, status: StatusCode, id: Option<RequestId>) -> ErrorPage {
        let page = ErrorPage::new(&self.site, self.side, status);
        match id {
            Some(id) => page.id(id.to_string()),
            None => page,
        }
    }

    fn request_id(&self, ids: &RequestIds, peer: IpAddr, headers: &HeaderMap) -> RequestId {
        let given = if self.proxies.trusts(peer) {
            [X_REQUEST_ID, CORRELATION_ID].iter().find_map(|name| {
                Uuid::parse_str(headers.get(name)?.to_str().ok()?)
                    .ok()
                    .map(RequestId)
            })
        } else {
            None
        };
        given.unwrap_or_else(|| ids.next())
    }
}

/// Networks in words, as `10.0.0.0/8 and 172.16.0.0/12`; nothing when there is none.
pub fn listed(networks: &[Network]) -> String {
    let names: Vec<String> = networks.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Finds out who asks, numbers the request, and writes the access log.
async fn identify(
    State((front, ids)): State<(Arc<Front>, Arc<RequestIds>)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let peer = peer.ip().to_canonical();
    let remote = front.proxies.remote_address(peer, request.headers());
    let id = front.request_id(&ids, peer, request.headers());
    proxies::strip(request.headers_mut());
    request.extensions_mut().insert(RemoteAddress(remote));
    let insider = Insider(front.is_inside(remote));
    request.extensions_mut().insert(insider);
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let span = front.span(id, remote, peer, &request);
    let in_flight = front.traffic.as_ref().map(|all| all.begin(front.name));
    let route = RouteTaken::default();
    // Probes are answered here; every other route is taken further inside.
    if let Some(probe) = request.extensions().get::<MatchedPath>() {
        route.set(probe.as_str());
    }
    request.extensions_mut().insert(route.clone());

    let outsider = front.proxies_only && !front.is_inside(peer) && !front.proxies.trusts(peer);
    let mut response = if outsider {
        let detail = "This port answers its own machine, declared proxies (setting proxy.trusted) \
                      and networks that are named for it (server.development_networks in \
                      development, metrics.networks) only.";
        let page = front.error(StatusCode::FORBIDDEN, Some(id)).detail(detail);
        page.accepted_by(request.headers()).into_response()
    } else {
        let answered = unread::answered(request, |request| next.run(request));
        answered.instrument(span.span().clone()).await
    };

    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(X_REQUEST_ID, value);
    }
    if front.hsts {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    let elapsed = started.elapsed();
    if let Some(in_flight) = in_flight {
        in_flight.answered(&method, route.template(), response.status(), elapsed);
    }
    span.answered(route.template(), response.status());
    let _within = span.span().enter();
    tracing::info!(
        target: "latchkey::access",
        port = front.name,
        %id,
        %remote,
        %method,
        path,
        status = response.status().as_u16(),
        ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    );
    response
}

/// Refuses foreign names, ends what takes too long, and turns a panic into a page.
async fn guard(State(front): State<Arc<Front>>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().copied();
    let refused = match front.hosts.judge_request(&request) {
        HostVerdict::Ours => None,
        HostVerdict::Malformed => Some((
            StatusCode::BAD_REQUEST,
            "The request names no host, or several.",
        )),
        HostVerdict::Foreign => Some((
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not answer under that host name (settings public_url, extra_hosts).",
        )),
    };
    if let Some((status, detail)) = refused {
        let page = front.error(status, id).detail(detail);
        return page.accepted_by(request.headers()).into_response();
    }
    let accept = request.headers().get(ACCEPT).cloned();
    // Whatever a panicking handler was in the middle of is its own: state shared between requests
    // stands behind locks or in the database.
    let held_back = HeldBack::default();
    request.extensions_mut().insert(held_back.clone());
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    let status = match held_back.limit(front.timeout, answer).await {
        Ok(Ok(response)) => return response,
        Ok(Err(panic)) => {
            tracing::error!(
                port = front.name,
                id = id.map(tracing::field::display),
                message = panic_message(&*panic),
                "a request ended in a panic"
            );
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Err(_) => StatusCode::REQUEST_TIMEOUT,
    };
    let accepts: HeaderMap = accept.map(|accept| (ACCEPT, accept)).into_iter().collect();
    front
        .error(status, id)
        .accepted_by(&accepts)
        .into_response()
}

/// How long a request was made to wait on purpose, which is no part of the time that it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldBack(Arc<Mutex<Duration>>);

impl HeldBack {
    /// Gives the request so much more time, and lets it wait as long.
    pub(crate) async fn sleep(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
        tokio::time::sleep(by).await;
    }

    /// How long, in all.
    pub(crate) fn time(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up once the work took longer than `limit` beside what it was held back.
    async fn limit<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
        let begun = tokio::time::Instant::now();
        let mut work = pin!(work);
        let mut given = limit;
        loop {
            let elapsed = match timeout_at(begun + given, &mut work).await {
                Ok(done) => return Ok(done),
                Err(elapsed) => elapsed,
            };
            let now_given = limit + self.time();
            if now_given <= given {
                return Err(elapsed);
            }
            given = now_given;
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::body::Body;
    use axum::routing::get;
    use opentelemetry::trace::TraceContextExt as _;
    use protocol::SeededRandom;
    use tower::ServiceExt as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    use ui::{Brand, Messages, Mode};
    use url::Url;

    use super::*;
    use crate::front::proxies::ForwardedBy;
    use crate::installation::Installation;
    use crate::telemetry::{Telemetry, TelemetrySettings};

    fn front(proxies_only: bool) -> Front {
        let url = Url::parse("https://id.example.com/").unwrap();
        Front {
            name: "portal",
            proxies: Proxies::new(
                vec![Network::parse("10.0.0.0/8").unwrap()],
                ForwardedBy::XForwardedFor,
            ),
            proxies_only,
            networks: vec![Network::parse("172.16.0.0/12").unwrap()],
            hosts: Hosts::new([&url], &[], None),
            hsts: true,
            timeout: Duration::from_secs(30),
            random: Arc::new(SeededRandom::new(1)),
            site: Site::new(
                Messages::english(&[]),
                Arc::new(Brand::default()),
                Mode::Production,
            ),
            side: Side::Portal,
            traffic: None,
            traced: Some(vec![Network::parse("198.51.100.0/24").unwrap()]),
        }
    }

    async fn app(proxies_only: bool) -> Router {
        let router = Router::new()
            .route(
                "/who",
                get(async |request: Request| {
                    let remote = request.extensions().get::<RemoteAddress>().unwrap().0;
                    let id = request.extensions().get::<RequestId>().unwrap();
                    let insider = request.extensions().get::<Insider>().unwrap().0;
                    let lies = request.headers().contains_key("x-forwarded-host");
                    format!("{remote} {id} {lies} {insider}")
                }),
            )
            .route(
                "/panic",
                get(async || -> &'static str { panic!("on purpose") }),
            )
            .route(
                "/slow",
                get(async || std::future::pending::<&'static str>().await),
            )
            .route(
                "/held-back/{then}",
                get(async |request: Request| {
                    let held_back = request.extensions().get::<HeldBack>().unwrap();
                    held_back.sleep(Duration::from_mins(1)).await;
                    if request.uri().path().ends_with("/slow") {
                        std::future::pending::<()>().await;
                    }
                    "late"
                }),
            );
        let db = db::Db::sqlite_in_memory().unwrap();
        let installation = Installation::open(&db).await.unwrap();
        front(proxies_only).wrap(router, health::Readiness::new(installation))
    }

    async fn answer(app: Router, peer: [u8; 4], path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer = SocketAddr::from((Ipv4Addr::from(peer), 1));
        request.extensions_mut().insert(ConnectInfo(peer));
        app.oneshot(request).await.unwrap()
    }

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    const HOST: (&str, &str) = ("host", "id.example.com");
    const ID: &str = "0b6cf8c2-7f1d-4bb4-9a0a-0f2c9f3b1d11";

    #[tokio::test]
    async fn only_a_proxy_says_who_asks_and_under_which_id() {
        let told = [HOST, ("x-forwarded-for", "1.2.3.4"), ("x-request-id", ID)];
        let told = [&told[..], &[("x-forwarded-host", "evil.example")]].concat();
        let response = answer(app(false).await, [10, 0, 0, 1], "/who", &told).await;
        assert_eq!(response.headers()["x-request-id"], ID);
        assert_eq!(text(response).await, format!("1.2.3.4 {ID} false false"));

        let body = text(answer(app(false).await, [192, 0, 2, 1], "/who", &told).await).await;
        assert!(
            body.starts_with("192.0.2.1 ") && !body.contains(ID),
            "{body}"
        );

        let told = [HOST, ("x-request-id", "not an id")];
        let response = answer(app(false).await, [10, 0, 0, 1], "/who", &told).await;
        Uuid::parse_str(response.headers()["x-request-id"].to_str().unwrap()).unwrap();
    }

    #[tokio::test]
    async fn a_foreign_host_is_refused_but_probes_are_answered() {
        let foreign = [("host", "evil.example")];
        let status = async |path: &'static str, headers: &'static [(&str, &str)]| {
            answer(app(false).await, [127, 0, 0, 1], path, headers)
                .await
                .status()
        };
        assert_eq!(
            answer(app(false).await, [127, 0, 0, 1], "/who", &foreign)
                .await
                .status(),
            StatusCode::MISDIRECTED_REQUEST
        );
        assert_eq!(status("/who", &[]).await, StatusCode::BAD_REQUEST);
        assert_eq!(
            status("/healthz", &[("host", "10.1.2.3:8080")]).await,
            StatusCode::OK
        );
        assert_eq!(status("/readyz", &[]).await, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_panic_becomes_a_page_with_an_id_and_without_the_message() {
        let response = answer(app(false).await, [127, 0, 0, 1], "/panic", &[HOST]).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let body = text(response).await;
        assert!(body.contains(&id), "{body}");
        assert!(!body.contains("on purpose"), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_ended() {
        let response = answer(app(false).await, [127, 0, 0, 1], "/slow", &[HOST]).await;
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_request_is_held_back_is_no_part_of_its_time() {
        for (path, status) in [
            ("/held-back/late", StatusCode::OK),
            ("/held-back/slow", StatusCode::REQUEST_TIMEOUT),
        ] {
            let response = answer(app(false).await, [127, 0, 0, 1], path, &[HOST]).await;
            assert_eq!(response.status(), status, "{path}");
        }
    }

    #[tokio::test]
    async fn outsiders_are_refused_where_only_proxies_may_connect() {
        let status = async |peer| {
            answer(app(true).await, peer, "/who", &[HOST])
                .await
                .status()
        };
        assert_eq!(status([192, 0, 2, 1]).await, StatusCode::FORBIDDEN);
        assert_eq!(status([10, 0, 0, 1]).await, StatusCode::OK);
        assert_eq!(status([127, 0, 0, 1]).await, StatusCode::OK);
    }

    #[tokio::test]
    async fn who_is_in_a_named_network_comes_in_and_is_an_insider() {
        let insider = async |peer, told: &[(&str, &str)]| {
            let told = [&[HOST], told].concat();
            let answer = answer(app(true).await, peer, "/who", &told).await;
            assert_eq!(answer.status(), StatusCode::OK);
            text(answer).await.ends_with(" true")
        };
        assert!(insider([172, 17, 0, 1], &[]).await);
        assert!(insider([127, 0, 0, 1], &[]).await);
        // A proxy is none itself; who comes through it is one by the own address.
        assert!(!insider([10, 0, 0, 1], &[]).await);
        assert!(insider([10, 0, 0, 1], &[("x-forwarded-for", "172.20.1.2")]).await);
        assert!(!insider([10, 0, 0, 1], &[("x-forwarded-for", "192.0.2.1")]).await);
        // Nobody but a proxy says where they come from.
        let told = [("x-forwarded-for", "192.0.2.1")];
        assert!(insider([172, 17, 0, 1], &told).await);
    }

    #[tokio::test]
    async fn browsers_are_told_to_come_back_over_tls() {
        let response = answer(app(false).await, [127, 0, 0, 1], "/who", &[HOST]).await;
        assert_eq!(response.headers()[STRICT_TRANSPORT_SECURITY], HSTS);
    }

    #[tokio::test]
    async fn only_who_is_believed_names_the_trace_of_a_request() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        let settings = TelemetrySettings {
            // Nobody listens there.
            endpoint: Url::parse("http://127.0.0.1:1/").unwrap(),
            headers: HeaderMap::new(),
            ca_pem: None,
            traces: true,
            logs: false,
            service_name: "test".to_owned(),
            sampled_per_thousand: 1000,
        };
        // Fails only when another test was first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let telemetry = Telemetry::start(&settings, &SeededRandom::new(1)).unwrap();
        // With one subscriber only, another test's thread could switch the span off for all.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let subscriber = tracing_subscriber::registry().with(telemetry.spans());
        let guard = tracing::subscriber::set_default(subscriber);
        let front = front(false);
        for (peer, is_followed) in [
            ([127, 0, 0, 1], true),
            ([10, 0, 0, 1], true),
            ([198, 51, 100, 7], true),
            ([172, 16, 0, 1], false),
            ([203, 0, 113, 1], false),
        ] {
            let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
            let request = Request::builder().header("traceparent", parent);
            let request = request.body(Body::empty()).unwrap();
            let peer = IpAddr::from(peer);
            let id = RequestId::random(&*front.random);
            let span = front.span(id, peer, peer, &request);
            let context = span.span().context();
            let context = context.span().span_context().clone();
            assert!(context.is_valid() && context.is_sampled(), "{peer}");
            let is_it = context.trace_id().to_string() == TRACE;
            assert_eq!(is_it, is_followed, "{peer}");
        }
        drop(guard);
        telemetry.finish(Duration::MAX);
    }
}
