//! Routing on (method, path, media type): at PingOne the vendor media type of a POST or PUT chooses
//! the action (PingOne, "API requests"). Handlers and extractors are axum's own.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use protocol::pingone::media_type;
use schemars::JsonSchema;

use super::shape::Shape;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

/// Longest body that is read: no resource of PingOne comes near.
const LONGEST_BODY: usize = 256 * 1024;

const MULTIPART: &str = "multipart/form-data";

const VENDOR: &str = "application/vnd.pingidentity.";

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler whose arguments are forgotten.
type AnyHandler = Box<dyn Fn(Request, Idp) -> Answer + Send + Sync>;

/// The media type that a route wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    /// There is no body, or none that chooses anything.
    Any,
    Image,
    Json,
    /// A form with files.
    Multipart,
    Vendor(&'static str),
}

struct Route {
    method: Method,
    media: Media,
    handler: AnyHandler,
    told: Told,
}

/// What the document of the API tells of an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The body that it takes, where it takes one.
    pub(crate) body: Option<Shape>,
    /// With which statuses it succeeds, where they are not those of its method.
    pub(crate) statuses: &'static [u16],
    /// What its answer is, where that is not what its path shows.
    pub(crate) answer: Option<AnswerShape>,
    /// The media types of its answer beside JSON.
    pub(crate) also_as: &'static [&'static str],
    /// Which of `cursor`, `filter` and `limit` it knows.
    pub(crate) paging: &'static [&'static str],
    /// Further parameters, each with the names that it may list.
    pub(crate) lists: Vec<(&'static str, &'static [&'static str])>,
}

/// What an answer holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnswerShape {
    /// No JSON.
    Files,
    /// Resources of a shape, embedded under a key.
    Many(&'static str, Shape),
    /// A resource.
    One(Shape),
}

/// Why no route of a path fits a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mismatch {
    Media,
    Method,
}

/// All that can be done at one path.
pub(crate) struct Resource {
    path: Cow<'static, str>,
    routes: Vec<Route>,
    kept: Option<&'static str>,
    kept_members: KeptMembers,
    shown: Option<Shape>,
}

/// Members that are kept where the rest works, beside what is not provided of them.
pub type KeptMembers = &'static [(&'static [&'static str], &'static str)];

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// One operation of the management API, for the table of what is covered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Operation {
    /// The method, such as `POST`.
    pub method: Method,
    /// The path below `/v1`, with names in braces.
    pub path: Cow<'static, str>,
    /// The media type that chooses it, where one does.
    pub media_type: Option<&'static str>,
    /// What is not provided, where objects are stored, checked and returned, and nothing more.
    pub kept: Option<&'static str>,
    /// The members that are stored, checked and returned, and nothing more, where the rest works.
    pub kept_members: KeptMembers,
    /// What is shown at the path.
    pub(crate) shown: Option<Shape>,
    pub(crate) told: Told,
}

/// Begins the routes of a path below `/v1`.
pub(crate) fn at(path: impl Into<Cow<'static, str>>) -> Resource {
    Resource {
        path: path.into(),
        routes: Vec::new(),
        kept: None,
        kept_members: &[],
        shown: None,
    }
}

impl Resource {
    /// Says that what is set here is stored, checked and returned, and what is not provided.
    pub(crate) fn kept(mut self, what_is_not_provided: Option<&'static str>) -> Self {
        self.kept = what_is_not_provided;
        self
    }

    /// Says which members are stored, checked and returned where the rest works, beside what
    /// is not provided of them.
    pub(crate) fn keeping(mut self, members: KeptMembers) -> Self {
        self.kept_members = members;
        self
    }

