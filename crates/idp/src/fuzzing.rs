//! What must hold of any bytes that come in, for the fuzz targets in `fuzz/`. Their corpora are
//! replayed here.
#![expect(
    clippy::missing_panics_doc,
    reason = "to panic is how a fuzz target says what it found"
)]

use axum::http::HeaderValue;
use platform::keyring::Keyring;
use protocol::oauth::RedirectUri;
use protocol::params::FormParams;
use protocol::pingone::{NewUser, SetPassword, media_type};
use protocol::scim::Filter;
use serde_json::{Map, Value};

use crate::access::wildcards;
use crate::api::{body, media_router, paging};
use crate::configuration::sign_on_policy_actions::SignOnPolicyAction;
use crate::stores::themes::Theme;

/// A filter that is understood says the same when it is written down and read again.
pub fn scim_filter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(filter) = Filter::parse(text) {
        let written = filter.to_string();
        assert_eq!(Filter::parse(&written).as_ref(), Ok(&filter), "{written}");
    }
}

/// A body is read or refused, whatever type it is for.
pub fn json_body(bytes: &[u8]) {
    let members = body::read::<Map<String, Value>>(bytes);
    let understood = [
        body::read::<NewUser>(bytes).is_ok(),
        body::read::<SetPassword>(bytes).is_ok(),
        body::read::<SignOnPolicyAction>(bytes).is_ok(),
        body::read::<Theme>(bytes).is_ok(),
    ];
    let is_object = members.is_ok();
    assert!(is_object || !understood.contains(&true), "{understood:?}");
}

/// No media type chooses two operations of one path.
pub fn media_type(bytes: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let vendors = [media_type::ACCOUNT_LOCK, media_type::USER_IMPORT];
        let chosen = media_router::choices(value, &vendors);
        assert_ne!(chosen, (true, true));
    }
}

/// A cursor that was not made here opens nothing, and one that was opens in its context alone.
pub fn cursor(bytes: &[u8]) {
    let keyring = Keyring::random(&protocol::SystemRandom);
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(paging::open(&keyring, "fuzzed", &text), None);
    let (key, id) = text.split_once('.').unwrap_or((&text, ""));
    if text.contains('\0') || text.len() > 1024 {
        return;
    }
    let sealed = paging::seal(&keyring, "fuzzed", key, id);
    let opened = paging::open(&keyring, "fuzzed", &sealed);
    assert_eq!(opened, Some((key.to_owned(), id.to_owned())));
    assert_eq!(paging::open(&keyring, "elsewhere", &sealed), None);
}

/// A form is read as UTF-8 without NUL, and each name once.
pub fn form_body(bytes: &[u8]) {
    if let Ok(params) = FormParams::parse(bytes) {
        for (name, value) in params.iter() {
            assert_eq!(params.text(name), value);
            assert!(!name.contains('\0') && !value.contains('\0'));
        }
    }
}

/// A redirect URI is kept as it was spelled, without what would lead elsewhere, and is matched by
/// itself.
pub fn redirect_uri(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(uri) = RedirectUri::parse(text) else {
        return;
    };
    assert_eq!(uri.as_str(), text);
    let url = uri.as_url();
    assert!(url.fragment().is_none() && url.username().is_empty());
    if !text.contains('*') && url.has_host() {
        assert!(wildcards::matches(text, &uri), "{text}");
    }
    _ = wildcards::check(&uri);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every input that is kept for a target, and every beginning of one.
    fn replay(target: &str, holds: fn(&[u8])) {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        let files = std::fs::read_dir(corpus.join(target)).unwrap();
        let inputs: Vec<_> = files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect();
        assert!(inputs.len() >= 10, "{target}");
        for input in inputs {
            (0..=input.len()).for_each(|end| holds(&input[..end]));
        }
    }

    #[test]
    fn what_holds_of_any_bytes_holds_of_the_corpora() {
        for (target, holds) in [
            ("cursor", cursor as fn(&[u8])),
            ("form_body", form_body),
            ("json_body", json_body),
            ("media_type", media_type),
            ("redirect_uri", redirect_uri),
            ("scim_filter", scim_filter),
        ] {
            replay(target, holds);
        }
    }
}
