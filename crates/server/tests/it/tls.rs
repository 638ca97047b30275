//! Certificates: made, trusted, exchanged.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use axum::Router;
use axum::routing::get;
use latchkey::config::settings::Tls;
use latchkey::tls::{Authority, ServerTls};
use pingone::auth::{self, Issuer};
use pingone::{ClientAuthentication, Credentials, Transport};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

/// Serves one answer over this TLS and gives the port.
fn serve(tls: &ServerTls) -> u16 {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/", get(async || "hello"));
    let server = axum_server::from_tcp_rustls(listener, tls.config()).unwrap();
    tokio::spawn(server.serve(app.into_make_service_with_connect_info::<SocketAddr>()));
    port
}

/// Asks by name; the name is looked up to 127.0.0.1.
async fn ask(ca: &Path, name: &str, port: u16) -> reqwest::Result<reqwest::Response> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let root = reqwest::Certificate::from_pem(&fs::read(ca).unwrap()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([root])
        .tls_info(true)
        .resolve(name, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .build()
        .unwrap();
    client.get(format!("https://{name}:{port}/")).send().await
}

#[tokio::test]
async fn the_local_authority_vouches_for_loopback_and_configured_names() {
    let place = tempfile::tempdir().unwrap();
    let hosts = ["portal.test".to_owned()];
    let tls = ServerTls::prepare(&Tls::Local, place.path(), &hosts)
        .unwrap()
        .unwrap();
    let port = serve(&tls);
    let ca = tls.ca_file().unwrap();
    for name in ["localhost", "127.0.0.1", "portal.test"] {
        let answer = ask(&ca, name, port).await.unwrap();
        assert_eq!(answer.version(), http::Version::HTTP_2, "{name}");
    }
    ask(&ca, "other.test", port).await.unwrap_err();
}

/// `BoringSSL` refuses addresses below an authority with constraints, whatever it is asked for.
#[tokio::test]
async fn who_asks_for_a_name_is_shown_a_certificate_without_addresses() {
    let place = tempfile::tempdir().unwrap();
    let tls = ServerTls::prepare(&Tls::Local, place.path(), &[])
        .unwrap()
        .unwrap();
    let port = serve(&tls);
    let ca = tls.ca_file().unwrap();
    for (host, has_addresses) in [("localhost", false), ("127.0.0.1", true)] {
        let answer = ask(&ca, host, port).await.unwrap();
        let info = answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap();
        let certificate = info.peer_certificate().unwrap();
        // The tag of an address, its length, and 127.0.0.1 (RFC 5280 section 4.2.1.6).
        let mut parts = certificate.windows(6);
        let found = parts.any(|part| part == [0x87, 4, 127, 0, 0, 1]);
        assert_eq!(found, has_addresses, "{host}");
    }
}

#[tokio::test]
async fn the_authority_is_made_once_and_stays_trusted_after_a_restart() {
    let place = tempfile::tempdir().unwrap();
    let prepare = || {
        ServerTls::prepare(&Tls::Local, place.path(), &[])
            .unwrap()
            .unwrap()
    };
    let ca = prepare().ca_file().unwrap();
    let before = fs::read(&ca).unwrap();
    let restarted = prepare();
    assert_eq!(fs::read(&ca).unwrap(), before);
    let port = serve(&restarted);
    ask(&ca, "localhost", port).await.unwrap();
}

#[test]
fn a_name_that_the_authority_may_not_vouch_for_makes_a_new_one() {
    let place = tempfile::tempdir().unwrap();
    let first = Authority::load_or_make(place.path(), &[]).unwrap();
    let before = fs::read(first.certificate_file()).unwrap();
    Authority::load_or_make(place.path(), &["new.test".to_owned()]).unwrap();
    assert_ne!(fs::read(first.certificate_file()).unwrap(), before);
}

#[test]
fn a_damaged_authority_is_told_rather_than_replaced() {
    let place = tempfile::tempdir().unwrap();
    let authority = Authority::load_or_make(place.path(), &[]).unwrap();
    fs::write(authority.certificate_file(), "nonsense").unwrap();
    let error = Authority::load_or_make(place.path(), &[])
        .unwrap_err()
        .to_string();
    assert!(error.contains("is damaged"), "{error}");
}

/// Writes a self-signed certificate for localhost and its key.
fn write_pair(place: &Path) {
    write_pair_of(place, "localhost", |_| {});
}

/// The same, for a name of choice, and otherwise different.
fn write_pair_of(place: &Path, name: &str, change: impl FnOnce(&mut CertificateParams)) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    fs::write(place.join("cert.pem"), certificate.pem()).unwrap();
    fs::write(place.join("key.pem"), key.serialize_pem()).unwrap();
}

