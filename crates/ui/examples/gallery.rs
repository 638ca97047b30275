//! Writes a gallery of all components as HTML files, with the vendored files beside them.
//!
//! `cargo run -p ui --example gallery -- DIRECTORY`, then open the files in a browser.

#[path = "../tests/it/samples.rs"]
mod samples;

use std::{error::Error, fs, path::PathBuf};

use axum::{Router, body::Body, body::to_bytes, http::Request};
use tower::ServiceExt as _;
use ui::Brand;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args()
        .nth(1)
        .ok_or("name a directory to write to")?;
    let directory = PathBuf::from(directory);
    fs::create_dir_all(directory.join("assets"))?;
    let router: Router = Brand::default().asset_router();
    for (name, html) in samples::all().await? {
        for path in addresses(&html) {
            let answer = router
                .clone()
                .oneshot(Request::get(path).body(Body::empty())?)
                .await?;
            let bytes = to_bytes(answer.into_body(), 1 << 20).await?;
            fs::write(directory.join(path.trim_start_matches('/')), bytes)?;
        }
        let html = html.replace("\"/assets/", "\"assets/");
        fs::write(directory.join(name).with_extension("html"), html)?;
    }
    Ok(())
}

/// The addresses of vendored files in a page.
fn addresses(html: &str) -> Vec<&str> {
    html.split('"')
        .filter(|value| value.starts_with("/assets/"))
        .collect()
}
