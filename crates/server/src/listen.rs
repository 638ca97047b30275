//! Addresses to listen on, and taking them.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};
use url::Url;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// How often a free port is looked for that both loopback addresses have.
const PORT_ATTEMPTS: u32 = 16;

/// Where a port listens: `localhost:8080`, `0.0.0.0:8443`, `[::]:0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    host: ListenHost,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListenHost {
    /// 127.0.0.1 and, where the machine has it, `::1`: browsers try either.
    Localhost,
    Address(IpAddr),
}

/// A text that is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidListenAddress {
    /// Nothing after a colon.
    #[error("is not in the form host:port (port 0 takes a free one)")]
    NoPort,
    /// The port is not a number up to 65535.
    #[error("has a port that is not a number from 0 to 65535")]
    Port,
    /// A name other than localhost, or no address.
    #[error("names neither localhost nor an address of this machine")]
    Host,
}

/// A port that could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("listening on {address} failed{}", hint(.source, .setting))]
pub struct ListenError {
    address: String,
    setting: &'static str,
    source: io::Error,
}

fn hint(source: &io::Error, setting: &str) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse => format!(
            ": the port is taken by another program; stop that one, or choose another port with \
             `{setting}` (0 takes a free one)"
        ),
        io::ErrorKind::PermissionDenied => format!(
            ": this user may not take the port; choose one above 1023 with `{setting}`, or grant \
             CAP_NET_BIND_SERVICE"
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!(": this machine has no such address; choose another with `{setting}`")
        }
        _ => format!(" (setting `{setting}`)"),
    }
}

