//! The portal's texts.

/// The catalogue that pages take their texts from.
pub(crate) const TEXTS: &str = concat!(
    include_str!("../locales/en/portal.ftl"),
    include_str!("../locales/en/account.ftl"),
    include_str!("../locales/en/activity.ftl"),
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use ui::Messages;

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    fn own_sources() -> Vec<String> {
        let mut found = Vec::new();
        for folder in ["src", "templates"] {
            sources(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
                &mut found,
            );
        }
        found
    }

    fn without_tests(source: &str) -> &str {
        source.split("#[cfg(test)]").next().unwrap_or_default()
    }

    #[test]
    fn every_text_that_a_page_names_is_in_the_catalogue() {
        let messages = Messages::english(&[TEXTS]);
        assert_eq!(messages.problems(), &[] as &[String]);
        let kinds = [
            "error-",
            "failure-",
            "flash-",
            "home-",
            "label-",
            "nav-",
            "sign-on-refused-",
        ];
        for source in own_sources().iter().map(|source| without_tests(source)) {
            let named = Messages::ids_in_template(source);
            let quoted: BTreeSet<String> = source
                .split('"')
                .skip(1)
                .step_by(2)
                .filter(|text| kinds.iter().any(|kind| text.starts_with(kind)))
                .filter(|text| {
                    text.chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
                })
                .map(str::to_owned)
                .collect();
            for id in named.iter().chain(&quoted) {
                assert!(messages.contains(id), "{id} is no text");
            }
        }
    }

    #[test]
    fn every_text_of_the_catalogue_is_used() {
        let sources = own_sources().join("\n");
        let made = ["claim-", "tile-"];
        for line in TEXTS
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            let id = line.split(" =").next().unwrap();
            let is_used = sources.contains(&format!("\"{id}\""));
            assert!(
                is_used || made.iter().any(|kind| id.starts_with(kind)),
                "{id} is not used"
            );
        }
    }
}
