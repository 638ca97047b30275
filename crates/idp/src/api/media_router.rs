//! Routing on (method, path, media type): at PingOne the vendor media type of a POST or PUT chooses
//! the action (PingOne, "API requests").

use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use jiff::Timestamp;
use protocol::params::FormParams;
use protocol::pingone::{ErrorDetail, media_type};

use crate::audit::Origin;
use crate::state::Idp;
use crate::web::failures::api::ApiFailure;

use super::hal::Reply;

/// Longest body that is read: no resource of PingOne comes near.
const LONGEST_BODY: usize = 256 * 1024;

const VENDOR: &str = "application/vnd.pingidentity.";

/// A request on its way to its handler: everything was read, nothing decided.
pub(crate) struct ApiRequest {
    pub(crate) idp: Idp,
    /// Read once per request.
    pub(crate) now: Timestamp,
    pub(crate) origin: Origin,
    pub(crate) headers: HeaderMap,
    pub(crate) query: FormParams,
    pub(crate) body: Bytes,
    params: Vec<(String, String)>,
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("params", &self.params)
            .finish_non_exhaustive()
    }
}

impl ApiRequest {
    /// The id in the path that is called `name` in the route. What is no id names nothing.
    pub(crate) fn id<I: FromStr>(&self, name: &str) -> Result<I, ApiFailure> {
        self.params
            .iter()
            .find(|(param, _)| param == name)
            .and_then(|(_, value)| value.parse().ok())
            .ok_or_else(ApiFailure::not_found)
    }
}

/// What a handler can ask for as an argument.
pub(crate) trait FromApi: Sized + Send {
    /// Takes it out of the request.
    ///
    /// # Errors
    ///
    /// The refusal that answers the request.
    fn from_api(request: &ApiRequest) -> impl Future<Output = Result<Self, ApiFailure>> + Send;
}

type Answer = Pin<Box<dyn Future<Output = Result<Reply, ApiFailure>> + Send>>;
type Handler = Box<dyn Fn(Arc<ApiRequest>) -> Answer + Send + Sync>;

/// An async function over arguments that [`FromApi`] gives, from left to right: who asks comes
/// first, so that nobody without access learns what is wrong with a body.
pub(crate) trait ApiHandler<Arguments>: Copy + Send + Sync + 'static {
    /// Takes the arguments out of the request and calls the function.
    fn call(self, request: Arc<ApiRequest>) -> Answer;
}

macro_rules! handlers {
    ($(($($argument:ident),+))+) => {$(
        impl<F, Fut, $($argument),+> ApiHandler<($($argument,)+)> for F
        where
            F: Fn($($argument),+) -> Fut + Copy + Send + Sync + 'static,
            Fut: Future<Output = Result<Reply, ApiFailure>> + Send,
            $($argument: FromApi,)+
        {
            fn call(self, request: Arc<ApiRequest>) -> Answer {
                Box::pin(async move {
                    #[expect(non_snake_case, reason = "the macro's types name its values")]
                    let ($($argument,)+) = ($($argument::from_api(&request).await?,)+);
                    self($($argument),+).await
                })
            }
        }
    )+};
}

handlers! { (A) (A, B) (A, B, C) }

impl<A: FromApi, B: FromApi> FromApi for (A, B) {
    async fn from_api(request: &ApiRequest) -> Result<Self, ApiFailure> {
        Ok((A::from_api(request).await?, B::from_api(request).await?))
    }
}

/// The media type that a route wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    /// There is no body, or none that chooses anything.
    Any,
    Json,
    Vendor(&'static str),
}

struct Route {
    method: Method,
    media: Media,
    handler: Handler,
}

/// All that can be done at one path.
pub(crate) struct Resource {
    path: &'static str,
    routes: Vec<Route>,
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// One operation of the management API, for the table of what is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The method, such as `POST`.
    pub method: Method,
    /// The path below `/v1`, with names in braces.
    pub path: &'static str,
    /// The media type that chooses it, where one does.
    pub media_type: Option<&'static str>,
}

/// Begins the routes of a path below `/v1`.
pub(crate) fn at(path: &'static str) -> Resource {
    Resource {
        path,
        routes: Vec::new(),
    }
}

impl Resource {
    pub(crate) fn get<A>(self, handler: impl ApiHandler<A>) -> Self {
        self.route(Method::GET, Media::Any, handler)
    }

    pub(crate) fn delete<A>(self, handler: impl ApiHandler<A>) -> Self {
        self.route(Method::DELETE, Media::Any, handler)
    }

    pub(crate) fn patch<A>(self, handler: impl ApiHandler<A>) -> Self {
        self.route(Method::PATCH, Media::Json, handler)
    }

    pub(crate) fn post<A>(self, handler: impl ApiHandler<A>) -> Self {
        self.route(Method::POST, Media::Json, handler)
    }

    pub(crate) fn put<A>(self, handler: impl ApiHandler<A>) -> Self {
        self.route(Method::PUT, Media::Json, handler)
    }

    /// A POST that a vendor media type chooses.
    pub(crate) fn post_as<A>(self, media: &'static str, handler: impl ApiHandler<A>) -> Self {
        self.route(Method::POST, Media::Vendor(media), handler)
    }

    /// A PUT that a vendor media type chooses.
    pub(crate) fn put_as<A>(self, media: &'static str, handler: impl ApiHandler<A>) -> Self {
        self.route(Method::PUT, Media::Vendor(media), handler)
    }

    fn route<A>(mut self, method: Method, media: Media, handler: impl ApiHandler<A>) -> Self {
        let handler: Handler = Box::new(move |request| handler.call(request));
        self.routes.push(Route {
            method,
            media,
            handler,
        });
        self
    }

