//! Prints the `OpenAPI` document of the control API, made from its router's table and the types of
//! bodies and answers: `cargo run -p latchkey --example control_openapi`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    writeln!(io::stdout().lock(), "{:#}", latchkey::control::document())
}
