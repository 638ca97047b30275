//! The outermost layers of the ports, as the settings want them.

use std::sync::Arc;
use std::time::Duration;

use platform::ReproducibleRandom;
use ui::{Messages, Mode, Notice, Side, Site};
use url::Url;

use super::UpOptions;
use super::reserved::Reserved;
use crate::config;
use crate::config::settings::Tls;
use crate::front::{Front, Hosts, Proxies};
use crate::listen;
use crate::telemetry::Telemetry;
use crate::traffic::Traffic;

/// A request to the control API may take this long: a mail is waited for up to a minute.
const LONGEST_CONTROL: Duration = Duration::from_secs(90);

/// A request for the metrics: what reads them waits no longer as a rule.
const LONGEST_METRICS: Duration = Duration::from_secs(10);

/// The outermost layers of the ports.
pub(super) struct Fronts {
    pub(super) environment: Option<Front>,
    pub(super) portal: Option<Front>,
    pub(super) control: Option<Front>,
    pub(super) control_url: Option<Url>,
    pub(super) metrics: Option<Front>,
    pub(super) metrics_url: Option<Url>,
    /// What comes in to portal and environment, counted where somebody may read it.
    pub(super) traffic: Option<Traffic>,
}

impl Fronts {
    pub(super) fn of(
        options: &UpOptions,
        reserved: &Reserved,
        reproducible: Option<&ReproducibleRandom>,
        notice: Option<&Notice>,
    ) -> Self {
        let traffic = reserved.metrics.as_ref().map(|_| Traffic::default());
        let front = |name, bound: &listen::Reserved, url: &Url| Front {
            // Requests are numbered as they come, whatever else draws.
            random: match reproducible {
                Some(random) => Arc::new(random.part(name)),
                None => Arc::clone(&options.random),
            },
            ..front(options, name, (bound, url), notice)
        };
        let environment = reserved.idp.as_ref().zip(reserved.idp_url.as_ref());
        let portal = reserved.portal.as_ref();
        let control = reserved.control.as_ref();
        let control = control.map(|bound| (bound, bound.address().url("http")));
        let metrics = reserved.metrics.as_ref();
        let metrics = metrics.map(|bound| (bound, bound.address().url("http")));
        let has_traces = |telemetry: &Arc<Telemetry>| telemetry.has_traces();
        let is_traced = options.telemetry.as_ref().is_some_and(has_traces);
        let followed = &options.settings.telemetry.followed;
        let counted = |front: Front| Front {
            traffic: traffic.clone(),
            traced: is_traced.then(|| followed.clone()),
            ..front
        };
        Self {
            environment: environment.map(|(bound, url)| counted(front("idp", bound, url))),
            portal: portal.map(|bound| counted(front("portal", bound, &reserved.portal_url))),
            control: control.as_ref().map(|(bound, url)| Front {
                timeout: LONGEST_CONTROL,
                proxies: Proxies::new(Vec::new(), options.settings.proxy.header),
                networks: Vec::new(),
                proxies_only: false,
                hosts: Hosts::new([url], &[], Some(bound.port())),
                hsts: false,
                ..front("control", bound, url)
            }),
            metrics: metrics.as_ref().map(|(bound, url)| Front {
                timeout: LONGEST_METRICS,
                proxies: Proxies::new(Vec::new(), options.settings.proxy.header),
                networks: options.settings.metrics.networks.clone(),
                proxies_only: true,
                // A page of somebody else's must not read it by a name for this machine.
                hosts: if bound.address().is_loopback() {
                    Hosts::new([url], &[], Some(bound.port()))
                } else {
                    Hosts::any()
                },
                hsts: false,
                ..front("metrics", bound, url)
            }),
            control_url: control.map(|(_, url)| url),
            metrics_url: metrics.and_then(|(_, url)| url.join("metrics").ok()),
            traffic,
        }
    }
}

/// The outermost layer of a port at `url`; `notice` is the banner of pages.
fn front(
    options: &UpOptions,
    name: &'static str,
    (bound, url): (&listen::Reserved, &Url),
    notice: Option<&Notice>,
) -> Front {
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
    // The portal beside it comes to this machine's own name where no certificate is asked for one.
    let is_own = name == "idp" && settings.tls == Tls::Off && options.servers.has_portal();
    let development = settings.mode == Mode::Development;
    let real = settings.tls != Tls::Local && url.scheme() == "https" && !development;
    let site = Site::new(
        Messages::english(&[]),
        Arc::new(settings.portal.settings.brand.clone()),
        settings.mode,
    );
    let has_pages = ["idp", "portal"].contains(&name);
    let site = match notice.filter(|_| has_pages) {
        Some(notice) => site.with_notice(notice.clone()),
        None => site,
    };
    Front {
        name,
        proxies: Proxies::new(settings.proxy.trusted.clone(), settings.proxy.header),
        networks: settings.server.development_networks.clone(),
        proxies_only: !address.is_loopback() && (development || settings.tls == Tls::Off),
        hosts: Hosts::new(
            [url].into_iter().chain(further),
            &extra,
            (address.is_loopback() || is_own).then(|| address.port()),
        ),
        hsts: real && url.host_str() != Some("localhost"),
        timeout: Duration::from_secs(settings.server.request_timeout_seconds),
        random: Arc::clone(&options.random),
        site: if settings.explain_keep > 0 && has_pages {
            site.explaining()
        } else {
            site
        },
        side,
        traffic: None,
        traced: None,
    }
}
