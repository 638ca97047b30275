//! Prints the `OpenAPI` document of the management API, made from the router's table and the types of
//! bodies and answers: `cargo run -p idp --example openapi`. With a path, writes it there compressed.

use std::fs::File;
use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};

fn main() -> io::Result<()> {
    let document = idp::management_document();
    let Some(path) = std::env::args_os().nth(1) else {
        return writeln!(io::stdout().lock(), "{document:#}");
    };
    let mut out = GzBuilder::new().write(File::create(path)?, Compression::best());
    write!(out, "{document}")?;
    out.finish().map(drop)
}
