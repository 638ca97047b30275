//! `GET /metrics`: what is counted, who may read it, and that nobody outside makes time series.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use latchkey::config::{Loaded, Sources};
use testkit::{Browser, Method, Person, System, give_credentials};

/// What was served: each sample by its name and labels.
#[derive(Debug)]
struct Metrics(BTreeMap<String, String>);

impl Metrics {
    async fn read(system: &System) -> Self {
        let url = system.metrics_url().unwrap();
        Self::parse(&Browser::plain().open(url).await.expect(200).body())
    }

    fn parse(text: &str) -> Self {
        assert!(text.ends_with("# EOF\n"), "it breaks off");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.to_owned())
        };
        Self(samples.map(sample).collect())
    }

    /// A value that is a whole number.
    fn get(&self, series: &str) -> u64 {
        let found = self.0.get(series);
        let found = found.unwrap_or_else(|| panic!("no {series} in {:#?}", self.0.keys()));
        found.parse().unwrap()
    }

    /// The names, without labels.
    fn names(&self) -> BTreeSet<&str> {
        self.0
            .keys()
            .map(|series| series.split('{').next().unwrap_or_default())
            .collect()
    }

    /// The templates of one server's routes, and the methods and classes that they were asked by.
    fn routes(&self, server: &str) -> BTreeSet<String> {
        let prefix = format!("latchkey_http_request_duration_seconds_count{{server=\"{server}\",");
        let of_server = self.0.keys().filter_map(|key| key.strip_prefix(&prefix));
        of_server.map(str::to_owned).collect()
    }
}

async fn watched() -> System {
    let system = System::prepare();
    system.set("metrics.listen", "localhost:0").start().await
}

#[tokio::test]
async fn a_sign_on_is_seen_on_both_servers_by_templates() {
    let system = watched().await;
    let ada = system.new_user("ada").await;
    let page = system.browser().open(system.portal("/login")).await;
    let mut wrong = ada.clone();
    wrong.password = "Not-The-Password-1".to_owned();
    let page = give_credentials(&page, &wrong).await;
    give_credentials(&page, &ada).await.expect(200);
    let metrics = Metrics::read(&system).await;

    let result = |name| metrics.get(&format!("latchkey_sign_ons_total{{result=\"{name}\"}}"));
    assert_eq!((result("completed"), result("wrong_password")), (1, 1));
    assert_eq!(metrics.get("latchkey_ready"), 1);
    let count = |labels: &str| {
        metrics.get(&format!(
            "latchkey_http_request_duration_seconds_count{{{labels}}}"
        ))
    };
    let posted = "server=\"idp\",method=\"POST\",route=\"/{environment}/signon/\"";
    assert_eq!(count(&format!("{posted},status=\"3xx\"")), 1);
    let callback = "server=\"portal\",method=\"GET\",route=\"/callback\",status=\"3xx\"";
    assert_eq!(count(callback), 1);
    let created = "server=\"idp\",method=\"POST\",\
                   route=\"/v1/environments/{environment}/users\",status=\"2xx\"";
    assert!(count(created) >= 1);
    let busy = metrics.get("latchkey_http_requests_in_flight{server=\"idp\"}");
    assert_eq!(busy, 0);
    let hit = "{server=\"idp\",cache=\"environments\",result=\"hit\"}";
    assert!(metrics.get(&format!("latchkey_cache_lookups_total{hit}")) > 0);
}

/// How long what is waited for may take, on a busy machine.
const SOON: Duration = Duration::from_mins(1);

