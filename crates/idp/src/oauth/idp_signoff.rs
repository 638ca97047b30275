//! Sign-off by a program, `GET /{environment}/as/idpSignoff` (PingOne, "ID token sign-off"): an
//! application that is allowed to (`idpSignoff`) ends the session in which its ID token was issued,
//! without the browser's cookie and without a page.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use protocol::params::FormParams;
use serde_json::Value;

use super::hint::{self, HintError};
use crate::Idp;
use crate::audit::{Activity, By};
use crate::requests::extract::Environment;
use crate::requests::failures::oauth::OAuthFailure;
use crate::stores::sessions::Sessions;
use crate::stores::users::Users;

/// Ends the session of the ID token. One that is over already is answered like one that ends.
pub(crate) async fn get(
    State(idp): State<Idp>,
    Environment(environment): Environment,
    by: By,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, OAuthFailure> {
    let params = FormParams::parse(query.unwrap_or_default().as_bytes())?;
    let token = params.require("id_token_hint")?;
    let hint = match hint::verify(&idp, environment.id, token, by.now).await {
        Ok(hint) => hint,
        Err(HintError::Keys(error)) => return Err(error.into()),
        Err(HintError::NotOurs | HintError::Token(_)) => {
            let told = "id_token_hint is none of this environment's ID tokens";
            return Err(OAuthFailure::invalid_request(told));
        }
    };
    let names_another = |id: &str| id != hint.application.to_string();
    if params.find("client_id").is_some_and(names_another) {
        let told = "client_id is not the application of the ID token";
        return Err(OAuthFailure::invalid_request(told));
    }
    let found = idp
        .applications()
        .find(environment.id, hint.application, by.now)
        .await?;
    let may = found.is_some_and(|application| {
        application.settings.enabled
            && application.also.get("idpSignoff") == Some(&Value::Bool(true))
    });
    if !may {
        let told = "the application may not sign off by ID token (idpSignoff)";
        return Err(OAuthFailure::unauthorized_client(told));
    }
    let sessions = Sessions::new(idp.db());
    let sessions = sessions.of_user(environment.id, hint.user, by.now).await?;
    let ends = sessions
        .iter()
        .find(|seen| Some(seen.session.id) == hint.session);
    let user = Users::new(idp.db()).find(environment.id, hint.user).await?;
    if let (Some(seen), Some(user)) = (ends, user) {
        let deleted = Activity::new("SESSION.DELETED", &user);
        Sessions::end(seen.session.id)
            .commit(&idp, environment.id, &deleted, &by.acting_as(&user))
            .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
