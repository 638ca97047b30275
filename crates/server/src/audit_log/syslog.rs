//! The audit log at a syslog daemon as well: each entry as a message of
//! [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424), in JSON.
//!
//! Over a Unix datagram socket, UDP ([RFC 5426](https://www.rfc-editor.org/rfc/rfc5426)), or TCP with
//! octet counting ([RFC 6587 §3.4.1](https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1)). Nothing
//! of these is acknowledged, so each message has a number (`sequenceId`), by which the receiver
//! sees that one is missing.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use rustix::io::Errno;
use syslog_fmt::v5424::{Config, Formatter, Msg, Timestamp};
use syslog_fmt::{Facility, Severity};

use super::{Entry, Numbered, Sink, Written};

/// Opening a connection takes no longer …
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// … and sending a message no longer than that.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest kind of a message ([RFC 5424 §6.2.7](https://www.rfc-editor.org/rfc/rfc5424#section-6.2.7)).
const LONGEST_MSGID: usize = 32;

/// After this number of a message comes 1 ([RFC 5424 §7.3.1](https://www.rfc-editor.org/rfc/rfc5424#section-7.3.1)).
const LAST_SEQUENCE_ID: u64 = 2_147_483_647;

/// Where a syslog daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyslogAddress {
    /// A datagram socket of this machine: `unix:/dev/log`.
    Unix(PathBuf),
    /// Host and port: `udp://logs.example.com:514`.
    Udp(String),
    /// Host and port: `tcp://logs.example.com:601`.
    Tcp(String),
}

impl SyslogAddress {
    /// Reads one of the three forms.
    ///
    /// # Errors
    ///
    /// What is wrong, to be read behind the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(path) = text.strip_prefix("unix:") {
            if path.starts_with('/') {
                return Ok(Self::Unix(path.into()));
            }
            return Err("names no path that begins with /");
        }
        if let Some(host) = text.strip_prefix("udp://") {
            return host_and_port(host).map(Self::Udp);
        }
        if let Some(host) = text.strip_prefix("tcp://") {
            return host_and_port(host).map(Self::Tcp);
        }
        Err("begins with none of unix:, udp:// and tcp://")
    }
}

fn host_and_port(text: &str) -> Result<String, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("names no port")?;
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_host = url::Host::parse(host).is_ok();
    if is_port && is_host {
        Ok(text.to_owned())
    } else {
        Err("is not a host with a port behind it")
    }
}

impl fmt::Display for SyslogAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Udp(host) => write!(f, "udp://{host}"),
            Self::Tcp(host) => write!(f, "tcp://{host}"),
        }
    }
}

/// A syslog daemon, which may come and go.
pub(super) struct Syslog {
    address: SyslogAddress,
    formatter: Formatter,
    open: Option<Transport>,
}

enum Transport {
    Unix(UnixDatagram),
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Syslog {
    pub(super) fn new(address: SyslogAddress) -> Self {
        let hostname = hostname::get()
            .ok()
            .and_then(|name| name.into_string().ok());
        let id = process::id().to_string();
        let formatter = Config {
            facility: Facility::Authpriv,
            hostname: hostname.as_deref().filter(|name| is_plain(name)),
            app_name: Some("latchkey"),
            proc_id: Some(&id),
        };
        Self {
            address,
            formatter: formatter.into_formatter(),
            open: None,
        }
    }

    fn message(&self, number: u64, entry: &Entry) -> io::Result<Vec<u8>> {
        let severity = if entry.has_failed {
            Severity::Notice
        } else {
            Severity::Info
        };
        // No more than six digits of a second (RFC 5424 §6.2.3): with more, receivers take the
        // whole message for one of another kind.
        let at = entry.recorded_at.parse::<jiff::Timestamp>();
        let at = at.map_or(Timestamp::None, |at| {
            Timestamp::PreformattedString(format!("{at:.6}"))
        });
        let action = entry.action.get(..LONGEST_MSGID).unwrap_or(&entry.action);
        let sequence_id = ((number - 1) % LAST_SEQUENCE_ID + 1).to_string();
        let data = [("meta", [("sequenceId", sequence_id.as_str())])];
        // In ASCII alone, so that no byte order mark has to stand before the JSON.
        let json = ascii(&entry.json);
        let mut message = Vec::with_capacity(json.len() + 128);
        self.formatter.write_with_data(
            &mut message,
            severity,
            at,
            Msg::NonUnicodeBytes(json.as_bytes()),
            Some(action).filter(|action| is_plain(action)),
            data,
        )?;
        Ok(message)
    }
}

impl Sink for Syslog {
    fn write(&mut self, entries: &[Numbered]) -> io::Result<Written> {
        let Some((number, entry)) = entries.first() else {
            return Ok(Written::All(0));
        };
        let message = self.message(*number, entry)?;
        let mut transport = match self.open.take() {
            Some(transport) if transport.is_open() => transport,
            _ => Transport::open(&self.address)?,
        };
        let written = match transport.send(&message) {
            Ok(()) => Written::All(1),
            // No datagram holds it.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::MSGSIZE) => Written::Unfit,
            // What was half sent is sent again, on a connection of its own.
            Err(error) => return Err(error),
        };
        self.open = Some(transport);
        Ok(written)
    }
}

impl fmt::Display for Syslog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.address, f)
    }
}

