//! The routes of signing on and off.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header;
use tower_http::csrf::CsrfLayer;

use crate::settings::{LOGIN, LOGOUT};
use crate::{SignOn, begin, callback, sign_off};

/// An answer with tokens of a few kilobytes each fits.
const MOST_BODY_BYTES: usize = 64 * 1024;

impl SignOn {
    /// The routes `/login`, `/logout` and the callback, to be merged into the application's router
    /// inside its [layer of sessions](Self::session_layer).
    ///
    /// A HEAD request begins, redeems and ends nothing; it gets an empty answer.
    ///
    /// The callback takes cross-site posts, since that is what `form_post` is: keep it outside of
    /// any protection against them. `/logout` brings its own.
    ///
    /// ```
    /// # fn example(sign_on: pingone_axum::SignOn) -> axum::Router {
    /// axum::Router::new().merge(sign_on.router()).layer(sign_on.session_layer())
    /// # }
    /// ```
    pub fn router<S>(&self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        Router::new()
            .route(
                LOGOUT,
                get(sign_off::ask)
                    .post(sign_off::end)
                    .layer(CsrfLayer::new()),
            )
            .route(LOGIN, get(begin::begin).head(unchanged))
            .route(
                self.settings().redirect_path(),
                get(callback::get).head(unchanged).post(callback::post),
            )
            .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
            .with_state(self.clone())
    }
}

/// HEAD asks what GET would answer, and a GET of these routes begins or redeems something.
async fn unchanged() -> impl IntoResponse {
    [(header::CACHE_CONTROL, "no-store")]
}
