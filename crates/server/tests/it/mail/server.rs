//! A mail server that speaks just enough SMTP (RFC 5321), on a thread of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What becomes of a mail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// It is taken.
    Accept,
    /// It is refused for good, once its content is known.
    Refuse,
    /// There is never an answer to its content.
    Stall,
}

/// How connections are protected.
#[derive(Clone)]
pub(crate) enum Protection {
    None,
    StartTls(Arc<ServerConfig>),
    Tls(Arc<ServerConfig>),
}

/// What the server was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// Whether it came through TLS.
    pub(crate) protected: bool,
    /// The argument of `AUTH PLAIN`.
    pub(crate) credentials: Option<String>,
    pub(crate) recipient: String,
    /// Headers and body as they came, transfer encoding and all.
    pub(crate) content: String,
}

/// The server; it runs until the test process ends.
pub(crate) struct MailServer {
    pub(crate) port: u16,
    mails: UnboundedReceiver<Received>,
}

impl MailServer {
    /// A server on a free port.
    pub(crate) fn start(manner: Manner, protection: Protection) -> Self {
        Self::on(
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(),
            manner,
            protection,
        )
    }

    /// A server on this port.
    pub(crate) fn on(listener: TcpListener, manner: Manner, protection: Protection) -> Self {
        let port = listener.local_addr().unwrap().port();
        let (told, mails) = unbounded_channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, protection) = (told.clone(), protection.clone());
                // A client that goes away ends its conversation and nothing else.
                thread::spawn(move || drop(serve(stream, manner, protection, &told)));
            }
        });
        Self { port, mails }
    }

    /// The next mail that comes.
    pub(crate) async fn next(&mut self) -> Received {
        tokio::time::timeout(super::PATIENCE, self.mails.recv())
            .await
            .expect("a mail comes in time")
            .unwrap()
    }

    /// Whether nothing more has come.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.mails.try_recv().is_err()
    }
}

type Told = UnboundedSender<Received>;

fn serve(
    mut stream: TcpStream,
    manner: Manner,
    protection: Protection,
    told: &Told,
) -> std::io::Result<()> {
    let config = match protection {
        Protection::None => {
            stream.write_all(b"220 mail.test\r\n")?;
            return converse(&mut stream, manner, false, told);
        }
        Protection::Tls(config) => {
            let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
            let mut stream = StreamOwned::new(tls, stream);
            stream.write_all(b"220 mail.test\r\n")?;
            return converse(&mut stream, manner, true, told);
        }
        Protection::StartTls(config) => config,
    };
    stream.write_all(b"220 mail.test\r\n")?;
    loop {
        let line = line(&mut stream)?;
        if line.starts_with("EHLO") {
            stream.write_all(b"250-mail.test\r\n250 STARTTLS\r\n")?;
        } else if line == "STARTTLS" {
            stream.write_all(b"220 go on\r\n")?;
            let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
            return converse(&mut StreamOwned::new(tls, stream), manner, true, told);
        } else {
            stream.write_all(b"530 TLS first\r\n")?;
        }
    }
}

/// Takes commands until the client leaves.
fn converse(
    stream: &mut (impl Read + Write),
    manner: Manner,
    protected: bool,
    told: &Told,
) -> std::io::Result<()> {
    let mut mail = Received {
        protected,
        ..Received::default()
    };
    loop {
        let line = line(stream)?;
        let answer: &[u8] = if line.starts_with("EHLO") {
            b"250-mail.test\r\n250 AUTH PLAIN\r\n"
        } else if let Some(credentials) = line.strip_prefix("AUTH PLAIN ") {
            mail.credentials = Some(credentials.to_owned());
            b"235 welcome\r\n"
        } else if let Some(recipient) = line.strip_prefix("RCPT TO:") {
            recipient
                .trim_matches(['<', '>'])
                .clone_into(&mut mail.recipient);
            b"250 yes\r\n"
        } else if line == "DATA" {
            stream.write_all(b"354 go on\r\n")?;
            mail.content = content(stream)?;
            // Nobody listens any more when the test is over.
            let _ = told.send(mail.clone());
            match manner {
                Manner::Accept => b"250 taken\r\n",
                Manner::Refuse => b"554 no such mail here\r\n",
                Manner::Stall => loop {
                    thread::park();
                },
            }
        } else if line == "QUIT" {
            return stream.write_all(b"221 bye\r\n");
        } else {
            b"250 yes\r\n"
        };
        stream.write_all(answer)?;
    }
}

/// A line without its end. Byte by byte: behind it TLS may begin.
fn line(stream: &mut impl Read) -> std::io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn content(stream: &mut impl Read) -> std::io::Result<String> {
    let mut content = String::new();
    loop {
        match line(stream)?.as_str() {
            "." => return Ok(content),
            line => {
                content.push_str(line);
                content.push('\n');
            }
        }
    }
}
