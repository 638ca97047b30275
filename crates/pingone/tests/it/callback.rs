//! Callbacks that somebody else made up, and those that bring an error.

use pingone::auth::{FormParams, OAuthErrorCode};
use pingone::{Error, ErrorKind};
use serde_json::json;

use crate::provider::*;

/// Receives a callback with these parameters for a request of this response type.
async fn receive(response_type: &str, announces_iss: bool, params: &str) -> Result<(), Error> {
    let provider = Provider::start().await;
    let announced = json!({"authorization_response_iss_parameter_supported": announces_iss});
    provider.describe(&announced);
    let client = provider.client();
    let authorization = client.authorize(&request_for(response_type)).await?;
    let params = params
        .replace("STATE", authorization.pending.state())
        .replace("ISSUER", &provider.issuer());
    let params = FormParams::parse(params.as_bytes()).unwrap();
    client.receive(authorization.pending, &params).map(drop)
}

/// Defect 5 of the origin samples: the state check was off by default.
#[tokio::test]
async fn a_foreign_or_missing_state_is_refused() {
    assert!(receive("code", false, "state=STATE&code=c").await.is_ok());
    let foreign = receive("code", false, "state=STATEx&code=c")
        .await
        .unwrap_err();
    assert!(foreign.is_untrusted(), "{foreign}");
    let missing = receive("code", false, "code=c").await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::UnexpectedAnswer);
}

/// RFC 9207: a callback that another provider caused (mix-up).
#[tokio::test]
async fn a_foreign_issuer_is_refused_whether_announced_or_not() {
    for (announces, params, is_good) in [
        (true, "state=STATE&code=c&iss=ISSUER", true),
        (false, "state=STATE&code=c&iss=ISSUER", true),
        (false, "state=STATE&code=c", true),
        (true, "state=STATE&code=c", false),
        (true, "state=STATE&code=c&iss=ISSUER/", false),
        (false, "state=STATE&code=c&iss=https://evil.example", false),
        (true, "state=STATE&error=access_denied", false),
    ] {
        let result = receive("code", announces, params).await;
        assert_eq!(result.is_ok(), is_good, "{announces} {params}");
        assert!(
            result.is_ok() || result.unwrap_err().is_untrusted(),
            "{announces} {params}"
        );
    }
}

#[tokio::test]
async fn an_error_of_the_provider_is_told_as_such() {
    let params =
        "state=STATE&error=access_denied&error_description=No.+(Correlation+ID:+4c8e6f5e)&code=c";
    let error = receive("code", false, params).await.unwrap_err();
    assert!(error.is_oauth(&OAuthErrorCode::AccessDenied));
    assert_eq!(
        (error.kind(), error.correlation_id()),
        (ErrorKind::Refused, Some("4c8e6f5e"))
    );
    let params = "state=STATE&error=temporarily_unavailable";
    assert!(
        receive("code", false, params)
            .await
            .unwrap_err()
            .is_unavailable()
    );
}

#[tokio::test]
async fn an_error_with_a_foreign_state_is_not_believed() {
    let error = receive("code", false, "state=x&error=access_denied")
        .await
        .unwrap_err();
    assert!(error.is_untrusted() && error.oauth().is_none());
}

#[tokio::test]
async fn a_callback_brings_what_was_asked_for_and_nothing_else() {
    for (response_type, params, is_good) in [
        ("code", "state=STATE", false),
        (
            "code",
            "state=STATE&code=c&access_token=a&token_type=Bearer",
            false,
        ),
        ("code", "state=STATE&code=c&id_token=t", false),
        ("id_token", "state=STATE&id_token=t", true),
        ("id_token", "state=STATE&code=c", false),
        (
            "token id_token",
            "state=STATE&access_token=a&token_type=bearer&id_token=t",
            true,
        ),
        (
            "token id_token",
            "state=STATE&access_token=a&id_token=t",
            false,
        ),
        (
            "token id_token",
            "state=STATE&access_token=a&token_type=mac&id_token=t",
            false,
        ),
        (
            "token id_token",
            "state=STATE&access_token=a&token_type=bearer",
            false,
        ),
        (
            "code token",
            "state=STATE&code=c&access_token=a&token_type=Bearer",
            true,
        ),
    ] {
        let result = receive(response_type, false, params).await;
        assert_eq!(
            result.is_ok(),
            is_good,
            "{response_type}: {params}: {result:?}"
        );
    }
}

#[tokio::test]
async fn a_sign_on_of_another_client_is_not_completed() {
    let (one, two) = (Provider::start().await, Provider::start().await);
    let authorization = one.client().authorize(&request()).await.unwrap();
    let params = callback(&authorization, &[("code", "c")]);
    assert!(
        two.client()
            .receive(authorization.pending, &params)
            .unwrap_err()
            .is_untrusted()
    );
}
