//! What is sent to an OpenTelemetry collector, and that nobody needs one.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{Path as Route, State};
use axum::routing::post;
use axum::{Router, http};
use latchkey::EnvironmentFile;
use latchkey::config::{Loaded, Sources};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use testkit::{Browser, Page, Person, give_credentials};
use tokio::net::TcpListener;

use crate::installation::silent_port;

const HEADER: &str = "Bearer collector-hush";

/// Nothing that is waited for takes so long, even on a busy machine.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<(String, http::HeaderMap, Bytes)>>>);

impl Collector {
    async fn listen(&self) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new()
            .route("/v1/{signal}", post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://127.0.0.1:{port}/")
    }

    fn bodies(&self, signal: &str) -> Vec<Bytes> {
        let got = self.0.lock().unwrap();
        let of_signal = got.iter().filter(|(of, ..)| of == signal);
        of_signal.map(|(.., body)| body.clone()).collect()
    }

    /// All spans, with the name of the service that they are of.
    fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies("traces");
        let requests = bodies.into_iter().map(|body| {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            for spans in &request.resource_spans {
                let resource = spans.resource.as_ref().unwrap();
                assert_eq!(text(&resource.attributes, "service.name"), "accounts");
                assert!(!text(&resource.attributes, "service.instance.id").is_empty());
            }
            request.resource_spans
        });
        let scopes = requests.flatten().flat_map(|spans| spans.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// All lines of the log, with their targets.
    fn logs(&self) -> Vec<(String, LogRecord)> {
        let bodies = self.bodies("logs");
        let requests = bodies.into_iter().map(|body| {
            let request = ExportLogsServiceRequest::decode(body).unwrap();
            request.resource_logs
        });
        let scopes = requests.flatten().flat_map(|logs| logs.scope_logs);
        let records = scopes.flat_map(|logs| {
            let target = logs.scope.unwrap().name;
            let of_target = move |record| (target.clone(), record);
            logs.log_records.into_iter().map(of_target)
        });
        records.collect()
    }
}

async fn take(
    State(collector): State<Collector>,
    Route(signal): Route<String>,
    headers: http::HeaderMap,
    body: Bytes,
) {
    let mut got = collector.0.lock().unwrap();
    got.push((signal, headers, body));
}

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match &found.value {
        Some(AnyValue { value: Some(value) }) => Some(value),
        _ => None,
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    match find(attributes, key) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key}: {other:?} in {attributes:?}"),
    }
}

fn number(attributes: &[KeyValue], key: &str) -> i64 {
    match find(attributes, key) {
        Some(Value::IntValue(number)) => *number,
        other => panic!("{key}: {other:?} in {attributes:?}"),
    }
}

/// The program in a process of its own: the log is the whole process's.
struct Program {
    child: Child,
    env: EnvironmentFile,
    authority: String,
    said: PathBuf,
}