    pub(crate) fn get<A: 'static>(self, handler: impl Handler<A, Idp>) -> Self {
        self.route(Method::GET, Media::Any, handler)
    }

    pub(crate) fn delete<A: 'static>(self, handler: impl Handler<A, Idp>) -> Self {
        self.route(Method::DELETE, Media::Any, handler)
    }

    pub(crate) fn patch<A: 'static>(self, handler: impl Handler<A, Idp>) -> Self {
        self.route(Method::PATCH, Media::Json, handler)
    }

    pub(crate) fn post<A: 'static>(self, handler: impl Handler<A, Idp>) -> Self {
        self.route(Method::POST, Media::Json, handler)
    }

    pub(crate) fn put<A: 'static>(self, handler: impl Handler<A, Idp>) -> Self {
        self.route(Method::PUT, Media::Json, handler)
    }

    /// A POST of a form with files ([RFC 7578](https://www.rfc-editor.org/rfc/rfc7578)).
    pub(crate) fn post_multipart<A: 'static>(self, handler: impl Handler<A, Idp>) -> Self {
        self.route(Method::POST, Media::Multipart, handler)
    }

    /// A POST whose body is an image.
    pub(crate) fn post_image<A: 'static>(self, handler: impl Handler<A, Idp>) -> Self {
        self.route(Method::POST, Media::Image, handler)
    }

    /// A POST that a vendor media type chooses.
    pub(crate) fn post_as<A: 'static>(
        self,
        media: &'static str,
        handler: impl Handler<A, Idp>,
    ) -> Self {
        self.route(Method::POST, Media::Vendor(media), handler)
    }

    /// A PUT that a vendor media type chooses.
    pub(crate) fn put_as<A: 'static>(
        self,
        media: &'static str,
        handler: impl Handler<A, Idp>,
    ) -> Self {
        self.route(Method::PUT, Media::Vendor(media), handler)
    }

    fn route<A: 'static>(
        mut self,
        method: Method,
        media: Media,
        handler: impl Handler<A, Idp>,
    ) -> Self {
        let handler: AnyHandler =
            Box::new(move |request, idp| Box::pin(handler.clone().call(request, idp)));
        self.routes.push(Route {
            method,
            media,
            handler,
            told: Told::default(),
        });
        self
    }

    /// Says what a resource of this path looks like: every answer is one, unless an operation says
    /// otherwise.
    pub(crate) fn showing<T: JsonSchema>(mut self) -> Self {
        self.shown = Some(Shape::of::<T>());
        self
    }

    /// Says what body the operation before takes.
    pub(crate) fn taking<T: JsonSchema>(self) -> Self {
        self.telling(|told| told.body = Some(Shape::of::<T>()))
    }

    /// Says that the operation before answers many resources, embedded under a key.
    pub(crate) fn answering_many<T: JsonSchema>(self, key: &'static str) -> Self {
        self.telling(|told| told.answer = Some(AnswerShape::Many(key, Shape::of::<T>())))
    }

    /// Says that the operation before answers a resource of another shape than its path shows.
    pub(crate) fn answering<T: JsonSchema>(self) -> Self {
        self.telling(|told| told.answer = Some(AnswerShape::One(Shape::of::<T>())))
    }

    /// Says with which statuses the operation before succeeds, where its method has others.
    pub(crate) fn with_status(self, statuses: &'static [u16]) -> Self {
        self.telling(|told| told.statuses = statuses)
    }

    /// Says in which media types the operation before answers beside JSON, as `Accept` asks for.
    pub(crate) fn also_as(self, media_types: &'static [&'static str]) -> Self {
        self.telling(|told| told.also_as = media_types)
    }

    /// Says that the operation before answers files of these media types, and never JSON.
    pub(crate) fn answering_files(self, media_types: &'static [&'static str]) -> Self {
        self.also_as(media_types)
            .telling(|told| told.answer = Some(AnswerShape::Files))
    }

    /// Says that the operation before knows `limit`, `cursor` and `filter`.
    pub(crate) fn paged(self) -> Self {
        self.telling(|told| told.paging = &["cursor", "filter", "limit"])
    }

    /// Says that the operation before knows `filter`, and shows all in one page.
    pub(crate) fn filtered(self) -> Self {
        self.telling(|told| told.paging = &["filter"])
    }

    /// Says that a parameter of the operation before may list these names.
    pub(crate) fn listing(self, parameter: &'static str, names: &'static [&'static str]) -> Self {
        self.telling(|told| told.lists.push((parameter, names)))
    }

    fn telling(mut self, tell: impl FnOnce(&mut Told)) -> Self {
        if let Some(route) = self.routes.last_mut() {
            tell(&mut route.told);
        }
        self
    }

    async fn answer(&self, request: Request, idp: Idp) -> Response {
        match self.find(request.method(), request.headers()) {
            Ok(route) => (route.handler)(request, idp).await,
            Err(Mismatch::Media) => ApiFailure::unsupported_media_type().into_response(),
            Err(Mismatch::Method) => {
                let mut response = ApiFailure::method_not_allowed().into_response();
                response.headers_mut().insert(ALLOW, self.allowed());
                response
            }
        }
    }

    fn find(&self, method: &Method, headers: &HeaderMap) -> Result<&Route, Mismatch> {
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
            return Err(Mismatch::Method);
        }
        let sent = Sent::read(headers);
        offered
            .find(|route| match route.media {
                Media::Any => true,
                Media::Image => sent.is_image(),
                Media::Json => sent.is_json(),
                Media::Multipart => sent.is_multipart(),
                Media::Vendor(media) => sent.is_vendor(media),
            })
            .ok_or(Mismatch::Media)
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

    fn is_multipart(&self) -> bool {
        self.0.iter().any(|media| media == MULTIPART)
    }

    fn is_image(&self) -> bool {
        self.0.iter().any(|media| media.starts_with("image/"))
    }

    /// A body without a type is taken as JSON, which is all that there is.
    fn is_json(&self) -> bool {
        self.vendor().is_none()
            && (self.0.is_empty() || self.0.iter().any(|media| media == media_type::JSON))
    }
}

