//! Tokens with one thing wrong, named after the modules of the OpenID conformance suite where there
//! is one.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};

use super::*;
use crate::jose::fixtures::{other_rsa_key, published, rsa_key};
use crate::trail::{Step, Trail};

const ISSUER: &str = "https://auth.example.com/env/as";
const CLIENT: &str = "portal";
const NOW: i64 = 1_700_000_000;
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const CODE: &str = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";

const EXPECTED: ExpectedIdToken<'static> = ExpectedIdToken {
    nonce: NonceCheck::Expect("n-0S6_WzA2Mj"),
    access_token: HashCheck::IfPresent(ACCESS_TOKEN),
    code: HashCheck::IfPresent(CODE),
    max_age: MaxAgeCheck::AtMost(SignedDuration::from_mins(5)),
};

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "ada", "aud": CLIENT, "iat": NOW, "exp": NOW + 3600,
        "acr": "Single_Factor", "amr": ["pwd"], "auth_time": NOW - 10,
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "c_hash": "LDktKdoQak3Pk0cnXxCltA",
        "sid": "s", "nonce": "n-0S6_WzA2Mj", "email": "ada@example.com"
    })
}

/// The claims with some replaced; `null` removes one.
fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn verifier() -> IdTokenVerifier {
    IdTokenVerifier::new(ISSUER, CLIENT, [Algorithm::RS256])
}

fn check(changes: &Value, expected: ExpectedIdToken<'_>) -> Result<VerifiedIdToken, IdTokenError> {
    let token = rsa_key().sign(&with(changes)).unwrap();
    told(|| verifier().verify(&token, &published(&[rsa_key()]), expected, now()))
}

/// The verdict, held against what the trail says: of a token that is refused, exactly the last step
/// has failed, for the same reason; of one that is accepted, none has.
fn told(
    verify: impl FnOnce() -> Result<VerifiedIdToken, IdTokenError>,
) -> Result<VerifiedIdToken, IdTokenError> {
    let trail = Trail::default();
    let mut work = pin!(trail.scope(async { verify() }));
    let Poll::Ready(verdict) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing is waited for");
    };
    let steps = trail.take();
    let mut failures: Vec<Option<String>> = steps
        .into_iter()
        .map(|step| match step {
            Step::Checked(checked) => checked.failure,
            step => panic!("{step:?}"),
        })
        .collect();
    let last = failures.pop().expect("something is checked");
    assert_eq!(last, verdict.as_ref().err().map(ToString::to_string));
    assert!(failures.iter().all(Option::is_none), "{failures:?}");
    verdict
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

macro_rules! refused {
    ($($name:ident: $changes:tt => $error:pat,)+) => {$(
        #[test]
        fn $name() {
            let error = check(&json!($changes), EXPECTED).unwrap_err();
            assert!(matches!(error, $error), "{error:?}");
        }
    )+};
}

