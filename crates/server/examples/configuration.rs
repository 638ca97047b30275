//! Prints the page of all settings, made from what the program reads its configuration by:
//! `cargo run -p latchkey --example configuration`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout()
        .lock()
        .write_all(latchkey::config::reference().as_bytes())
}
