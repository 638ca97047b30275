//! Addresses, as several sections hold them.

use url::Url;

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::settings::Port;
use crate::listen::ListenAddress;

/// The three keys of a server's port.
pub(super) fn port(reader: &mut Reader<'_>, number: u16, keys: [Key; 3]) -> Port {
    let [listen, public_url, extra_hosts] = keys;
    Port {
        listen: reader
            .need(listen, ListenAddress::parse)
            .unwrap_or(ListenAddress::localhost(number)),
        public_url: reader.read(public_url, plain_base),
        extra_hosts: reader.list(extra_hosts, host),
    }
}

/// A host, with or without a port.
pub(super) fn host(text: &str) -> Result<String, &'static str> {
    let plain = !text.contains(['/', '@', '?', '#', ' ']);
    let parses = || Url::parse(&format!("https://{text}")).is_ok_and(|url| url.has_host());
    if plain && parses() {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("is no host name")
    }
}

pub(super) fn web_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is no web address")?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err("is no address that begins with https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password");
    }
    if url.fragment().is_some() {
        return Err("has a fragment (#…)");
    }
    Ok(url)
}

/// A web address that paths are appended to.
pub(super) fn base(text: &str) -> Result<Url, &'static str> {
    let mut url = web_address(text)?;
    if url.query().is_some() {
        return Err("has a query (?…)");
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// The address of a host, without a path.
pub(super) fn plain_base(text: &str) -> Result<Url, &'static str> {
    let url = base(text)?;
    if url.path() == "/" {
        Ok(url)
    } else {
        Err("has a path; both ports need a host name of their own")
    }
}

/// Whether this is PingOne's own authentication API, in whichever region.
pub(super) fn is_pingone(url: &Url) -> bool {
    url.host_str()
        .is_some_and(|host| host.starts_with("auth.pingone."))
}