refused! {
    invalid_iss_is_refused: {"iss": "https://auth.example.com/other/as"}
        => IdTokenError::WrongIssuer { .. },
    iss_with_another_slash_is_refused: {"iss": "https://auth.example.com/env/as/"}
        => IdTokenError::WrongIssuer { .. },
    missing_iss_is_refused: {"iss": null} => IdTokenError::MissingClaim { claim: "iss" },
    missing_sub_is_refused: {"sub": null} => IdTokenError::MissingClaim { claim: "sub" },
    empty_sub_is_refused: {"sub": ""} => IdTokenError::InvalidSubject,
    missing_aud_is_refused: {"aud": null} => IdTokenError::MissingClaim { claim: "aud" },
    invalid_aud_is_refused: {"aud": "somebody"} => IdTokenError::WrongAudience { .. },
    empty_aud_is_refused: {"aud": []} => IdTokenError::WrongAudience { .. },
    aud_with_a_stranger_is_refused: {"aud": ["portal", "somebody"], "azp": "portal"}
        => IdTokenError::UntrustedAudience { .. },
    invalid_azp_is_refused: {"azp": "somebody"} => IdTokenError::WrongAuthorizedParty { .. },
    missing_exp_is_refused: {"exp": null} => IdTokenError::MissingClaim { claim: "exp" },
    expired_is_refused: {"exp": (NOW - 60)} => IdTokenError::Expired { .. },
    missing_iat_is_refused: {"iat": null} => IdTokenError::MissingClaim { claim: "iat" },
    future_iat_is_refused: {"iat": (NOW + 61)} => IdTokenError::IssuedInTheFuture { .. },
    future_nbf_is_refused: {"nbf": (NOW + 61)} => IdTokenError::NotYetValid { .. },
    nonce_invalid_is_refused: {"nonce": "another"} => IdTokenError::WrongNonce,
    nonce_missing_is_refused: {"nonce": null} => IdTokenError::MissingNonce,
    auth_time_missing_is_refused: {"auth_time": null} => IdTokenError::MissingAuthenticationTime,
    auth_time_too_old_is_refused: {"auth_time": (NOW - 361)}
        => IdTokenError::AuthenticationTooOld { .. },
    invalid_athash_is_refused: {"at_hash": "77QmUPtjPfzWtF2AnpK9RA"}
        => IdTokenError::WrongAccessTokenHash,
    invalid_chash_is_refused: {"c_hash": "LDktKdoQak3Pk0cnXxCltQ"} => IdTokenError::WrongCodeHash,
    claims_of_the_wrong_type_are_refused: {"exp": "tomorrow"}
        => IdTokenError::Token(TokenError::InvalidClaims { .. }),
}

#[test]
fn a_good_token_is_accepted() {
    let verified = check(&json!({}), EXPECTED).unwrap();
    assert_eq!(verified.subject(), "ada");
    assert_eq!(verified.claims().additional["email"], "ada@example.com");
    assert_eq!(serde_json::to_value(verified.claims()).unwrap(), claims());
}

#[test]
fn claims_are_written_in_pingones_order() {
    let verified = check(&json!({}), EXPECTED).unwrap();
    let written = serde_json::to_string(verified.claims()).unwrap();
    let mut last = 0;
    for name in [
        "iss",
        "sub",
        "aud",
        "iat",
        "exp",
        "acr",
        "amr",
        "auth_time",
        "at_hash",
        "c_hash",
        "sid",
        "nonce",
        "email",
    ] {
        let position = written.find(&format!("\"{name}\":")).unwrap();
        assert!(position >= last, "{name}");
        last = position;
    }
}

#[test]
fn the_leeway_is_a_minute() {
    assert!(check(&json!({"exp": NOW - 59}), EXPECTED).is_ok());
    assert!(check(&json!({"iat": NOW + 60}), EXPECTED).is_ok());
    assert!(check(&json!({"auth_time": NOW - 360}), EXPECTED).is_ok());
}

#[test]
fn several_audiences_need_trust_and_an_authorized_party() {
    let keys = published(&[rsa_key()]);
    let verifier = verifier().trust_audience("api");
    let check = |changes: &Value| {
        let token = rsa_key().sign(&with(changes)).unwrap();
        verifier.verify(&token, &keys, EXPECTED, now())
    };
    assert!(check(&json!({"aud": ["portal"]})).is_ok());
    assert!(check(&json!({"aud": ["portal", "api"], "azp": "portal"})).is_ok());
    assert!(matches!(
        check(&json!({"aud": ["portal", "api"]})),
        Err(IdTokenError::MissingAuthorizedParty)
    ));
}

#[test]
fn missing_athash_is_refused_where_the_browser_brought_the_access_token() {
    let front = ExpectedIdToken {
        access_token: HashCheck::Required(ACCESS_TOKEN),
        ..EXPECTED
    };
    let error = check(&json!({"at_hash": null}), front).unwrap_err();
    assert!(
        matches!(error, IdTokenError::MissingAccessTokenHash),
        "{error:?}"
    );
    assert!(check(&json!({}), front).is_ok());
    assert!(check(&json!({"at_hash": null}), EXPECTED).is_ok());
}

