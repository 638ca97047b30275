//! What keeps a configuration from serving: things for development in production, and plain HTTP or
//! development itself on an address that others can reach.

use ui::Mode;
use url::Url;

use crate::config::problem::Problem;
use crate::config::servers::Servers;
use crate::config::settings::{Settings, Tls};
use crate::listen::ListenAddress;

/// Everything that has to be set before these settings may serve these sides.
pub(super) fn refusals(settings: &Settings, served: Servers) -> Vec<Problem> {
    match settings.mode {
        Mode::Production => production(settings, served),
        Mode::Development => development(settings, served),
    }
}

fn production(settings: &Settings, served: Servers) -> Vec<Problem> {
    let mut problems = Vec::new();
    let has_environment = served != Servers::Portal;
    if has_environment && settings.idp.demo {
        problems.push(Problem::missing(
            "idp.demo",
            "production has no demo data: everybody knows those passwords",
            "false",
        ));
    }
    if has_environment && settings.idp.settings.smtp.is_none() {
        problems.push(Problem::missing(
            "idp.smtp.host",
            "production has no mailbox page; name a mail server and a sender (idp.smtp.from)",
            "\"smtp.example.com\"",
        ));
    }
    if settings.tls == Tls::Local {
        problems.push(Problem::missing(
            "tls.mode",
            "production does not serve certificates of our own making: customers' browsers would \
             warn. Name certificate files, or put a proxy in front (\"off\" and proxy.trusted)",
            "\"files\"",
        ));
    }
    for side in sides(settings, served) {
        match side.public_url {
            None => problems.push(Problem::missing(
                side.url_key,
                "production needs the address that people use",
                side.url_example,
            )),
            Some(url) if url.scheme() != "https" => problems.push(Problem::missing(
                side.url_key,
                "production is reached over https only",
                side.url_example,
            )),
            Some(_) => {}
        }
        problems.extend(plain_http(settings, &side));
    }
    problems
}

fn development(settings: &Settings, served: Servers) -> Vec<Problem> {
    let mut problems = Vec::new();
    for side in sides(settings, served) {
        if !side.listen.is_loopback() && !published_by_proxy(settings) {
            problems.push(Problem::missing(
                side.listen_key,
                format!(
                    "{} can be reached by others, and development shows them the mailbox, causes \
                     of errors and known passwords; listen on localhost, or set mode = \
                     \"production\"",
                    side.listen
                ),
                side.listen_example,
            ));
        }
        problems.extend(plain_http(settings, &side));
    }
    problems
}

/// A container has to listen on all its addresses to be reached through a published port; whoever
/// declares the only networks that connect has said who that is.
fn published_by_proxy(settings: &Settings) -> bool {
    !settings.proxy.trusted.is_empty()
}

fn plain_http(settings: &Settings, side: &Side<'_>) -> Option<Problem> {
    let exposed =
        settings.tls == Tls::Off && !side.listen.is_loopback() && settings.proxy.trusted.is_empty();
    exposed.then(|| {
        Problem::missing(
            side.listen_key,
            format!(
                "{} would serve plain HTTP to others; listen on localhost, set tls.mode to \
                 \"files\", or declare the proxy in front with proxy.trusted",
                side.listen
            ),
            side.listen_example,
        )
    })
}

struct Side<'a> {
    listen: ListenAddress,
    listen_key: &'static str,
    listen_example: &'static str,
    public_url: Option<&'a Url>,
    url_key: &'static str,
    url_example: &'static str,
}

fn sides(settings: &Settings, served: Servers) -> impl Iterator<Item = Side<'_>> {
    let portal = (served != Servers::Environment).then_some(Side {
        listen: settings.portal.port.listen,
        listen_key: "portal.listen",
        listen_example: "\"localhost:8080\"",
        public_url: settings.portal.port.public_url.as_ref(),
        url_key: "portal.public_url",
        url_example: "\"https://www.example.com/\"",
    });
    let environment = (served != Servers::Portal).then_some(Side {
        listen: settings.idp.port.listen,
        listen_key: "idp.listen",
        listen_example: "\"localhost:9443\"",
        public_url: settings.idp.port.public_url.as_ref(),
        url_key: "idp.public_url",
        url_example: "\"https://auth.example.com/\"",
    });
    portal.into_iter().chain(environment)
}
