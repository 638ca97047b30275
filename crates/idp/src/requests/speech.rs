//! In which language somebody is answered.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use db::StoreError;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use ui::Site;

use crate::Idp;
use crate::texts::wanted;

/// The pages of an environment in the language that fits best: one that the application asks for
/// (`ui_locales`), one that the browser asks for, or the environment's default.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn site(
    idp: &Idp,
    environment: EnvironmentId,
    ui_locales: &[String],
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Site, StoreError> {
    let tongues = idp.languages().of(environment, now).await?;
    let accepted = headers.get(ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|list| list.to_str().ok());
    let accepted = accepted.map(wanted).unwrap_or_default();
    let all = ui_locales.iter().chain(&accepted).map(String::as_str);
    Ok(idp.site().saying(tongues.choose(all).clone()))
}