#[tokio::test]
async fn mails_that_wait_are_counted_and_so_is_each_try() {
    let system = System::prepare()
        .set("metrics.listen", "localhost:0")
        .set("idp.smtp.host", "localhost")
        // Nobody listens at "discard".
        .set("idp.smtp.port", "9")
        .set("idp.smtp.encryption", "none")
        .set("idp.smtp.from", "Example <no-reply@example.com>")
        .start()
        .await;
    let waiting = "latchkey_outbox_waiting{outbox=\"mails\"}";
    let put_off = "latchkey_outbox_deliveries_total{outbox=\"mails\",result=\"put_off\"}";
    let metrics = Metrics::read(&system).await;
    assert_eq!((metrics.get(waiting), metrics.get(put_off)), (0, 0));
    let page = system
        .browser()
        .open(system.portal("/password/forgot"))
        .await;
    let username = system.env().demo_username.clone();
    let form = page.form_with("username").fill("username", &username);
    form.submit().await.expect(200);
    let tried = async {
        loop {
            let metrics = Metrics::read(&system).await;
            if metrics.get(put_off) > 0 {
                break metrics;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let metrics = tokio::time::timeout(SOON, tried).await;
    assert_eq!(metrics.expect("no mail was tried").get(waiting), 1);
}

#[tokio::test]
async fn passwords_that_wait_to_be_checked_are_counted() {
    let system = System::prepare()
        .set("metrics.listen", "localhost:0")
        .set("idp.argon2.permits", "1")
        // As costly as in production, so that one is still computed when the next comes.
        .set("idp.argon2.memory_kib", "19456")
        .set("idp.argon2.iterations", "2")
        .start()
        .await;
    let idle = Metrics::read(&system).await;
    assert_eq!(idle.get("latchkey_hashing_running_max"), 1);
    assert_eq!(idle.get("latchkey_hashing_waiting"), 0);
    let nobody = Person::new("nobody", "Not-The-Password-1");
    let sign_on = async || {
        loop {
            let page = system.browser().open(system.portal("/login")).await;
            give_credentials(&page, &nobody).await;
        }
    };
    let crowd = futures_util::future::join_all((0..4).map(|_| sign_on()));
    let seen = async {
        loop {
            let metrics = Metrics::read(&system).await;
            let running = metrics.get("latchkey_hashing_running");
            assert!(running <= 1, "{running} at once");
            if running == 1 && metrics.get("latchkey_hashing_waiting") > 0 {
                break;
            }
        }
    };
    let seen = async {
        tokio::select! {
            () = seen => {}
            _ = crowd => unreachable!("it signs on for ever"),
        }
    };
    let seen = tokio::time::timeout(SOON, seen).await;
    seen.expect("no password was seen waiting");
    let calm = async {
        while Metrics::read(&system).await.get("latchkey_hashing_waiting") > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let calm = tokio::time::timeout(SOON, calm).await;
    calm.expect("nobody signs on, and a password waits");
}

#[tokio::test]
async fn a_thousand_different_paths_make_no_series_of_their_own() {
    let system = watched().await;
    let browser = system.browser();
    let ask = async |n: u32| {
        for path in [
            format!("{}v1/environments/{n}/users/{n}", system.env().auth_url),
            format!("{}{n}/as/jwks", system.env().auth_url),
            format!("{}made/up/{n}", system.env().auth_url),
            format!("{}made/up/{n}", system.env().portal_url),
            format!("{}{n}/made/up", system.env().portal_url),
        ] {
            browser.request(Method::GET, &path).send().await;
        }
    };
    ask(0).await;
    let before = Metrics::read(&system).await;
    let (idp, portal) = (before.routes("idp"), before.routes("portal"));
    for n in 1..=200 {
        ask(n).await;
    }
    let after = Metrics::read(&system).await;
    assert_eq!(after.routes("idp"), idp);
    assert_eq!(after.routes("portal"), portal);
    let unknown = "{server=\"portal\",method=\"GET\",route=\"none\",status=\"4xx\"}";
    let unknown = format!("latchkey_http_request_duration_seconds_count{unknown}");
    assert_eq!(after.get(&unknown) - before.get(&unknown), 400);
}

#[tokio::test]
async fn what_happens_is_in_the_audit_file_as_the_management_api_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let system = System::prepare()
        .set("metrics.listen", "localhost:0")
        .set("idp.audit_file", path.to_str().unwrap())
        .start()
        .await;
    system.sign_on(&system.demo_user()).await;
    while Metrics::read(&system)
        .await
        .get("latchkey_audit_file_waiting")
        > 0
    {
        tokio::task::yield_now().await;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let entries: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let allowed = |entry: &&serde_json::Value| entry["action"]["type"] == "USER.ACCESS_ALLOWED";
    let mut entry = entries.iter().find(allowed).unwrap().clone();
    let environment = system.env().environment_id.clone();
    let members = entry.as_object_mut().unwrap();
    let of = members.remove("environment").unwrap();
    assert_eq!(of, serde_json::json!({ "id": environment }));
    let url = system.api(&format!("activities/{}", entry["id"].as_str().unwrap()));
    let request = system.browser().request(Method::GET, url);
    let token = system.worker_token().await;
    let mut shown: serde_json::Value = request.bearer(&token).send().await.expect(200).json();
    shown.as_object_mut().unwrap().remove("_links");
    assert_eq!(entry, shown);

    let metrics = Metrics::read(&system).await;
    let written = "latchkey_audit_file_entries_total{result=\"written\"}";
    assert!(metrics.get(written) >= u64::try_from(entries.len()).unwrap());
    let lost = "latchkey_audit_file_entries_total{result=\"lost\"}";
    assert_eq!(metrics.get(lost), 0);
}

/// The names of the labels of what was served.
fn labels(metrics: &Metrics) -> BTreeSet<&str> {
    let inside = metrics.0.keys().filter_map(|series| series.split_once('{'));
    inside
        .flat_map(|(_, labels)| {
            labels
                .split("\",")
                .filter_map(|label| label.split("=\"").next())
        })
        .collect()
}

/// The labels that an expression or a text of Prometheus or Grafana speaks of.
fn labels_spoken_of(text: &str) -> BTreeSet<&str> {
    let between = |begin: &'static str, end: char| {
        let parts = text.split(begin).skip(1);
        parts.filter_map(move |part| Some(part.split_once(end)?.0))
    };
    let grouped = between("by (", ')').flat_map(|list| list.split(", "));
    let written = between("{{ $labels.", ' ').chain(between("\"legendFormat\": \"{{", '"'));
    let written = written.flat_map(|text| text.split(['{', '}', ' ']));
    let is_word =
        |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    grouped.chain(written).filter(is_word).collect()
}

#[tokio::test]
async fn labels_are_those_that_dashboard_and_alerts_speak_of_and_none_is_prometheus_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let system = System::prepare()
        .set("metrics.listen", "localhost:0")
        .set("idp.audit_file", file.to_str().unwrap())
        .set("telemetry.otlp_endpoint", "http://127.0.0.1:1/")
        .start()
        .await;
    system.sign_on(&system.demo_user()).await;
    let metrics = Metrics::read(&system).await;
    let served = labels(&metrics);
    assert!(
        served.contains("task") && served.contains("route"),
        "{served:?}"
    );
    // Prometheus gives these to whatever it reads, and what had the name before gets another.
    for taken in ["job", "instance"] {
        assert!(!served.contains(taken), "{served:?}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in ["grafana-dashboard.json", "alerts.yml"] {
        let text = std::fs::read_to_string(root.join("examples/deploy").join(file)).unwrap();
        let mut spoken = labels_spoken_of(&text);
        spoken.remove("instance");
        assert!(spoken.len() > 2, "{file}: {spoken:?}");
        let unknown: Vec<_> = spoken.difference(&served).collect();
        assert_eq!(unknown, Vec::<&&str>::new(), "{file}");
    }
}

/// The names in a text that begin as ours do.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("latchkey_")).collect()
}

#[tokio::test]
async fn the_dashboard_the_alerts_and_the_document_name_what_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let system = System::prepare()
        .set("metrics.listen", "localhost:0")
        .set("idp.audit_file", file.to_str().unwrap())
        // Nobody listens there.
        .set("idp.audit_syslog", "udp://127.0.0.1:1")
        .set("telemetry.otlp_endpoint", "http://127.0.0.1:1/")
        .start()
        .await;
    system.sign_on(&system.demo_user()).await;
    let mut metrics = Metrics::read(&system).await;
    // Jobs begin by themselves.
    let begun = "latchkey_job_last_success_timestamp_seconds";
    while !metrics.names().contains(begun) {
        metrics = Metrics::read(&system).await;
    }
    let served = metrics.names();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in [
        "examples/deploy/grafana-dashboard.json",
        "examples/deploy/alerts.yml",
    ] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let names = named(&text);
        assert!(names.len() > 5, "{file} names hardly anything");
        let unknown: Vec<_> = names.difference(&served).collect();
        assert_eq!(unknown, Vec::<&&str>::new(), "{file}");
    }
    let document = std::fs::read_to_string(root.join("docs/metrics.md")).unwrap();
    let described = named(&document);
    // A histogram is one metric.
    let one = |name: &str| {
        let ends = ["_bucket", "_count", "_sum"];
        let without = |end| name.strip_suffix(end);
        ends.into_iter()
            .find_map(without)
            .unwrap_or(name)
            .to_owned()
    };
    let whole = |names: &BTreeSet<&str>| names.iter().map(|n| one(n)).collect::<BTreeSet<_>>();
    assert_eq!(whole(&described), whole(&served), "docs/metrics.md");
}

