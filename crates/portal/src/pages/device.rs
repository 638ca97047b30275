//! What a browser calls itself, in words that its owner recognises it by.

use crate::visit::Visit;

/// Browsers by what their `User-Agent` has, the more particular first: most of them name others too.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("curl/", "curl"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// What a browser is, in words.
pub(crate) fn in_words(visit: &Visit, user_agent: Option<&str>) -> String {
    let messages = visit.portal().site().messages();
    match parts(user_agent.unwrap_or_default()) {
        (Some(browser), Some(system)) => {
            messages.format("device", &[("browser", browser), ("system", system)])
        }
        (Some(known), None) | (None, Some(known)) => known.to_owned(),
        (None, None) => messages.text("device-unknown"),
    }
}

/// The browser and the system that a `User-Agent` speaks of; either may be unknown.
pub(crate) fn parts(user_agent: &str) -> (Option<&'static str>, Option<&'static str>) {
    let find = |known: &'static [(&'static str, &'static str)]| {
        let mut known = known.iter();
        known
            .find(|(sign, _)| user_agent.contains(sign))
            .map(|(_, name)| *name)
    };
    (find(BROWSERS), find(SYSTEMS))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_browser_is_called_by_its_own_name_and_not_by_those_it_claims_to_be_like() {
        let apple = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, expected) in [
            (
                format!("Mozilla/5.0 (X11; Linux x86_64) {apple} Chrome/141.0.0.0 Safari/537.36"),
                (Some("Chrome"), Some("Linux")),
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {apple} Chrome/141.0.0.0 \
                     Safari/537.36 Edg/141.0.0.0"
                ),
                (Some("Edge"), Some("Windows")),
            ),
            (
                format!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {apple} Version/18.0 \
                     Mobile/15E148 Safari/604.1"
                ),
                (Some("Safari"), Some("iPhone")),
            ),
            ("a-program".to_owned(), (None, None)),
        ] {
            assert_eq!(parts(&user_agent), expected, "{user_agent}");
        }
    }
}