    fn find(&self, method: &Method, headers: &HeaderMap) -> Result<&Route, ApiFailure> {
        // RFC 9110 §9.3.2: HEAD is GET without the body, which the server leaves out.
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let mut offered = self
            .routes
            .iter()
            .filter(|route| route.method == *method)
            .peekable();
        if offered.peek().is_none() {
            return Err(ApiFailure::method_not_allowed());
        }
        let sent = Sent::read(headers);
        offered
            .find(|route| match route.media {
                Media::Any => true,
                Media::Json => sent.is_json(),
                Media::Vendor(media) => sent.is_vendor(media),
            })
            .ok_or_else(ApiFailure::unsupported_media_type)
    }

    fn allowed(&self) -> HeaderValue {
        let mut methods: Vec<_> = self
            .routes
            .iter()
            .map(|route| route.method.as_str())
            .collect();
        methods.dedup();
        HeaderValue::try_from(methods.join(", "))
            .unwrap_or_else(|_| HeaderValue::from_static("GET"))
    }
}

/// The media types of a request. PingOne's Go SDK sends two `Content-Type` fields, the plain one
/// first, so all are read and a vendor type is preferred.
struct Sent(Vec<String>);

impl Sent {
    fn read(headers: &HeaderMap) -> Self {
        let values = headers
            .get_all(CONTENT_TYPE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        Self(
            values
                .flat_map(|value| value.split(','))
                .map(media_type::normalized)
                .collect(),
        )
    }

    fn vendor(&self) -> Option<&str> {
        self.0
            .iter()
            .map(String::as_str)
            .find(|media| media.starts_with(VENDOR))
    }

    fn is_vendor(&self, wanted: &str) -> bool {
        self.vendor()
            .is_some_and(|sent| media_type::is(sent, wanted))
    }

    /// A body without a type is taken as JSON, which is all that there is.
    fn is_json(&self) -> bool {
        self.vendor().is_none()
            && (self.0.is_empty() || self.0.iter().any(|media| media == media_type::JSON))
    }
}

/// The operations of these resources.
pub(crate) fn operations(resources: &[Resource]) -> Vec<Operation> {
    let of = |resource: &Resource| {
        let path = resource.path;
        let operation = move |route: &Route| Operation {
            method: route.method.clone(),
            path,
            media_type: match route.media {
                Media::Vendor(media) => Some(media),
                Media::Any | Media::Json => None,
            },
        };
        resource.routes.iter().map(operation).collect::<Vec<_>>()
    };
    resources.iter().flat_map(of).collect()
}

/// A router of these resources, which answers everything below it, unknown paths included.
pub(crate) fn router(resources: Vec<Resource>) -> Router<Idp> {
    let routed = resources
        .into_iter()
        .fold(Router::new(), |router, resource| {
            let path = resource.path;
            let resource = Arc::new(resource);
            router.route(
                path,
                any(move |State(idp): State<Idp>, request: Request| async move {
                    dispatch(idp, &resource, request).await
                }),
            )
        });
    routed.fallback(async |origin: Origin| ApiFailure::not_found().respond(origin.request))
}

async fn dispatch(idp: Idp, resource: &Resource, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(origin) = Origin::from_request_parts(&mut parts, &idp).await;
    let id = origin.request;
    let route = match resource.find(&parts.method, &parts.headers) {
        Ok(route) => route,
        Err(failure) => {
            let is_method = failure.status() == StatusCode::METHOD_NOT_ALLOWED;
            let mut response = failure.respond(id);
            if is_method {
                response.headers_mut().insert(ALLOW, resource.allowed());
            }
            return response;
        }
    };
    let params = RawPathParams::from_request_parts(&mut parts, &idp).await;
    let params = params
        .iter()
        .flatten()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let params = params.collect();
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let answered = match read(body, query).await {
        Ok((body, query)) => {
            let now = idp.now();
            let headers = parts.headers;
            let request = ApiRequest {
                idp,
                now,
                origin,
                headers,
                query,
                body,
                params,
            };
            (route.handler)(Arc::new(request)).await
        }
        Err(failure) => Err(failure),
    };
    match answered {
        Ok(reply) => reply.respond(id),
        Err(failure) => failure.respond(id),
    }
}

async fn read(body: Body, query: &[u8]) -> Result<(Bytes, FormParams), ApiFailure> {
    let query = FormParams::parse(query).map_err(|invalid| {
        ApiFailure::malformed(vec![ErrorDetail::new(
            "INVALID_PARAMETER",
            None,
            invalid.to_string(),
        )])
    })?;
    let body = axum::body::to_bytes(body, LONGEST_BODY).await;
    Ok((body.map_err(|_| ApiFailure::too_large())?, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &[&'static str]) -> Sent {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        Sent::read(&headers)
    }

    #[test]
    fn the_vendor_type_chooses_even_behind_a_plain_one() {
        let lock = "application/vnd.pingidentity.account.lock+json";
        for values in [
            &[
                "application/json",
                "application/vnd.pingidentity.account.lock+json",
            ][..],
            &["application/vnd.pingidentity.account.lock"],
            &["Application/Vnd.PingIdentity.Account.Lock+JSON; charset=utf-8"],
            &["application/json, application/vnd.pingidentity.account.lock+json"],
        ] {
            assert!(sent(values).is_vendor(lock), "{values:?}");
            assert!(!sent(values).is_json(), "{values:?}");
        }
    }

    #[test]
    fn only_json_is_json() {
        assert!(sent(&["application/json;charset=UTF-8"]).is_json());
        assert!(sent(&[]).is_json());
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/xml",
            "",
        ] {
            assert!(!sent(&[other]).is_json(), "{other}");
        }
    }
}
