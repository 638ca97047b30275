//! Users, with their passwords or the hashes of them.

use idp::inside::{Call, GivenPassword};
use jiff::{SignedDuration, Timestamp};
use pingone::Method;
use protocol::pingone::media_type;
use serde_json::{Map, Value, json};

use super::Making;
use crate::seed::file::SeedError;
use crate::seed::plan::Planned;

/// Passwords of a seed were set long ago, so that no minimum age forbids to change them.
const PASSWORD_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Making<'_> {
    pub(super) async fn user(
        &mut self,
        planned: &Planned<'_>,
        path: &str,
        mut body: Map<String, Value>,
    ) -> Result<(), SeedError> {
        let mut given = self.given(planned)?;
        let force_change = self.own_switch(planned, "forceChange")?;
        let hash = self.own_text(planned, "passwordHash")?;
        let set_at = self.own_text(planned, "passwordSetAt")?;
        let password = body.remove("password");
        if password.is_some() && hash.is_some() {
            let what = "password and passwordHash: one of the two is enough";
            return Err(self.error(planned, what.to_owned()));
        }
        if password.is_some() || hash.is_some() {
            given.password_set_at = Some(match set_at {
                None => self.inside.now() - PASSWORD_AGE,
                Some(text) => text.parse::<Timestamp>().map_err(|_| {
                    let what = "passwordSetAt: is a date such as 2026-01-31T12:00:00Z";
                    self.error(planned, what.to_owned())
                })?,
            });
        }
        if let Some(hash) = hash {
            let hash = GivenPassword::parse(hash, force_change);
            given.password =
                Some(hash.map_err(|error| self.error(planned, format!("passwordHash: {error}")))?);
        }
        let mut sent = body.clone();
        match password {
            Some(Value::String(value)) => {
                let password = json!({"value": value, "forceChange": force_change});
                sent.insert("password".to_owned(), password);
            }
            Some(other) => {
                sent.insert("password".to_owned(), other);
            }
            None => {}
        }
        let address = format!("/v1/{path}");
        let mut call = Call::new(Method::POST, &address).json(&Value::Object(sent));
        call.media_type = media_type::USER_IMPORT;
        call.given = given;
        let answer = self.send(planned, call).await?;
        body.remove("account");
        body.remove("lifecycle");
        self.require_known(planned, &body, &answer);
        Ok(())
    }
}
