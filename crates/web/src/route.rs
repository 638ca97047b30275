//! Telling the outermost layer which route answers: the template, never the path.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use platform::net::RouteTaken;

/// A layer around all of a router's routes: notes the template of the one that was chosen, before it
/// answers, for whoever put a [`RouteTaken`] into the request.
pub async fn note_route(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let (Some(taken), Some(path)) = (
        extensions.get::<RouteTaken>(),
        extensions.get::<MatchedPath>(),
    ) {
        taken.set(path.as_str());
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_route_is_noted_by_its_template_and_an_unknown_path_not_at_all() {
        let inner = Router::new().route("/users/{id}", get(async || "user"));
        let router = Router::new()
            .nest("/v1", inner)
            .fallback(async || "nothing")
            .layer(from_fn(note_route));
        // As a server has it: whatever stands in front chooses no route.
        let router = Router::new().fallback_service(router);
        for (path, expected) in [("/v1/users/7", Some("/v1/users/{id}")), ("/v1/x/7", None)] {
            let taken = RouteTaken::default();
            let request = Request::builder().uri(path).extension(taken.clone());
            let request = request.body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
            assert_eq!(taken.template(), expected, "{path}");
        }
    }
}
