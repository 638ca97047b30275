//! What a call leaves in the log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use pingone::{Method, Password};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use wiremock::{MockServer, ResponseTemplate};

use crate::service::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// While there is one subscriber only, a span that another test's thread meets first would be
/// switched off for all threads.
pub(crate) fn second_subscriber() -> tracing::Dispatch {
    tracing::Dispatch::new(tracing_subscriber::registry())
}

#[tokio::test]
async fn a_span_tells_the_call_and_nothing_that_is_secret() {
    let server = MockServer::start().await;
    let detail = serde_json::json!({"code": "INVALID_VALUE", "target": "value", "message": "No."});
    let refused = ResponseTemplate::new(400)
        .set_body_json(refusal(&detail))
        .insert_header("correlation-id", "8ab2-77");
    answer(
        &server,
        "PUT",
        &in_environment(&format!("users/{USER}/password")),
        refused,
    )
    .await;
    let _second = second_subscriber();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(log.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let client = as_user(&server);
    let password = Password::new("password-hush");
    assert!(client.passwords(user_id()).set(&password).await.is_err());
    let secret = client
        .send(Method::GET, "v1/roles")
        .query("filter", "query-hush");
    assert!(secret.run().await.unwrap_err().is_not_found());
    drop(guard);

    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let spans: Vec<serde_json::Value> = written
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["span"]["name"] == "pingone" && line["fields"]["message"] == "close")
        .map(|line| line["span"].clone())
        .collect();
    assert_eq!(spans.len(), 2, "{written}");
    assert_eq!(spans[0]["method"], "PUT");
    assert_eq!(spans[0]["path"], "v1/environments/…/users/…/password");
    let media_type = "application/vnd.pingidentity.password.set+json";
    assert_eq!(spans[0]["media_type"], media_type);
    assert_eq!(
        (&spans[0]["status"], &spans[0]["attempts"]),
        (&400.into(), &1.into())
    );
    assert_eq!(spans[0]["pingone.id"], "8ab2");
    assert!(spans[0]["ms"].is_u64());
    assert_eq!(spans[1]["path"], "v1/roles");
    // Other crates log as they like; ours say nothing that is secret.
    let ours = written
        .lines()
        .filter(|line| line.contains(r#""target":"pingone"#));
    assert!(
        ours.clone().count() >= 2 && ours.clone().all(|line| !line.contains("hush")),
        "{written}"
    );
}
