//! A load of our own: a few connections that stay open and send requests again and again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How many connections a load has.
const CONNECTIONS: usize = 8;

/// A whole HTTP/1.1 message, and the status that answers it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) text: String,
    pub(crate) status: u16,
}

impl Request {
    /// A request without a body; `headers` are whole lines.
    pub(crate) fn get(host: &str, path: &str, headers: &[String]) -> Self {
        Self::new("GET", host, path, headers, "")
    }

    /// A request with a body.
    pub(crate) fn post(host: &str, path: &str, headers: &[String], body: &str) -> Self {
        let length = format!("content-length: {}", body.len());
        Self::new("POST", host, path, &[headers, &[length]].concat(), body)
    }

    fn new(method: &str, host: &str, path: &str, headers: &[String], body: &str) -> Self {
        let host = format!("host: {host}");
        let begin = format!("{method} {path} HTTP/1.1");
        let lines: Vec<&str> = [begin.as_str(), &host]
            .into_iter()
            .chain(headers.iter().map(String::as_str))
            .collect();
        Self {
            text: format!("{}\r\n\r\n{body}", lines.join("\r\n")),
            status: 200,
        }
    }

    /// The same, answered by another status than 200.
    pub(crate) fn answered_by(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// Sends `request` for as long as `time`; how often it was answered.
pub(crate) fn run(port: u16, request: &Request, time: Duration) -> anyhow::Result<u32> {
    let begun = Instant::now();
    let request = request.clone();
    on_every_connection(port, move |connection| {
        let mut answered = 0;
        while begun.elapsed() < time {
            connection.send(&request)?;
            answered += 1;
        }
        Ok(answered)
    })
}

/// Sends what `make` makes of each number below `count`, once.
pub(crate) fn each(
    port: u16,
    count: u32,
    make: impl Fn(u32) -> Request + Send + Sync + 'static,
) -> anyhow::Result<u32> {
    let next = AtomicU32::new(0);
    on_every_connection(port, move |connection| {
        let mut answered = 0;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(answered);
            }
            connection.send(&make(number))?;
            answered += 1;
        }
    })
}

/// Sends a request once; the body of the answer.
pub(crate) fn once(port: u16, request: &Request) -> anyhow::Result<String> {
    let body = Connection::open(port)?.send(request)?;
    String::from_utf8(body).context("an answer that is no text")
}

fn on_every_connection(
    port: u16,
    work: impl Fn(&mut Connection) -> anyhow::Result<u32> + Send + Sync + 'static,
) -> anyhow::Result<u32> {
    let work = Arc::new(work);
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let work = Arc::clone(&work);
            thread::spawn(move || work(&mut Connection::open(port)?))
        })
        .collect();
    let mut answered = 0;
    for connection in connections {
        answered += connection
            .join()
            .map_err(|_| anyhow::anyhow!("a connection panicked"))??;
    }
    Ok(answered)
}

struct Connection {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Connection {
    fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("could not connect")?;
        stream
            .set_nodelay(true)
            .context("could not set up a connection")?;
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .context("could not set a time-out")?;
        let answers = stream.try_clone().context("could not share a connection")?;
        Ok(Self {
            stream,
            answers: BufReader::new(answers),
        })
    }

    /// Sends a request and reads the body of the answer.
    fn send(&mut self, request: &Request) -> anyhow::Result<Vec<u8>> {
        self.stream
            .write_all(request.text.as_bytes())
            .context("could not send a request")?;
        let answers = &mut self.answers;
        let mut line = String::new();
        answers.read_line(&mut line).context("no answer")?;
        if !line.starts_with(&format!("HTTP/1.1 {}", request.status)) {
            let mut rest = String::new();
            drop(answers.take(2000).read_to_string(&mut rest));
            bail!("not what a load expects: {line}{rest}");
        }
        let mut length = 0_usize;
        loop {
            line.clear();
            answers.read_line(&mut line).context("half an answer")?;
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().context("a length that is none")?;
            }
        }
        let mut body = vec![0; length];
        answers
            .read_exact(&mut body)
            .context("an answer ended early")?;
        Ok(body)
    }
}
