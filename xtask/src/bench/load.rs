//! A load of our own: a few connections that stay open and send the same request again and again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How many connections a load has.
const CONNECTIONS: usize = 8;

/// What a load came to.
pub(crate) struct Load {
    /// Requests answered with 200.
    pub(crate) answered: u64,
}

/// Sends `request`, a whole HTTP/1.1 message, for as long as `time`; every answer must be a 200.
pub(crate) fn run(port: u16, request: &str, time: Duration) -> anyhow::Result<Load> {
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let request = request.to_owned();
            thread::spawn(move || one_connection(port, &request, time))
        })
        .collect();
    let mut answered = 0;
    for connection in connections {
        answered += connection
            .join()
            .map_err(|_| anyhow::anyhow!("a connection panicked"))??;
    }
    Ok(Load { answered })
}

fn one_connection(port: u16, request: &str, time: Duration) -> anyhow::Result<u64> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("could not connect")?;
    stream
        .set_nodelay(true)
        .context("could not set up a connection")?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .context("could not set a time-out")?;
    let mut answers = BufReader::new(stream.try_clone().context("could not share a connection")?);
    let begun = Instant::now();
    let mut answered = 0;
    while begun.elapsed() < time {
        stream
            .write_all(request.as_bytes())
            .context("could not send a request")?;
        read_answer(&mut answers)?;
        answered += 1;
    }
    Ok(answered)
}

/// Reads one answer and throws it away.
fn read_answer(answers: &mut impl BufRead) -> anyhow::Result<()> {
    let mut line = String::new();
    answers.read_line(&mut line).context("no answer")?;
    if !line.starts_with("HTTP/1.1 200") {
        let mut rest = String::new();
        drop(answers.take(2000).read_to_string(&mut rest));
        bail!("not what a load expects: {line}{rest}");
    }
    let mut length = 0;
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
    let read = std::io::copy(&mut answers.take(length), &mut std::io::sink())?;
    if read != length {
        bail!("an answer ended early");
    }
    Ok(())
}
