//! What is reserved before anything is made: the directory, the ports, and what follows from them.

use std::path::{Path, PathBuf};

use ui::Mode;
use url::Url;

use super::UpOptions;
use super::error::StartError;
use crate::config::Settings;
use crate::data_dir::{self, DataDir, DataDirError};
use crate::env_file::KEPT_ENV_FILE;
use crate::listen;
use crate::tls::{ServerTls, TlsError};

/// The directory, the ports, and what follows from them.
pub(super) struct Reserved {
    pub(super) directory: DataDir,
    pub(super) portal: Option<listen::Reserved>,
    pub(super) idp: Option<listen::Reserved>,
    pub(super) control: Option<listen::Reserved>,
    pub(super) metrics: Option<listen::Reserved>,
    pub(super) portal_url: Url,
    pub(super) idp_url: Option<Url>,
    /// Every name that people may type, for the certificate.
    hosts: Vec<String>,
    /// Prepared after the ports.
    pub(super) tls: Option<ServerTls>,
}

impl Reserved {
    pub(super) fn reserve(options: &UpOptions) -> Result<Self, StartError> {
        let settings = &options.settings;
        let directory = open_directory(options)?;
        refuse_demo_data(settings, directory.path())?;
        let (portal_port, idp_port) = (&settings.portal.port, &settings.idp.port);
        let portal = if options.servers.has_portal() {
            Some(portal_port.listen.reserve("portal.listen")?)
        } else {
            None
        };
        let idp = if options.servers.has_environment() {
            Some(idp_port.listen.reserve("idp.listen")?)
        } else {
            None
        };
        let control = settings.control.listen;
        let control = control
            .map(|listen| listen.reserve("control.listen"))
            .transpose()?;
        let metrics = settings.metrics.listen;
        let metrics = metrics
            .map(|listen| listen.reserve("metrics.listen"))
            .transpose()?;
        // Without a portal of ours, the one in the configuration is where the demo's web application
        // would be.
        let portal_listen = portal
            .as_ref()
            .map_or(portal_port.listen, listen::Reserved::address);
        let portal_url = portal_port.url(portal_listen, &settings.tls);
        let idp_url = idp
            .as_ref()
            .map(|bound| idp_port.url(bound.address(), &settings.tls));
        let hosts = certificate_hosts(settings, [Some(&portal_url), idp_url.as_ref()]);
        Ok(Self {
            directory,
            portal,
            idp,
            control,
            metrics,
            portal_url,
            idp_url,
            hosts,
            tls: None,
        })
    }

    /// Prepares TLS on a thread of its own: the first random number of a process takes longer than a
    /// database.
    pub(super) async fn prepare_tls(
        &self,
        settings: &Settings,
    ) -> Result<Option<ServerTls>, TlsError> {
        let (tls, hosts) = (settings.tls.clone(), self.hosts.clone());
        let directory = self.directory.path().to_owned();
        let prepare = move || ServerTls::prepare(&tls, &directory, &hosts);
        tokio::task::spawn_blocking(prepare).await?
    }

    pub(super) fn ca_file(&self) -> Option<PathBuf> {
        self.tls.as_ref().and_then(ServerTls::ca_file)
    }
}

fn open_directory(options: &UpOptions) -> Result<DataDir, DataDirError> {
    if options.ephemeral {
        return DataDir::ephemeral();
    }
    match &options.settings.data_dir {
        Some(path) => DataDir::open(path),
        None => DataDir::open(&data_dir::platform()?),
    }
}

/// Everybody knows the passwords of demo data.
pub(super) fn refuse_demo_data(settings: &Settings, directory: &Path) -> Result<(), StartError> {
    if settings.mode == Mode::Production && directory.join(KEPT_ENV_FILE).exists() {
        return Err(StartError::DemoData {
            place: format!(
                "the data directory {} ({KEPT_ENV_FILE} stands in it)",
                directory.display()
            ),
        });
    }
    Ok(())
}

/// Every name that people may type, beside those of this machine.
fn certificate_hosts(settings: &Settings, urls: [Option<&Url>; 2]) -> Vec<String> {
    let public = urls
        .into_iter()
        .flatten()
        .chain(settings.idp.settings.further_addresses())
        .filter_map(Url::host_str)
        .map(str::to_owned);
    let ports = [&settings.portal.port, &settings.idp.port];
    let extra = ports
        .into_iter()
        .flat_map(|port| &port.extra_hosts)
        .chain(&settings.idp.settings.custom_domains)
        .filter_map(|name| Url::parse(&format!("https://{name}/")).ok())
        .filter_map(|url| url.host_str().map(str::to_owned));
    let mut hosts: Vec<String> = public
        .chain(extra)
        .map(|host| host.trim_matches(['[', ']']).to_owned())
        .filter(|host| host != "localhost")
        .filter(|host| {
            !host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
        })
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}
