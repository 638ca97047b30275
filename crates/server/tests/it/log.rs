//! The log of this process, at its most talkative: no secret may be in it at any level.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::json;
use testkit::{Method, System};

/// Everything that this process logs, debugging included.
pub(crate) static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone());
    // Fails only when somebody else listens, and then there is nothing to read.
    lines.try_init().expect("the first to listen to the log");
    log
});

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// All of it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[tokio::test]
async fn no_secret_of_a_sign_on_is_logged_at_any_level() {
    LazyLock::force(&LOG);
    let system = System::start().await;
    let ada = system.new_user("ada").await;
    let session = system.sign_on(&ada).await;
    let authorization = session.authorize().await;
    let (code, tokens) = (authorization.code(), authorization.tokens().await);
    let worker_token = system.worker_token().await;
    session.open("/user/info").await.expect(200);
    let change = session.open("/password/change").await;
    change
        .form_with("currentPassword")
        .fill("currentPassword", &ada.password)
        .fill("password", "Brass-Kettle-58")
        .fill("confirmPassword", "Brass-Kettle-58")
        .submit()
        .await
        .expect(200);
    let env = system.env();
    let application = format!("applications/{}/secret", env.client_id);
    let secret = system.manage(Method::GET, &application).await.send().await;
    assert_eq!(secret.expect(200).json_text("/secret"), env.client_secret);

    let mut secrets = vec![
        ("a password", ada.password.clone()),
        ("a new password", "Brass-Kettle-58".to_owned()),
        ("the code", code),
        ("the client secret", env.client_secret.clone()),
        ("the worker's secret", env.worker_client_secret.clone()),
        ("the worker's token", worker_token),
    ];
    for name in ["access_token", "id_token", "refresh_token"] {
        if let Some(token) = tokens[name].as_str() {
            secrets.push((name, token.to_owned()));
        }
    }
    let cookie = "__Host-latchkey-portal-session";
    let cookie = session.browser.cookie(system.portal("/"), cookie);
    secrets.push(("the session", cookie.unwrap()));
    let log = LOG.text();
    assert!(
        log.contains("TRACE"),
        "the log is not at its most talkative"
    );
    for (what, secret) in secrets {
        if let Some(line) = log.lines().find(|line| line.contains(&secret)) {
            panic!("{what} was logged: {line}");
        }
    }
    system.stop().await;
}

#[tokio::test]
async fn what_is_not_provided_is_told_once_for_each_path() {
    LazyLock::force(&LOG);
    let system = System::start().await;
    let asked = [
        (system.auth("as/par"), "as/par"),
        (system.auth("saml20/idp/sso"), "saml20"),
        (system.api("riskEvaluations"), "riskEvaluations"),
    ];
    for _ in 0..3 {
        for (url, _) in &asked {
            system.browser().open_only(url).await.expect(404);
        }
    }
    let log = LOG.text();
    let told = "somebody asks for what this program does not provide";
    for (_, path) in asked {
        let path = format!("path=\"{path}\"");
        let lines = log
            .lines()
            .filter(|line| line.contains(told) && line.contains(&path));
        let lines: Vec<_> = lines.collect();
        assert_eq!(lines.len(), 1, "{path}: {lines:?}");
        assert!(lines[0].contains("WARN"), "{}", lines[0]);
    }
}

#[tokio::test]
async fn of_an_environment_that_is_gone_before_its_first_key_nothing_is_said() {
    LazyLock::force(&LOG);
    let system = System::start().await;
    let environment = json!({"name": "Gone at once", "type": "SANDBOX", "region": "NA"});
    let (browser, token) = (system.browser(), system.worker_token().await);
    let all = format!("{}environments", system.env().api_url);
    let made = browser.request(Method::POST, &all).bearer(&token);
    let made = made.json(&environment).send().await.expect(201);
    let id = made.json_text("/id");
    let gone = browser.request(Method::DELETE, format!("{all}/{id}"));
    gone.bearer(&token).send().await.expect(204);
    // The end waits for what no answer waits for.
    system.stop().await;
    let log = LOG.text();
    let said = log
        .lines()
        .find(|line| line.contains(&id) && line.contains(" WARN "));
    assert!(said.is_none(), "{said:?}");
}
