//! Talking to the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};

/// No password is longer; what comes through a pipe is read no further.
const LONGEST_LINE: u64 = 4096;

/// Prints a text on standard output. A reader that went away, as `head` does, is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("writing to standard output failed")
        }
        _ => Ok(()),
    }
}

/// Prints a remark on standard error.
pub(super) fn remark(text: &str) {
    // There is nobody left to tell that it failed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints an error with its causes, one a line.
pub(super) fn complain(error: &anyhow::Error) {
    let mut text = format!("error: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Some libraries repeat their cause in their own words.
        if !last.contains(&cause) {
            text.push_str("\n  because ");
            text.push_str(&cause);
        }
        last = cause;
    }
    remark(&text);
}

/// Asks a question that only a clear yes answers.
pub(super) fn is_confirmed(question: &str) -> anyhow::Result<bool> {
    let mut err = io::stderr().lock();
    let asked = write!(err, "{question} Go on? [y/N] ").and_then(|()| err.flush());
    asked.context("asking at the terminal failed")?;
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(LONGEST_LINE)
        .read_line(&mut line)
        .context("reading the answer failed")?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Reads a password: asks for it twice at a terminal, takes one line from a pipe.
pub(super) fn new_password(whose: &str) -> anyhow::Result<SecretString> {
    let password = if io::stdin().is_terminal() {
        let ask = |prompt: String| {
            rpassword::prompt_password(prompt)
                .map(SecretString::from)
                .context("reading the password from the terminal failed")
        };
        let first = ask(format!("New password for {whose}: "))?;
        let second = ask("Once more: ".to_owned())?;
        if first.expose_secret() != second.expose_secret() {
            bail!("the two passwords differ; nothing was changed");
        }
        first
    } else {
        let mut line = String::new();
        io::stdin()
            .lock()
            .take(LONGEST_LINE)
            .read_line(&mut line)
            .context("reading the password from standard input failed")?;
        SecretString::from(line.trim_end_matches(['\r', '\n']).to_owned())
    };
    if password.expose_secret().is_empty() {
        bail!("the password is empty; nothing was changed");
    }
    Ok(password)
}