#[tokio::test]
async fn new_files_are_taken_into_use_and_bad_ones_are_not() {
    let place = tempfile::tempdir().unwrap();
    let (certificate, key) = (place.path().join("cert.pem"), place.path().join("key.pem"));
    write_pair(place.path());
    let old = place.path().join("old.pem");
    fs::copy(&certificate, &old).unwrap();
    let files = Tls::Files {
        certificate: certificate.clone(),
        key: key.clone(),
    };
    let tls = ServerTls::prepare(&files, place.path(), &[])
        .unwrap()
        .unwrap();
    let port = serve(&tls);
    ask(&old, "localhost", port).await.unwrap();

    fs::write(&certificate, "nonsense").unwrap();
    tls.refresh();
    ask(&old, "localhost", port).await.unwrap();

    let other = tempfile::tempdir().unwrap();
    write_pair(other.path());
    fs::copy(other.path().join("cert.pem"), &certificate).unwrap();
    tls.refresh();
    ask(&old, "localhost", port).await.unwrap();

    fs::copy(other.path().join("key.pem"), &key).unwrap();
    tls.refresh();
    ask(&old, "localhost", port).await.unwrap_err();
    ask(&certificate, "localhost", port).await.unwrap();
}

/// What somebody reads in the log of the portal, and of every program that uses the SDK.
#[tokio::test]
async fn what_is_wrong_with_a_servers_certificate_is_said_in_words() {
    testkit::install_cryptography();
    let said = async |name: &str, change: fn(&mut CertificateParams)| {
        let place = tempfile::tempdir().unwrap();
        write_pair_of(place.path(), name, change);
        let (certificate, key) = (place.path().join("cert.pem"), place.path().join("key.pem"));
        let pem = fs::read(&certificate).unwrap();
        let files = Tls::Files { certificate, key };
        let tls = ServerTls::prepare(&files, place.path(), &[]);
        let port = serve(&tls.unwrap().unwrap());
        let issuer = Issuer::parse(&format!("https://localhost:{port}")).unwrap();
        let credentials = Credentials::new("app", ClientAuthentication::None);
        let transport = Transport::builder().only_trust(pem).build().unwrap();
        let client = auth::Client::new(issuer, credentials, transport);
        client.metadata().await.unwrap_err().to_string()
    };
    let own_authority = said("localhost", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    });
    let own_authority = own_authority.await;
    assert!(
        own_authority.contains("self-signed and its own authority"),
        "{own_authority}"
    );
    assert!(own_authority.contains("CA:FALSE"), "{own_authority}");
    let other_name = said("other.example", |_| {}).await;
    assert!(other_name.contains("for another name"), "{other_name}");
    let expired = said("localhost", |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    });
    let expired = expired.await;
    assert!(expired.contains("has expired; renew it"), "{expired}");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let place = tempfile::tempdir().unwrap();
    let (certificate, key) = (place.path().join("cert.pem"), place.path().join("key.pem"));
    let files = Tls::Files {
        certificate: certificate.clone(),
        key,
    };
    let absent = ServerTls::prepare(&files, place.path(), &[])
        .unwrap_err()
        .to_string();
    assert!(absent.contains("cert.pem"), "{absent}");
    write_pair(place.path());
    fs::write(&certificate, "").unwrap();
    let empty = ServerTls::prepare(&files, place.path(), &[])
        .unwrap_err()
        .to_string();
    assert!(empty.contains("holds no certificate"), "{empty}");
}