impl Program {
    fn start(folder: &Path, settings: &str, filter: &str) -> Self {
        let (config, env_file) = (folder.join("latchkey.toml"), folder.join("latchkey.env"));
        fs::write(&config, settings).unwrap();
        let said = folder.join("log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
            .args(["up", "--ephemeral", "--log", filter])
            .args([
                "--portal-listen",
                "localhost:0",
                "--idp-listen",
                "localhost:0",
            ])
            .arg("--config")
            .arg(&config)
            .arg("--env-file")
            .arg(&env_file)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_ready = lines
            .map_while(Result::ok)
            .any(|line| line == "Latchkey is ready.");
        assert!(is_ready, "{}", fs::read_to_string(&said).unwrap());
        let env = EnvironmentFile::parse(&fs::read_to_string(&env_file).unwrap()).unwrap();
        testkit::install_cryptography();
        Self {
            child,
            authority: fs::read_to_string(&env.ca_file).unwrap(),
            env,
            said,
        }
    }

    fn browser(&self) -> Browser {
        Browser::trusting(&self.authority)
    }

    async fn sign_on(&self, browser: &Browser) -> Page {
        let demo = Person::new(&self.env.demo_username, &self.env.demo_password);
        let page = browser.open(format!("{}login", self.env.portal_url)).await;
        let page = give_credentials(&page.expect(200), &demo).await.expect(200);
        assert!(page.url.as_str().starts_with(&self.env.portal_url));
        page
    }

    /// Asks it to stop, and gives all that it logged.
    async fn stop(mut self) -> String {
        let begun = Instant::now();
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(asked.unwrap().success());
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < LONGEST_WAIT, "it goes on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert!(status.success());
        fs::read_to_string(&self.said).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Whatever a failed test left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a span may tell.
const TOLD: [&str; 9] = [
    "client.address",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "latchkey.request_id",
    "latchkey.server",
    "pingone.attempts",
    "pingone.id",
    "url.template",
];

#[tokio::test]
async fn one_trace_leads_from_the_portal_into_the_environment_and_tells_no_secret() {
    let collector = Collector::default();
    let endpoint = collector.listen().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = format!(
        "[telemetry]\notlp_endpoint = \"{endpoint}\"\nservice_name = \"accounts\"\n\
         otlp_headers = \"authorization={HEADER}\"\n"
    );
    let program = Program::start(folder.path(), &settings, "debug");
    let browser = program.browser();
    program.sign_on(&browser).await;
    let portal = program.env.portal_url.clone();
    let page = browser.open(format!("{portal}password/change")).await;
    let password = program.env.demo_password.clone();
    let changed = page.form_with("currentPassword");
    let changed = changed
        .fill("currentPassword", &password)
        .fill("password", "Brass-Kettle-58")
        .fill("confirmPassword", "Brass-Kettle-58");
    let changed = changed.submit().await.expect(200);
    let id = changed.header("x-request-id").unwrap().to_owned();
    let session = browser.cookie(&portal, "__Host-latchkey-portal-session");
    let env = program.env.clone();
    program.stop().await;

    let spans = collector.spans();
    let of = |kind: SpanKind, server: &str, name: &str| {
        let is_it = |span: &&Span| {
            let of = find(&span.attributes, "latchkey.server");
            let is_of = of.is_none() || text(&span.attributes, "latchkey.server") == server;
            span.name == name && span.kind() == kind && is_of
        };
        let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
        let found = spans.iter().find(is_it);
        found.unwrap_or_else(|| panic!("no {name} in {names:?}"))
    };
    // The callback redeems the code at the environment.
    let callback = of(SpanKind::Server, "portal", "GET /callback");
    let redeemed = of(SpanKind::Client, "", "POST …/as/token");
    let token = of(SpanKind::Server, "idp", "POST /{environment}/as/token");
    assert_eq!(callback.parent_span_id, b"", "a browser names no trace");
    assert_eq!(redeemed.parent_span_id, callback.span_id);
    assert_eq!(token.parent_span_id, redeemed.span_id);
    for span in [redeemed, token] {
        assert_eq!(span.trace_id, callback.trace_id);
    }
    assert_eq!(
        number(&callback.attributes, "http.response.status_code"),
        303
    );
    assert_eq!(
        text(&token.attributes, "http.route"),
        "/{environment}/as/token"
    );
    assert_eq!(text(&token.attributes, "client.address"), "127.0.0.1");
    of(SpanKind::Server, "idp", "POST /{environment}/signon/");
    for span in &spans {
        for attribute in &span.attributes {
            assert!(TOLD.contains(&attribute.key.as_str()), "{span:?}");
        }
        assert!(!span.name.contains(&env.environment_id), "{}", span.name);
        assert_eq!((span.events.len(), span.links.len()), (0, 0));
    }

    // A line of the log belongs to the trace of its request.
    let logs = collector.logs();
    let is_change = |(target, record): &&(String, LogRecord)| {
        target == "latchkey::access"
            && text(&record.attributes, "id") == id
            && record.severity_text == "INFO"
    };
    let (_, line) = logs.iter().find(is_change).expect("the access log's line");
    assert_eq!(text(&line.attributes, "path"), "/");
    let span = spans.iter().find(|span| span.span_id == line.span_id);
    let span = span.expect("the span of that line");
    assert_eq!(span.trace_id, line.trace_id);
    assert_eq!(text(&span.attributes, "latchkey.request_id"), id);
    let is_last = |(_, record): &(String, LogRecord)| {
        let body = record.body.as_ref().and_then(|body| body.value.as_ref());
        matches!(body, Some(Value::StringValue(text)) if text.starts_with("stopping:"))
    };
    assert!(logs.iter().any(is_last), "the last lines were not sent");

    let got = collector.0.lock().unwrap();
    for (signal, headers, body) in got.iter() {
        assert_eq!(headers["authorization"], HEADER);
        assert_eq!(headers["content-type"], "application/x-protobuf");
        let body = String::from_utf8_lossy(body);
        for (what, secret) in [
            ("a password", password.as_str()),
            ("a new password", "Brass-Kettle-58"),
            ("the client secret", &env.client_secret),
            ("the worker's secret", &env.worker_client_secret),
            ("the session", session.as_deref().unwrap()),
            ("a code", "code="),
            ("a token", "eyJ"),
            ("the collector's own", "collector-hush"),
        ] {
            assert!(!body.contains(secret), "{what} was sent with {signal}");
        }
    }
}

/// The values of a metric by its labels, as the program serves them.
async fn metric(url: &str, series: &str) -> u64 {
    let body = Browser::plain().open(url).await.expect(200).body();
    let line = body.lines().find_map(|line| line.strip_prefix(series));
    let line = line.unwrap_or_else(|| panic!("no {series} in {body}"));
    line.trim().parse().unwrap()
}

#[tokio::test]
async fn without_its_collector_everything_works_and_what_is_lost_is_counted_and_said_once() {
    // Nobody listens at the first; whoever connects to the second is never answered.
    let nobody = silent_port();
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let unanswered = silent.local_addr().unwrap().port();
    for (port, is_silent) in [(nobody.port(), false), (unanswered, true)] {
        let metrics = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let metrics_port = metrics.local_addr().unwrap().port();
        drop(metrics);
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "[metrics]\nlisten = \"localhost:{metrics_port}\"\n\
             [telemetry]\notlp_endpoint = \"http://127.0.0.1:{port}\"\n"
        );
        let program = Program::start(folder.path(), &settings, "info");
        let browser = program.browser();
        program.sign_on(&browser).await;
        let url = format!("http://localhost:{metrics_port}/metrics");
        let series = "latchkey_telemetry_records_total{signal=\"traces\",result=\"lost\"}";
        let waiting = "latchkey_telemetry_waiting{signal=\"traces\"}";
        assert!(metric(&url, waiting).await + metric(&url, series).await > 0);
        if !is_silent {
            let lost = async {
                while metric(&url, series).await == 0 {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let lost = tokio::time::timeout(LONGEST_WAIT, lost).await;
            lost.expect("spans that nobody takes are counted as lost");
            program.sign_on(&program.browser()).await;
        }
        let said = program.stop().await;
        // Of each signal once, however much of it there was.
        for signal in ["traces", "logs"] {
            let of_signal = format!("signal=\"{signal}\"");
            let times = |text: &str| {
                let lines = said.lines();
                let lines = lines.filter(|line| line.contains(&of_signal) && line.contains(text));
                lines.count()
            };
            let refused = times("the OpenTelemetry collector takes nothing");
            if is_silent {
                // A request may have taken all the time it has before the end came, and is lost then.
                let left = times("not everything was sent");
                assert!(left <= 1 && refused <= 1 && left + refused > 0, "{said}");
            } else {
                assert_eq!(refused, 1, "{said}");
                assert!(said.contains("Connection refused"), "{said}");
            }
        }
    }
}

fn problems(lines: &str) -> String {
    let sources = Sources {
        inline: Some(lines.to_owned()),
        ..Sources::default()
    };
    match Loaded::read(&sources).settings() {
        Ok(_) => String::new(),
        Err(invalid) => invalid.to_string(),
    }
}

#[test]
fn headers_for_the_collector_do_not_travel_in_the_clear_and_are_never_shown() {
    let with = |endpoint: &str, headers: &str| {
        problems(&format!(
            "[telemetry]\notlp_endpoint = \"{endpoint}\"\notlp_headers = \"{headers}\"\n"
        ))
    };
    let right = "authorization=Bearer hush";
    assert_eq!(with("https://otlp.example.com/", right), "");
    assert_eq!(with("http://localhost:4318", right), "");
    for (endpoint, headers) in [
        ("http://otlp.example.com/", right),
        ("https://otlp.example.com/", "hush"),
        ("https://hush:hush@otlp.example.com/", right),
        ("https://otlp.example.com/?key=1", right),
    ] {
        let said = with(endpoint, headers);
        assert!(
            said.contains("telemetry.otlp_"),
            "{endpoint} {headers}: {said}"
        );
        let shown = said.replace("https://hush:hush@", "");
        assert!(!shown.contains("hush"), "{said}");
    }
    let said = problems("[telemetry]\nsignals = [\"metrics\"]\n");
    assert!(said.contains("telemetry.signals"), "{said}");
}