impl ListenAddress {
    /// Reads `host:port`; the host is `localhost` or an IP address, IPv6 in brackets.
    ///
    /// # Errors
    ///
    /// [`InvalidListenAddress`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidListenAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(InvalidListenAddress::NoPort)?;
        let port = match port {
            "" => return Err(InvalidListenAddress::NoPort),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| InvalidListenAddress::Port)?
            }
            _ => return Err(InvalidListenAddress::Port),
        };
        let host = if host.eq_ignore_ascii_case("localhost") {
            ListenHost::Localhost
        } else if let Some(inner) = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let address: Ipv6Addr = inner.parse().map_err(|_| InvalidListenAddress::Host)?;
            ListenHost::Address(address.into())
        } else {
            let address: Ipv4Addr = host.parse().map_err(|_| InvalidListenAddress::Host)?;
            ListenHost::Address(address.into())
        };
        Ok(Self { host, port })
    }

    /// `localhost` with a port.
    pub const fn localhost(port: u16) -> Self {
        Self {
            host: ListenHost::Localhost,
            port,
        }
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether only this machine can connect.
    pub fn is_loopback(&self) -> bool {
        match self.host {
            ListenHost::Localhost => true,
            ListenHost::Address(address) => address.is_loopback(),
        }
    }

    /// An address of this machine that reaches the port, however names are looked up here.
    pub fn from_here(&self) -> SocketAddr {
        let host = match self.host {
            ListenHost::Localhost => Ipv4Addr::LOCALHOST.into(),
            ListenHost::Address(IpAddr::V4(address)) if address.is_unspecified() => {
                Ipv4Addr::LOCALHOST.into()
            }
            ListenHost::Address(IpAddr::V6(address)) if address.is_unspecified() => {
                Ipv6Addr::LOCALHOST.into()
            }
            ListenHost::Address(address) => address,
        };
        SocketAddr::new(host, self.port)
    }

    /// The address that a browser on this machine uses.
    ///
    /// # Panics
    ///
    /// When `scheme` is not the scheme of a web address.
    pub fn url(&self, scheme: &str) -> Url {
        Url::parse(&format!("{scheme}://{}:{}/", self.local_name(), self.port))
            .expect("a scheme, a name or an address, and a port make a URL")
    }

    /// The name that a browser on this machine uses, without the port.
    pub fn local_name(&self) -> String {
        match self.host {
            ListenHost::Localhost => "localhost".to_owned(),
            ListenHost::Address(address) if address.is_unspecified() => "localhost".to_owned(),
            ListenHost::Address(IpAddr::V4(address)) => address.to_string(),
            ListenHost::Address(IpAddr::V6(address)) => format!("[{address}]"),
        }
    }

    /// Reserves the port: nobody else can have it, and nobody can connect yet. `setting` is the key
    /// that a message names.
    ///
    /// # Errors
    ///
    /// [`ListenError`] when an address cannot be taken. That the machine has no `::1` is none:
    /// then localhost is 127.0.0.1 alone.
    pub fn reserve(&self, setting: &'static str) -> Result<Reserved, ListenError> {
        let failed = |source| ListenError {
            address: self.to_string(),
            setting,
            source,
        };
        match self.host {
            ListenHost::Address(address) => {
                let socket = reserve(SocketAddr::new(address, self.port)).map_err(failed)?;
                Reserved::new(*self, setting, vec![socket]).map_err(failed)
            }
            ListenHost::Localhost => {
                let mut attempt = 1;
                loop {
                    match reserve_localhost(self.port) {
                        Ok(sockets) => {
                            return Reserved::new(*self, setting, sockets).map_err(failed);
                        }
                        // The port that the system chose for one address may be taken on the other.
                        Err(error)
                            if self.port == 0
                                && error.kind() == io::ErrorKind::AddrInUse
                                && attempt < PORT_ATTEMPTS =>
                        {
                            attempt += 1;
                        }
                        Err(error) => return Err(failed(error)),
                    }
                }
            }
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            ListenHost::Localhost => write!(f, "localhost:{}", self.port),
            ListenHost::Address(address) => SocketAddr::new(address, self.port).fmt(f),
        }
    }
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port that was chosen may be left over from the server before; the system's choice is fresh,
    // and must not be given to somebody else as well.
    if address.port() != 0 {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

fn reserve_localhost(port: u16) -> io::Result<Vec<TcpSocket>> {
    let four = reserve((Ipv4Addr::LOCALHOST, port).into())?;
    let port = four.local_addr()?.port();
    match reserve((Ipv6Addr::LOCALHOST, port).into()) {
        Ok(six) => Ok(vec![four, six]),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok(vec![four]),
    }
}

/// A port that is taken and accepts nobody yet.
#[derive(Debug)]
pub struct Reserved {
    address: ListenAddress,
    setting: &'static str,
    sockets: Vec<TcpSocket>,
}

impl Reserved {
    fn new(
        address: ListenAddress,
        setting: &'static str,
        sockets: Vec<TcpSocket>,
    ) -> io::Result<Self> {
        let port = match sockets.first() {
            Some(socket) => socket.local_addr()?.port(),
            None => address.port,
        };
        Ok(Self {
            address: ListenAddress { port, ..address },
            setting,
            sockets,
        })
    }

    /// The address with the port that was really taken.
    pub fn address(&self) -> ListenAddress {
        self.address
    }

    /// The port that was really taken.
    pub fn port(&self) -> u16 {
        self.address.port
    }

    /// Lets clients connect.
    ///
    /// # Errors
    ///
    /// [`ListenError`] when another program was faster.
    pub fn listen(self) -> Result<Vec<TcpListener>, ListenError> {
        let (address, setting) = (self.address, self.setting);
        self.sockets
            .into_iter()
            .map(|socket| socket.listen(BACKLOG))
            .collect::<io::Result<_>>()
            .map_err(|source| ListenError {
                address: address.to_string(),
                setting,
                source,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_printed() {
        for text in [
            "localhost:8080",
            "127.0.0.1:0",
            "[::1]:443",
            "0.0.0.0:65535",
        ] {
            assert_eq!(ListenAddress::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        use InvalidListenAddress::{Host, NoPort, Port};
        for (text, expected) in [
            ("localhost", NoPort),
            ("localhost:", NoPort),
            ("localhost:+1", Port),
            ("localhost:65536", Port),
            ("::1:80", Host),
            ("example.com:80", Host),
            (":80", Host),
        ] {
            assert_eq!(ListenAddress::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_port_is_reached_from_here_whatever_it_listens_on() {
        for (listen, expected) in [
            ("localhost:8080", "127.0.0.1:8080"),
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.1.2.3:8080", "10.1.2.3:8080"),
        ] {
            let found = ListenAddress::parse(listen).unwrap().from_here();
            assert_eq!(found.to_string(), expected);
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_its_setting() {
        let taken = ListenAddress::localhost(0)
            .reserve("portal.listen")
            .unwrap();
        let again = ListenAddress::localhost(taken.port()).reserve("portal.listen");
        let message = again.unwrap_err().to_string();
        assert!(
            message.contains(&format!("localhost:{}", taken.port())),
            "{message}"
        );
        assert!(message.contains("`portal.listen`"), "{message}");
    }

    #[tokio::test]
    async fn nobody_connects_to_a_port_that_is_only_reserved() {
        let reserved = ListenAddress::localhost(0)
            .reserve("portal.listen")
            .unwrap();
        let address = (Ipv4Addr::LOCALHOST, reserved.port());
        let refused = tokio::net::TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let _listening = reserved.listen().unwrap();
        tokio::net::TcpStream::connect(address).await.unwrap();
    }
}
