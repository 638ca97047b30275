//! Prints which operations of PingOne's management API the environment answers, as a Markdown
//! table made from the router itself: `cargo run -p idp --example coverage`.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let mut paths: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for operation in idp::management_operations() {
        let action = match operation.media_type {
            Some(media_type) => format!("{} `{media_type}`", operation.method),
            None => operation.method.to_string(),
        };
        paths.entry(operation.path).or_default().push(action);
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "# What of PingOne's management API is there\n\n\
         Written by `cargo xtask generate` from the router's own table.\n\
         Everything else below `/v1` answers 404 `NOT_FOUND`, a method that a path does not offer \
         405, a media type that it does not know 415, each in PingOne's shape.\n\n\
         | path below `/v1` | operations |\n|---|---|"
    )?;
    for (path, actions) in paths {
        writeln!(out, "| `{path}` | {} |", actions.join("<br>"))?;
    }
    Ok(())
}
