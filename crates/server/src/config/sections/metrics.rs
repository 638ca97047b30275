//! `[metrics]`: numbers for whoever watches the program.

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::settings::Metrics;
use crate::front::proxies::Network;
use crate::listen::ListenAddress;

const LISTEN: Key = Key::unset(
    "metrics.listen",
    "\"localhost:9464\"",
    "Where GET /metrics answers, in plain HTTP. An address that other machines reach needs \
     metrics.networks.",
);

pub(super) fn metrics(reader: &mut Reader<'_>) -> Metrics {
    reader.section(
        "metrics",
        "How busy the program is and what it did, for Prometheus: docs/metrics.md.",
    );
    let listen = reader.read(LISTEN, |text| {
        ListenAddress::parse(text).map_err(|error| error.to_string())
    });
    let networks = reader.list(
        Key::list(
            "metrics.networks",
            &[],
            "Who may read it beside this machine. Everybody else is refused, whatever the port \
             listens on.",
        )
        .example("[\"10.1.2.3\"]"),
        narrow,
    );
    let is_open = listen.is_some_and(|listen| !listen.is_loopback());
    if is_open && networks.is_empty() {
        let what = "can be reached by others, and metrics.networks names nobody who may read it";
        reader.problem(LISTEN.path, what, &LISTEN.right_value());
    }
    Metrics { listen, networks }
}

fn narrow(text: &str) -> Result<Network, String> {
    let network = Network::parse(text).map_err(|error| error.to_string())?;
    if network.is_too_wide() {
        return Err("holds everybody; name the addresses of what reads the metrics".to_owned());
    }
    Ok(network)
}