/// Whether a `Content-Type` may choose plain JSON, and whether an operation that a vendor type of
/// these chooses.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn choices(value: HeaderValue, vendors: &[&str]) -> (bool, bool) {
    let sent = Sent::read(&HeaderMap::from_iter([(CONTENT_TYPE, value)]));
    (
        sent.is_json(),
        vendors.iter().any(|media| sent.is_vendor(media)),
    )
}

/// The operations of these resources.
pub(crate) fn operations(resources: &[Resource]) -> Vec<Operation> {
    let of = |resource: &Resource| {
        let operation = |route: &Route| Operation {
            method: route.method.clone(),
            path: resource.path.clone(),
            media_type: match route.media {
                Media::Vendor(media) => Some(media),
                Media::Multipart => Some(MULTIPART),
                Media::Image => Some("image/*"),
                Media::Any | Media::Json => None,
            },
            kept: resource.kept,
            kept_members: resource.kept_members,
            shown: resource.shown,
            told: route.told.clone(),
        };
        resource.routes.iter().map(operation).collect::<Vec<_>>()
    };
    resources.iter().flat_map(of).collect()
}

/// A router of these resources, which answers everything below it, unknown paths included.
pub(crate) fn router(resources: Vec<Resource>) -> Router<Idp> {
    beside_others(resources)
        .fallback(async || ApiFailure::not_found())
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}

/// A router of these resources alone.
pub(crate) fn beside_others(resources: Vec<Resource>) -> Router<Idp> {
    resources
        .into_iter()
        .fold(Router::new(), |router, resource| {
            let path = resource.path.clone();
            let resource = Arc::new(resource);
            let answer = any(async move |State(idp): State<Idp>, request: Request| {
                resource.answer(request, idp).await
            });
            // PingOne takes a slash behind a resource's path for the same resource, and clients that
            // put addresses together send one (`users/?filter=…`).
            router
                .route(&path, answer.clone())
                .route(&format!("{path}/"), answer)
        })
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
