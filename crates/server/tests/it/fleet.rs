//! Two nodes of one installation while keys are rotated.

use db::Db;
use latchkey::{Servers, keyring_file};
use testkit::{Person, give_credentials};

use crate::installation::{Installation, PASSWORD, free_port};
use crate::postgres::Balancer;

/// A page that one node made and sealed with its newest key is understood by the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_key_is_known_on_every_node_before_one_uses_it() {
    let place = Installation::new();
    let made = tokio::task::block_in_place(|| place.create("Customers", PASSWORD));
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let lines = String::from_utf8(made.stdout).unwrap();
    let ca = place.certificate();
    place.configure(&format!("{lines}ca_file = \"{}\"\n", ca.display()));
    // Both nodes in this process share one handle, as two machines share one server.
    let db = Db::sqlite(&place.data().join("latchkey.db")).unwrap();
    let keyring = place.data().join("keyring.json");
    let node = async |servers: Servers, port: u16| {
        let side = match servers {
            Servers::Portal => "portal.listen",
            _ => "idp.listen",
        };
        let own = [
            (side, format!("localhost:{port}")),
            ("keyring_file", keyring.display().to_string()),
            (
                "data_dir",
                format!("{}/node-{port}", place.data().display()),
            ),
        ];
        place.start_node_on(Some(db.clone()), servers, &own).await
    };
    let (port_a, port_b) = (free_port(), free_port());
    let a = node(Servers::Environment, port_a).await;
    let b = node(Servers::Environment, port_b).await;
    let portal = node(Servers::Portal, place.portal_port).await;
    let idps = Balancer::start(place.idp_port, port_a).await;
    let ada = Person::new("ada", PASSWORD);
    let sign_on_over_both_nodes = async || {
        idps.switch(port_a).await;
        let browser = place.browser();
        let page = browser.open(place.portal("login")).await.expect(200);
        idps.switch(port_b).await;
        let home = give_credentials(&page, &ada).await.expect(200);
        assert!(
            home.url.as_str().starts_with(&place.portal("")),
            "{}",
            home.summary()
        );
    };

    // Staged, and only one node has noticed.
    keyring_file::stage(&keyring, &protocol::SystemRandom).unwrap();
    a.refresh_keys().await;
    sign_on_over_both_nodes().await;

    // Known everywhere, and used by one node.
    b.refresh_keys().await;
    portal.refresh_keys().await;
    keyring_file::activate(&keyring).unwrap();
    a.refresh_keys().await;
    sign_on_over_both_nodes().await;

    // Used everywhere.
    b.refresh_keys().await;
    portal.refresh_keys().await;
    sign_on_over_both_nodes().await;
    for node in [portal, a, b] {
        node.shutdown().await;
    }
}