#[test]
fn missing_chash_is_refused_where_the_browser_brought_the_code() {
    let front = ExpectedIdToken {
        code: HashCheck::Required(CODE),
        ..EXPECTED
    };
    let error = check(&json!({"c_hash": null}), front).unwrap_err();
    assert!(matches!(error, IdTokenError::MissingCodeHash), "{error:?}");
    assert!(check(&json!({}), front).is_ok());
    assert!(check(&json!({"c_hash": null}), EXPECTED).is_ok());
}

#[test]
fn an_unknown_key_is_told_apart() {
    let token = other_rsa_key().sign(&claims()).unwrap();
    let keys = published(&[rsa_key()]);
    let error = told(|| verifier().verify(&token, &keys, EXPECTED, now())).unwrap_err();
    assert!(
        matches!(error, IdTokenError::Token(TokenError::UnknownKey { .. })),
        "{error:?}"
    );
}

#[test]
fn every_flipped_byte_and_every_truncation_is_refused() {
    let token = rsa_key().sign(&claims()).unwrap();
    let keys = published(&[rsa_key()]);
    let verifier = verifier();
    for position in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[position] ^= 1;
        let flipped = String::from_utf8(bytes).unwrap();
        let (cut, _) = token.split_at(position);
        for bad in [flipped.as_str(), cut] {
            assert!(
                verifier.verify(bad, &keys, EXPECTED, now()).is_err(),
                "at {position}"
            );
        }
    }
}

fn refreshed(changes: &Value) -> Result<VerifiedIdToken, IdTokenError> {
    let token = rsa_key().sign(&with(changes)).unwrap();
    let original = OriginalIdToken {
        subject: "ada",
        auth_time: Some(NumericDate::from(Timestamp::from_second(NOW - 10).unwrap())),
        nonce: Some("n-0S6_WzA2Mj"),
    };
    let keys = published(&[rsa_key()]);
    let bound = HashCheck::IfPresent(ACCESS_TOKEN);
    told(|| verifier().verify_refreshed(&token, &keys, original, bound, now()))
}

#[test]
fn refresh_token_response_is_accepted_with_and_without_nonce() {
    assert!(refreshed(&json!({})).is_ok());
    assert!(refreshed(&json!({"nonce": null, "auth_time": null, "at_hash": null})).is_ok());
}

#[test]
fn refresh_token_invalid_issuer_is_refused() {
    assert!(matches!(
        refreshed(&json!({"iss": "https://evil.example"})),
        Err(IdTokenError::WrongIssuer { .. })
    ));
}

#[test]
fn refresh_token_invalid_sub_is_refused() {
    assert!(matches!(
        refreshed(&json!({"sub": "bob"})),
        Err(IdTokenError::SubjectChanged)
    ));
}

#[test]
fn refresh_token_with_another_authentication_is_refused() {
    assert!(matches!(
        refreshed(&json!({"auth_time": NOW})),
        Err(IdTokenError::AuthenticationTimeChanged)
    ));
    assert!(matches!(
        refreshed(&json!({"nonce": "x"})),
        Err(IdTokenError::WrongNonce)
    ));
    assert!(matches!(
        refreshed(&json!({"aud": "somebody"})),
        Err(IdTokenError::WrongAudience { .. })
    ));
}

#[test]
fn nonces_and_tokens_are_not_shown() {
    let shown = format!("{EXPECTED:?}");
    assert!(
        !shown.contains("n-0S6") && !shown.contains(ACCESS_TOKEN),
        "{shown}"
    );
}

#[test]
fn a_claim_that_stands_twice_is_refused() {
    let written = claims().to_string();
    let doubled = written.replacen('{', r#"{"sub":"eve","#, 1);
    let payload: Box<serde_json::value::RawValue> = serde_json::from_str(&doubled).unwrap();
    let token = rsa_key().sign(&payload).unwrap();
    let error = verifier()
        .verify(&token, &published(&[rsa_key()]), EXPECTED, now())
        .unwrap_err();
    assert!(
        matches!(error, IdTokenError::Token(TokenError::InvalidClaims { .. })),
        "{error:?}"
    );
}
