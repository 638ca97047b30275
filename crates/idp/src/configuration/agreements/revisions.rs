//! `/environments/{environment}/agreements/{agreement}/languages/{language}/revisions`: the texts of
//! an agreement in one language. A text never changes; a later one takes its place from an instant on.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use protocol::pingone::AgreementText;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::languages::AgreementLanguage;
use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::configuration::{
    Below, Configuration, Managing, Reading, below_item, unchanging_collection,
};
use crate::api::hal::{Hal, Reply, Shown};
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::consents;
use crate::stores::record::{Events, events};

/// How far back a text may begin to be in force: who sends "now" is heard a moment later.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// The text of an agreement from an instant on.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Revision {
    pub(super) content_type: ContentType,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(crate) effective_at: Timestamp,
    pub(crate) require_reconsent: bool,
    pub(super) text: String,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(super) enum ContentType {
    #[serde(rename = "text/html")]
    Html,
    #[serde(rename = "text/plain")]
    Plain,
}

impl Document for Revision {
    const EVENTS: Events = events!("AGREEMENT_LANGUAGE_REVISION");

    fn name(&self) -> &'static str {
        "Revision"
    }

    /// One text at a time.
    fn unique(&self) -> Option<String> {
        Some(self.effective_at.to_string())
    }
}

impl Configuration for Revision {
    const PATH: &'static str = "agreements/{agreement}/languages/{language}/revisions";
    const ITEM: &'static str = "revision";
    const KEY: &'static str = "revisions";
    const UNIQUE: &'static str = "effectiveAt";
    const FILTERS: &'static [&'static str] = &["contentType", "requireReconsent"];
    /// Lists show how long it is, and a path of its own the whole.
    const SHOWN_OTHERWISE: &'static [&'static str] = &["/text"];
    type Parent = Below<AgreementLanguage>;
    type Read = may::ReadAgreements;
    type Manage = may::ManageAgreements;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        if self.text.trim().is_empty() {
            return Err(ApiFailure::required_value("text"));
        }
        // What is brought up again was in force before.
        let is_new = managing.program().is_none();
        let earliest = managing.now.saturating_sub(GRACE).unwrap_or(Timestamp::MIN);
        if is_new && self.effective_at < earliest {
            let message = "must not be in the past";
            return Err(ApiFailure::invalid_value("effectiveAt", message));
        }
        if self.content_type == ContentType::Html {
            self.text = fold_html(&self.text);
        }
        Ok(())
    }

    /// What users agreed to stays.
    fn endings(object: &Object<Self>) -> Change {
        consents::require_untold(object.environment_id, object.id)
    }

    async fn check_delete_now(
        managing: &Managing<Self>,
        object: &Object<Self>,
    ) -> Result<(), ApiFailure> {
        let siblings = managing.objects();
        let siblings = siblings.list(managing.id(), object.parent).await?;
        if current(&siblings, managing.now).is_none_or(|current| current.id != object.id) {
            return Ok(());
        }
        // Clients look for the text (PingOne's Terraform provider).
        let message = "A currently effective revision cannot be deleted.";
        Err(ApiFailure::constraint(None, message))
    }

    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let (db, keyring) = (caller.idp.db(), caller.idp.keyring());
        let siblings = Objects::<Self>::new(db, keyring);
        let siblings = siblings.list(object.environment_id, object.parent).await?;
        let language = Objects::<AgreementLanguage>::new(db, keyring);
        let language = language.find(object.environment_id, object.parent).await?;
        let language = language.ok_or_else(ApiFailure::not_found)?;
        let text = format!("{}/text", shown.address().unwrap_or_default());
        let shown = shown
            .without("text")
            .link("text", text)
            .member("agreement", json!({"id": language.parent}));
        // From when on no consent to it is worth anything.
        let over = siblings
            .iter()
            .map(|other| &other.document)
            .filter(|other| {
                other.require_reconsent && other.effective_at > object.document.effective_at
            })
            .map(|other| other.effective_at)
            .min();
        Ok(match over {
            Some(over) => shown.member("notValidAfter", over.to_string()),
            None => shown,
        })
    }
}

/// The text that is in force.
pub(super) fn current(revisions: &[Object<Revision>], now: Timestamp) -> Option<&Object<Revision>> {
    let begun = revisions
        .iter()
        .filter(|revision| revision.document.effective_at <= now);
    begun.max_by_key(|revision| revision.document.effective_at)
}

/// HTML as PingOne keeps it: white space is folded, and a block begins a line.
fn fold_html(text: &str) -> String {
    const BLOCKS: [&str; 16] = [
        "<address",
        "<blockquote",
        "<div",
        "<h1",
        "<h2",
        "<h3",
        "<h4",
        "<h5",
        "<h6",
        "<hr",
        "<li",
        "<ol",
        "<p",
        "<pre",
        "<table",
        "<ul",
    ];
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
            if BLOCKS.iter().any(|block| begins_tag(word, block)) {
                folded.push('\n');
            }
        }
        folded.push_str(word);
    }
    folded
}

/// Whether a word begins with a tag: `<p` is not the beginning of `<pre>`.
fn begins_tag(word: &str, tag: &str) -> bool {
    let behind = word
        .get(..tag.len())
        .filter(|begin| begin.eq_ignore_ascii_case(tag))
        .and_then(|_| word.get(tag.len()..));
    behind.is_some_and(|behind| !behind.starts_with(|next: char| next.is_ascii_alphanumeric()))
}

async fn read_text(
    reading: Reading<Revision>,
    RevisionId(id): RevisionId,
) -> Result<Reply, ApiFailure> {
    let found = reading.objects().find(reading.id(), id).await?;
    let revision = found
        .filter(|revision| revision.parent == reading.parent)
        .ok_or_else(ApiFailure::not_found)?;
    let path = format!("{}/{id}/text", reading.path());
    let Revision {
        content_type, text, ..
    } = revision.document;
    let data_type = match content_type {
        ContentType::Html => "text/html",
        ContentType::Plain => "text/plain",
    };
    let text =
        AgreementText::new(text, data_type).at(format!("/environments/{}/{path}", reading.id()));
    let urls = reading.idp.urls();
    Reply::ok(&Hal::in_environment(urls, reading.id(), path, text))
}

/// The revision of the path.
struct RevisionId(Uuid);

impl FromRequestParts<Idp> for RevisionId {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let params = RawPathParams::from_request_parts(parts, idp).await;
        let params = params.map_err(|_| ApiFailure::not_found())?;
        let text = params.iter().find(|(name, _)| *name == Revision::ITEM);
        text.and_then(|(_, text)| Uuid::try_parse(text).ok())
            .map(Self)
            .ok_or_else(ApiFailure::not_found)
    }
}

/// The routes of revisions.
pub(crate) fn routes() -> Vec<Resource> {
    let mut routes = unchanging_collection::<Revision>();
    routes.push(
        below_item::<Revision>("text")
            .showing::<AgreementText>()
            .get(read_text),
    );
    routes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_folded_and_a_block_begins_a_line() {
        let text = "<h1>One</h1>\n\nPlease  agree.\n\n<h2>Two</h2>\n<pre>x</pre> <b>y</b>\n\n";
        assert_eq!(
            fold_html(text),
            "<h1>One</h1> Please agree. \n<h2>Two</h2> \n<pre>x</pre> <b>y</b>"
        );
    }
}