#[tokio::test]
async fn the_metrics_are_read_by_this_machine_s_names_alone_and_hold_no_secret() {
    let system = watched().await;
    let session = system.sign_on(&system.demo_user()).await;
    session.open("/user/info").await.expect(200);
    let url = system.metrics_url().unwrap();
    let browser = Browser::plain();
    let text = browser.open(url).await.expect(200).body();
    for secret in [
        &system.env().client_secret,
        &system.env().demo_password,
        &system.env().demo_username,
        &system.env().environment_id,
    ] {
        assert!(
            !text.contains(secret.as_str()),
            "{secret} is in the metrics"
        );
    }
    let foreign = browser.request(Method::GET, url);
    let foreign = foreign.header("host", "evil.example").send().await;
    foreign.expect(421);
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
fn metrics_that_others_reach_need_a_name_for_who_may_read_them() {
    let open = "[metrics]\nlisten = \"0.0.0.0:9464\"\n";
    let said = problems(open);
    assert!(said.contains("metrics.listen"), "{said}");
    assert!(said.contains("metrics.networks"), "{said}");
    assert_eq!(problems(&format!("{open}networks = [\"10.1.2.3\"]\n")), "");
    let said = problems(&format!("{open}networks = [\"0.0.0.0/0\"]\n"));
    assert!(said.contains("holds everybody"), "{said}");
    assert_eq!(problems("[metrics]\nlisten = \"localhost:9464\"\n"), "");
}
