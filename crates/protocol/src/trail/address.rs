//! What may be shown of an address: scheme, host and path, as they were written, so that two of them
//! can be compared. User, query and fragment may carry secrets, and so may what looks like them.

use url::Url;

use super::visible::visible;

/// What begins a query, a fragment or parameters: plain, encoded, or encoded twice.
const MARKS: [&str; 12] = [
    "?", "#", ";", "&", "=", "%3f", "%23", "%3b", "%26", "%3d", "%25", "\\",
];

/// What stands between a user and a host, plain and encoded.
const BEHIND_USER: [&str; 2] = ["@", "%40"];

/// Longer paths are cut, in characters.
const LONGEST_PATH: usize = 256;

/// What is shown of an address: of this site, of the web, or of a native application.
pub(super) fn shown(text: &str) -> Option<String> {
    if text.starts_with('/') && !text.starts_with("//") && !text.starts_with("/\\") {
        return Some(before_marks(text));
    }
    let url = Url::parse(text).ok()?;
    if url.cannot_be_a_base() {
        return Some(format!("{}:…", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return without_user(&url);
    }
    // Not as it was parsed: that would make equal what is compared by character.
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.trim_start().eq_ignore_ascii_case(url.scheme());
    if !is_scheme {
        return None;
    }
    let Some(rest) = rest.strip_prefix("//") else {
        let is_of_an_application = !matches!(url.scheme(), "http" | "https");
        return is_of_an_application.then(|| format!("{scheme}:{}", before_marks(rest)));
    };
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let is_plain = |c: char| c.is_alphanumeric() || ".-_:[]".contains(c);
    let path = before_marks(path);
    host.chars()
        .all(is_plain)
        .then(|| format!("{scheme}://{host}{path}"))
}

/// What is shown of a path, on one line.
pub fn shown_path(path: &str) -> String {
    let shown = before_marks(path);
    visible(&shown).chars().take(LONGEST_PATH).collect()
}

fn without_user(url: &Url) -> Option<String> {
    let (scheme, host) = (url.scheme(), url.host_str()?);
    let port = url
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    let mut shown = format!("{scheme}://{host}{port}{}", before_marks(url.path()));
    if let Some(mark) = url.query().map(|_| '?').or(url.fragment().map(|_| '#')) {
        shown.push(mark);
        shown.push('…');
    }
    Some(shown)
}

/// A path up to the first mark, and that there is one.
fn before_marks(path: &str) -> String {
    // Keeps the places of all characters.
    let folded = path.to_ascii_lowercase();
    let places = MARKS.iter().filter_map(|mark| {
        let start = folded.find(mark)?;
        Some((start, start + mark.len()))
    });
    let (before, with_mark) = places.min().unwrap_or((path.len(), path.len()));
    let (no_query, _) = folded.split_once(['?', '#']).unwrap_or((&folded, ""));
    if BEHIND_USER.iter().any(|mark| no_query.contains(mark)) {
        return if path.starts_with('/') { "/…" } else { "…" }.to_owned();
    }
    // A mark is found where a character begins.
    let mut shown = path.get(..with_mark).unwrap_or_default().to_owned();
    if with_mark > before {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::Shown;
    use super::shown_path;

    #[test]
    fn addresses_lose_what_may_be_secret() {
        for (address, shown) in [
            ("https://app.example/cb", "https://app.example/cb"),
            ("https://app.example/cb?x=1", "https://app.example/cb?…"),
            ("https://app.example#token", "https://app.example#…"),
            ("com.example.app://cb", "com.example.app://cb"),
            ("/profile?x=1", "/profile?…"),
            ("https://u:p@app.example/", "https://app.example/"),
            ("https://app.example:8443", "https://app.example:8443"),
            ("HTTPS://App.example/cb/", "HTTPS://App.example/cb/"),
            ("https://[::1]:80/cb", "https://[::1]:80/cb"),
            ("com.example.app:/cb", "com.example.app:/cb"),
            ("com.example.app:/cb?x=1", "com.example.app:/cb?…"),
            ("mailto:ada@example.com", "mailto:…"),
            ("/@ada", "/…"),
        ] {
            assert_eq!(Shown::address(address).to_string(), shown);
        }
    }

    #[test]
    fn no_user_and_nothing_that_may_be_a_query_is_shown() {
        for address in [
            "//me:S3CRET@host/cb",
            "/\\me:S3CRET@host/cb",
            "/\t/me:S3CRET@host/cb",
            "https:me:S3CRET@host",
            "https:/me:S3CRET@host",
            "https:///me:S3CRET@host",
            "https:\\\\me:S3CRET@host",
            " https://me:S3CRET@host",
            "https://S3CRET@host/cb",
            "https://S3CRET;x@host/cb",
            "https://me:S3CRET@host@host/cb",
            "https://me%3AS3CRET%40host/cb",
            "ht\ntps://me:S3CRET@host",
            "https://me:S3CRET\t@host",
            "https://me:S3CRET/@host",
            "https://host;token=S3CRET/cb",
            "https://host/me:S3CRET@other",
            "https://host/cb?token=S3CRET",
            "https://host/cb#token=S3CRET",
            "https://host/cb%3Ftoken=S3CRET",
            "https://host/cb%3ftoken%3dS3CRET",
            "https://host/cb%23S3CRET",
            "https://host/cb%253Ftoken%253DS3CRET",
            "https://host/cb;token=S3CRET",
            "https://host/cb&S3CRET",
            "com.example.app://me:S3CRET@cb",
            "com.example.app://me%3AS3CRET%40cb",
            "com.example.app:me:S3CRET@cb",
            "com.example.app:/cb%3FS3CRET",
            "data:text/html,S3CRET",
            "/cb%3Ftoken=S3CRET",
            "/cb;token=S3CRET",
            "me:S3CRET@host",
            "S3CRET",
        ] {
            let shown = Shown::address(address).to_string();
            assert!(!shown.contains("S3CRET"), "{address}: {shown}");
            let path = shown_path(address.trim_start_matches("https:"));
            let is_user = address.contains('@') || address.contains('?');
            assert!(!is_user || !path.contains("S3CRET"), "{address}: {path}");
        }
    }
}
