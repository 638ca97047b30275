//! Everything on PostgreSQL: one node by its address in the configuration, and several at once.

use std::net::Ipv4Addr;

use latchkey::Servers;
use testkit::{Browser, Method, Page, Person, System, give_credentials};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::installation::{Installation, PASSWORD, free_port};

pub(crate) async fn register(browser: &Browser, portal: &str, person: &Person) -> Page {
    let page = browser.open(format!("{portal}register")).await;
    page.form_with("confirmPassword")
        .fill("username", &person.username)
        .fill("email", &person.email)
        .fill("password", &person.password)
        .fill("confirmPassword", &person.password)
        .submit()
        .await
        .expect(200)
}

#[tokio::test]
async fn people_sign_on_register_and_recover() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let url = database.postgres_url().unwrap();
    let system = System::prepare().set("database", url).start().await;
    let portal = system.env().portal_url.clone();

    let ada = system.new_user("ada").await;
    let info = system.sign_on(&ada).await.open("/user/info").await;
    assert!(info.expect(200).body().contains(&ada.email));

    let grace = Person::new("grace", "Correct-Horse-42");
    register(&system.browser(), &portal, &grace).await;
    // The first of two mails asks for a proof of the address; the recovery is one, too.
    system.mailbox().newest(&grace.email, 1).await;

    let browser = system.browser();
    let page = browser.open(system.portal("/password/forgot")).await;
    let asked = page.form_with("username").fill("username", "grace");
    let page = asked.submit().await.expect(200);
    let code = system.mailbox().newest(&grace.email, 2).await.code();
    let grace = grace.with_password("Brass-Kettle-58");
    page.form_with("recoveryCode")
        .fill("recoveryCode", &code)
        .fill("newPassword", &grace.password)
        .fill("confirmPassword", &grace.password)
        .submit()
        .await
        .expect(200);
    system.sign_on(&grace).await;

    let users = system.manage(Method::GET, "users").await;
    let users = users.send().await.expect(200);
    assert!(users.body().contains("grace@example.com"));
    system.stop().await;
    drop(database);
}

/// What stands before several nodes: one address, and one node whose turn it is.
pub(crate) struct Balancer {
    node: watch::Sender<u16>,
    connections: watch::Sender<usize>,
}

impl Balancer {
    pub(crate) async fn start(port: u16, node: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        let node = watch::Sender::new(node);
        let connections = watch::Sender::new(0);
        let (in_turn, open) = (node.subscribe(), connections.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (in_turn, open) = (in_turn.clone(), open.clone());
                open.send_modify(|open| *open += 1);
                tokio::spawn(async move {
                    // Whoever hangs up first ends it.
                    drop(relay(client, in_turn).await);
                    open.send_modify(|open| *open -= 1);
                });
            }
        });
        Self { node, connections }
    }

    /// The other node answers from now on. Returns when all clients have noticed.
    pub(crate) async fn switch(&self, node: u16) {
        self.node.send_replace(node);
        let mut connections = self.connections.subscribe();
        connections.wait_for(|open| *open == 0).await.unwrap();
    }
}

async fn relay(mut client: TcpStream, mut in_turn: watch::Receiver<u16>) -> std::io::Result<()> {
    let node = *in_turn.borrow_and_update();
    let mut node = TcpStream::connect((Ipv4Addr::LOCALHOST, node)).await?;
    tokio::select! {
        done = tokio::io::copy_bidirectional(&mut client, &mut node) => done.map(drop),
        _ = in_turn.changed() => {
            client.shutdown().await?;
            tokio::io::copy(&mut client, &mut tokio::io::sink()).await.map(drop)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_on_begun_on_one_node_is_finished_on_another() {
    let Some(database) = db::testing::postgres().await else {
        return;
    };
    let place = Installation::new();
    let shared = |name: &str| format!("{}/{name}", place.data().display());
    place.configure_database(&database.postgres_url().unwrap(), &shared("keyring.json"));
    let ports = [free_port(), free_port(), free_port(), free_port()];
    let [idp_a, idp_b, portal_a, portal_b] = ports;
    let own = |side: &'static str, port: u16| {
        [
            (side, format!("localhost:{port}")),
            ("data_dir", shared(&format!("node-{port}"))),
        ]
    };
    let idps = Balancer::start(place.idp_port, idp_a).await;
    let portals = Balancer::start(place.portal_port, portal_a).await;

    // Both prepare the empty database at once, and the environment is made beside them.
    let (settings_a, settings_b) = (own("idp.listen", idp_a), own("idp.listen", idp_b));
    let nodes = tokio::join!(
        place.start_node(Servers::Environment, &settings_a),
        place.start_node(Servers::Environment, &settings_b),
    );
    let made = tokio::task::block_in_place(|| place.create("Customers", PASSWORD));
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let lines = String::from_utf8(made.stdout).unwrap();
    place.configure(&format!(
        "{lines}ca_file = \"{}\"\n",
        place.certificate().display()
    ));
    let (settings_a, settings_b) = (
        own("portal.listen", portal_a),
        own("portal.listen", portal_b),
    );
    let pages = tokio::join!(
        place.start_node(Servers::Portal, &settings_a),
        place.start_node(Servers::Portal, &settings_b),
    );

    let browser = place.browser();
    let page = browser.open(place.portal("login")).await.expect(200);
    idps.switch(idp_b).await;
    portals.switch(portal_b).await;
    let home = give_credentials(&page, &Person::new("ada", PASSWORD))
        .await
        .expect(200);
    assert!(
        home.url.as_str().starts_with(&place.portal("")),
        "{}",
        home.summary()
    );
    let info = browser.open(place.portal("user/info")).await.expect(200);
    assert!(
        info.body().contains("ada@example.com"),
        "{}",
        info.summary()
    );

    // Signed on at the second node, known at the first.
    idps.switch(idp_a).await;
    portals.switch(portal_a).await;
    let info = browser.open(place.portal("user/info")).await.expect(200);
    assert!(
        info.body().contains("ada@example.com"),
        "{}",
        info.summary()
    );
    let page = browser.open(place.portal("password/change")).await;
    assert!(page.expect(200).has("input[type=password]"));

    for node in [nodes.0, nodes.1, pages.0, pages.1] {
        node.shutdown().await;
    }
}
