//! The outermost layers of the ports, as the settings want them.

use std::sync::Arc;
use std::time::Duration;

use platform::ReproducibleRandom;
use ui::{Messages, Mode, Side, Site};
use url::Url;

use super::UpOptions;
use super::reserved::Reserved;
use crate::config;
use crate::config::settings::Tls;
use crate::front::{Front, Hosts, Proxies};
use crate::listen;

/// A request to the control API may take this long: a mail is waited for up to a minute.
const LONGEST_CONTROL: Duration = Duration::from_secs(90);

/// The outermost layers of the ports.
pub(super) struct Fronts {
    pub(super) environment: Option<Front>,
    pub(super) portal: Option<Front>,
    pub(super) control: Option<Front>,
    pub(super) control_url: Option<Url>,
}

impl Fronts {
    pub(super) fn of(
        options: &UpOptions,
        reserved: &Reserved,
        reproducible: Option<&ReproducibleRandom>,
    ) -> Self {
        let front = |name, bound: &listen::Reserved, url: &Url| Front {
            // Requests are numbered as they come, whatever else draws.
            random: match reproducible {
                Some(random) => Arc::new(random.part(name)),
                None => Arc::clone(&options.random),
            },
            ..front(options, name, bound, url)
        };
        let environment = reserved.idp.as_ref().zip(reserved.idp_url.as_ref());
        let portal = reserved.portal.as_ref();
        let control = reserved.control.as_ref();
        let control = control.map(|bound| (bound, bound.address().url("http")));
        Self {
            environment: environment.map(|(bound, url)| front("idp", bound, url)),
            portal: portal.map(|bound| front("portal", bound, &reserved.portal_url)),
            control: control.as_ref().map(|(bound, url)| Front {
                timeout: LONGEST_CONTROL,
                proxies: Proxies::new(Vec::new(), options.settings.proxy.header),
                networks: Vec::new(),
                proxies_only: false,
                hosts: Hosts::new([url], &[], Some(bound.port())),
                hsts: false,
                ..front("control", bound, url)
            }),
            control_url: control.map(|(_, url)| url),
        }
    }
}

fn front(options: &UpOptions, name: &'static str, bound: &listen::Reserved, url: &Url) -> Front {
    let settings = &options.settings;
    let (side, extra, further) = if name == "idp" {
        let config::settings::Idp { port, settings, .. } = &settings.idp;
        let further = settings.further_addresses().collect();
        let extra = [&port.extra_hosts[..], &settings.custom_domains].concat();
        (Side::SignOn, extra, further)
    } else {
        let extra = settings.portal.port.extra_hosts.clone();
        (Side::Portal, extra, Vec::new())
    };
    let address = bound.address();
    let development = settings.mode == Mode::Development;
    let real = settings.tls != Tls::Local && url.scheme() == "https" && !development;
    Front {
        name,
        proxies: Proxies::new(settings.proxy.trusted.clone(), settings.proxy.header),
        networks: settings.server.development_networks.clone(),
        proxies_only: !address.is_loopback() && (development || settings.tls == Tls::Off),
        hosts: Hosts::new(
            [url].into_iter().chain(further),
            &extra,
            address.is_loopback().then(|| address.port()),
        ),
        hsts: real && url.host_str() != Some("localhost"),
        timeout: Duration::from_secs(settings.server.request_timeout_seconds),
        random: Arc::clone(&options.random),
        site: Site::new(
            Messages::english(&[]),
            Arc::new(settings.portal.settings.brand.clone()),
            settings.mode,
        ),
        side,
    }
}