impl Transport {
    fn open(address: &SyslogAddress) -> io::Result<Self> {
        match address {
            SyslogAddress::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.connect(path)?;
                socket.set_write_timeout(Some(SEND_TIMEOUT))?;
                Ok(Self::Unix(socket))
            }
            SyslogAddress::Udp(host) => first_of(for_datagrams(host)?, |at| {
                let any: SocketAddr = if at.is_ipv4() {
                    (Ipv4Addr::UNSPECIFIED, 0).into()
                } else {
                    (Ipv6Addr::UNSPECIFIED, 0).into()
                };
                let socket = UdpSocket::bind(any)?;
                socket.connect(at)?;
                socket.set_write_timeout(Some(SEND_TIMEOUT))?;
                Ok(Self::Udp(socket))
            }),
            SyslogAddress::Tcp(host) => first_of(host.to_socket_addrs()?, |at| {
                let stream = TcpStream::connect_timeout(&at, CONNECT_TIMEOUT)?;
                stream.set_write_timeout(Some(SEND_TIMEOUT))?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }),
        }
    }

    /// Whether the other side has not hung up: a message to one that has would be taken by the system
    /// all the same, and lost.
    fn is_open(&self) -> bool {
        let Self::Tcp(stream) = self else {
            return true;
        };
        let peeked = || {
            stream.set_nonblocking(true)?;
            let peeked = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            peeked
        };
        match peeked() {
            Ok(bytes) => bytes > 0,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Unix(socket) => socket.send(message).map(drop),
            Self::Udp(socket) => socket.send(message).map(drop),
            Self::Tcp(stream) => {
                let mut frame = format!("{} ", message.len()).into_bytes();
                frame.extend_from_slice(message);
                stream.write_all(&frame)
            }
        }
    }
}

/// The addresses for datagrams to a host, the one to use first. The resolver has time-outs of its own.
fn for_datagrams(host: &str) -> io::Result<Vec<SocketAddr>> {
    Ok(loopback_by_v4_first(host.to_socket_addrs()?.collect()))
}

/// Whether somebody listens for datagrams nobody says, so there is no going on to a next address: of
/// this machine's own it is 127.0.0.1, where daemons listen, though `localhost` may be `::1` first.
/// All else stays in the resolver's order.
fn loopback_by_v4_first(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    if addresses.iter().all(|address| address.ip().is_loopback()) {
        addresses.sort_by_key(SocketAddr::is_ipv6);
    }
    addresses
}

/// Tries these addresses of a host. For datagrams that fails only where this machine has no way to
/// one, as to IPv6 without an address of it.
fn first_of<T>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    open: impl Fn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match open(address) {
            Ok(opened) => return Ok(opened),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Whether a text can stand in a header: printable, without spaces.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.chars().all(|c| c.is_ascii_graphic())
}

