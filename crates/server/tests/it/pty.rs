//! A terminal in front of which nobody sits.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Runs the program as a person does at a terminal, who then types `input`. Gives what it wrote to
/// standard output, which leads elsewhere, and what stands on the terminal.
pub(crate) fn run_at_terminal(command: &mut Command, input: &str) -> (Output, String) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let mut options = File::options();
    options.read(true).write(true);
    let terminal = options.open(name.to_str().unwrap()).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&terminal, size).unwrap();
    let mut controller = File::from(controller);
    controller.write_all(input.as_bytes()).unwrap();
    let child = command
        .env_clear()
        .env("TERM", "xterm")
        .stdin(terminal.try_clone().unwrap())
        .stderr(terminal)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The command holds the terminal open, too, until it is given another one.
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let mut seen = Vec::new();
    // Linux reports an error when the last program has left the terminal.
    let _ = controller.read_to_end(&mut seen);
    let seen = String::from_utf8(seen).unwrap();
    (child.wait_with_output().unwrap(), seen)
}