/// JSON in ASCII alone: outside of texts it holds nothing else.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a text does not fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;
    use std::path::Path;

    use idp::Listener as _;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::audit_log::{AuditLog, AuditLogNumbers, LONGEST_END};

    /// A message as its receiver reads it, by the grammar of RFC 5424 §6.
    #[derive(Debug, PartialEq)]
    struct Message {
        priority: u8,
        version: String,
        at: String,
        app_name: String,
        process: String,
        kind: String,
        sequence_id: u64,
        json: Value,
    }

    fn read(bytes: &[u8]) -> Message {
        assert!(bytes.is_ascii(), "{}", String::from_utf8_lossy(bytes));
        let text = std::str::from_utf8(bytes).unwrap();
        let (priority, rest) = text.strip_prefix('<').unwrap().split_once('>').unwrap();
        let fields: Vec<&str> = rest.splitn(7, ' ').collect();
        let [version, at, host, app_name, process, kind, rest] = fields.try_into().unwrap();
        assert!(!host.is_empty());
        let data = rest.strip_prefix("[meta sequenceId=\"").unwrap();
        let (sequence_id, json) = data.split_once("\"] ").unwrap();
        Message {
            priority: priority.parse().unwrap(),
            version: version.to_owned(),
            at: at.to_owned(),
            app_name: app_name.to_owned(),
            process: process.to_owned(),
            kind: kind.to_owned(),
            sequence_id: sequence_id.parse().unwrap(),
            json: serde_json::from_str(json).unwrap(),
        }
    }

    fn entry(name: &str, status: &str) -> Map<String, Value> {
        let entry = json!({
            "recordedAt": "2026-11-27T18:00:00.123456789Z",
            "action": { "type": "USER.ACCESS_ALLOWED" },
            "actors": { "user": { "name": name } },
            "result": { "status": status },
        });
        entry.as_object().unwrap().clone()
    }

    fn to(address: &str) -> AuditLog {
        AuditLog::open(None, Some(&SyslogAddress::parse(address).unwrap())).unwrap()
    }

    fn numbers(log: &AuditLog) -> AuditLogNumbers {
        log.numbers().remove(0)
    }

    /// Nothing that is waited for takes so long, even on a busy machine.
    const LONGEST_WAIT: Duration = Duration::from_mins(1);
    const PATIENCE: Option<Duration> = Some(LONGEST_WAIT);

    /// Waits until it is so.
    async fn until(what: &str, is_so: impl Fn() -> bool) {
        let waited = async {
            while !is_so() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(LONGEST_WAIT, waited).await;
        assert!(waited.is_ok(), "it was waited for that {what}");
    }

    fn expected(status: &str, sequence_id: u64) -> Message {
        Message {
            // authpriv (10) with info (6), or with notice (5).
            priority: if status == "SUCCESS" { 86 } else { 85 },
            version: "1".to_owned(),
            at: "2026-11-27T18:00:00.123456Z".to_owned(),
            app_name: "latchkey".to_owned(),
            process: process::id().to_string(),
            kind: "USER.ACCESS_ALLOWED".to_owned(),
            sequence_id,
            json: Value::Object(entry("Zoë 𝄞 \"]\\", status)),
        }
    }

    #[tokio::test]
    async fn a_unix_socket_gets_a_message_for_each_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        daemon.set_read_timeout(PATIENCE).unwrap();
        let log = to(&format!("unix:{}", path.display()));
        let mut bytes = vec![0; 64 * 1024];
        for (status, number) in [("SUCCESS", 1), ("FAILED", 2)] {
            log.hear(entry("Zoë 𝄞 \"]\\", status));
            let length = daemon.recv(&mut bytes).unwrap();
            assert_eq!(read(&bytes[..length]), expected(status, number));
        }
        log.finish(LONGEST_END).await;
        assert_eq!(numbers(&log).written, 2);
    }

    #[tokio::test]
    async fn udp_gets_a_message_for_each_entry_and_none_that_is_too_long() {
        let daemon = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        daemon.set_read_timeout(PATIENCE).unwrap();
        let port = daemon.local_addr().unwrap().port();
        let log = to(&format!("udp://127.0.0.1:{port}"));
        log.hear(entry(&"long".repeat(20_000), "SUCCESS"));
        log.hear(entry("Zoë 𝄞 \"]\\", "SUCCESS"));
        let mut bytes = vec![0; 64 * 1024];
        let length = daemon.recv(&mut bytes).unwrap();
        // What is missing has a number.
        assert_eq!(read(&bytes[..length]), expected("SUCCESS", 2));
        until("every entry is written or lost", || {
            numbers(&log).waiting == 0
        })
        .await;
        let AuditLogNumbers { written, lost, .. } = numbers(&log);
        assert_eq!((written, lost), (1, 1));
        log.finish(LONGEST_END).await;
    }

    /// Reads a message by its count of octets.
    fn framed(stream: &mut TcpStream) -> Vec<u8> {
        let mut count = String::new();
        loop {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            match byte[0] {
                b' ' => break,
                digit => count.push(digit.into()),
            }
        }
        let mut message = vec![0; count.parse().unwrap()];
        stream.read_exact(&mut message).unwrap();
        message
    }

    fn accept(daemon: &TcpListener) -> TcpStream {
        let (stream, _) = daemon.accept().unwrap();
        stream.set_read_timeout(PATIENCE).unwrap();
        stream
    }

    #[tokio::test]
    async fn tcp_counts_octets_and_goes_on_after_the_daemon_hung_up() {
        let daemon = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = daemon.local_addr().unwrap().port();
        let log = to(&format!("tcp://127.0.0.1:{port}"));
        log.hear(entry("Zoë 𝄞 \"]\\", "SUCCESS"));
        log.hear(entry("Zoë 𝄞 \"]\\", "FAILED"));
        let mut stream = accept(&daemon);
        assert_eq!(read(&framed(&mut stream)), expected("SUCCESS", 1));
        assert_eq!(read(&framed(&mut stream)), expected("FAILED", 2));
        until("both are written", || numbers(&log).written == 2).await;
        drop(stream);
        log.hear(entry("Zoë 𝄞 \"]\\", "SUCCESS"));
        let mut stream = accept(&daemon);
        assert_eq!(read(&framed(&mut stream)), expected("SUCCESS", 3));
        for number in 4..6 {
            log.hear(entry("Zoë 𝄞 \"]\\", "SUCCESS"));
            assert_eq!(read(&framed(&mut stream)), expected("SUCCESS", number));
        }
        log.finish(LONGEST_END).await;
        assert_eq!(numbers(&log).written, 5);
    }

    #[tokio::test]
    async fn entries_wait_for_a_daemon_that_is_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = to(&format!("unix:{}", path.display()));
        for _ in 0..3 {
            log.hear(entry("Zoë 𝄞 \"]\\", "SUCCESS"));
        }
        assert_eq!(numbers(&log).written, 0);
        let daemon = UnixDatagram::bind(&path).unwrap();
        daemon.set_read_timeout(PATIENCE).unwrap();
        let mut bytes = vec![0; 64 * 1024];
        for number in 1..4 {
            let length = daemon.recv(&mut bytes).unwrap();
            assert_eq!(read(&bytes[..length]), expected("SUCCESS", number));
        }
        log.finish(LONGEST_END).await;
        assert_eq!(numbers(&log).written, 3);
    }

    #[tokio::test]
    async fn the_end_does_not_wait_for_a_daemon_that_reads_nothing() {
        let daemon = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = daemon.local_addr().unwrap().port();
        let log = to(&format!("tcp://127.0.0.1:{port}"));
        let long = "long".repeat(20_000);
        // More than the system takes on its own.
        for _ in 0..300 {
            log.hear(entry(&long, "SUCCESS"));
        }
        // It ends though nobody reads, and with entries that are left.
        let ended = tokio::time::timeout(LONGEST_WAIT, log.finish(LONGEST_END)).await;
        ended.expect("the end waits for the daemon");
        let AuditLogNumbers { waiting, .. } = numbers(&log);
        assert!(waiting > 0, "the system took all of it");
        log.hear(entry("late", "SUCCESS"));
        assert_eq!(numbers(&log).lost, 1);
    }

    #[test]
    fn datagrams_for_this_machine_go_by_ipv4_and_others_as_the_resolver_says() {
        for (resolved, first) in [
            (["[::1]:514", "127.0.0.1:514"], "127.0.0.1:514"),
            (["[2001:db8::1]:514", "192.0.2.1:514"], "[2001:db8::1]:514"),
            (["[::1]:514", "192.0.2.1:514"], "[::1]:514"),
        ] {
            let resolved = resolved.map(|address| address.parse().unwrap());
            let ordered = loopback_by_v4_first(resolved.to_vec());
            assert_eq!(ordered[0].to_string(), first);
        }
    }

    #[test]
    fn an_address_says_how_and_where() {
        let unix = SyslogAddress::Unix(Path::new("/dev/log").to_owned());
        for (text, address) in [
            ("unix:/dev/log", unix),
            (
                "udp://[::1]:514",
                SyslogAddress::Udp("[::1]:514".to_owned()),
            ),
            (
                "tcp://logs.example.com:601",
                SyslogAddress::Tcp("logs.example.com:601".to_owned()),
            ),
        ] {
            let parsed = SyslogAddress::parse(text).unwrap();
            assert_eq!((parsed.to_string().as_str(), &parsed), (text, &address));
        }
        for wrong in [
            "/dev/log",
            "unix:dev/log",
            "udp://logs.example.com",
            "tcp://:601",
            "tcp://logs.example.com:0",
            "tcp://logs.example.com:601/",
            "tls://logs.example.com:6514",
        ] {
            assert!(SyslogAddress::parse(wrong).is_err(), "{wrong}");
        }
    }
}
