//! Whether the browser tests looked at every page of the portal: each of its table of pages is opened
//! by somebody, and held against what pages have to look like.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::root;

/// Where the browser tests note the paths that they looked at, a line each.
pub(crate) const LOOKED_AT: &str = "looked-at.txt";

/// Pages of the table that show nothing: they lead elsewhere, or are a file.
const SHOW_NOTHING: [&str; 3] = ["/login", "/data/download", "/.well-known/change-password"];

/// Says which pages nobody looked at; whether there is none.
pub(crate) fn check(screenshots: &Path) -> anyhow::Result<bool> {
    let notes = screenshots.join(LOOKED_AT);
    let notes = fs::read_to_string(&notes)
        .with_context(|| format!("nothing was looked at: {}", notes.display()))?;
    let table = root().join("crates/portal/src/paths.rs");
    let pages = pages(&fs::read_to_string(table)?);
    anyhow::ensure!(pages.len() > 10, "the table of pages cannot be read");
    let seen: BTreeSet<&str> = notes.lines().collect();
    let overlooked: Vec<&String> = pages
        .iter()
        .filter(|page| !seen.iter().any(|path| is_at(page, path)))
        .collect();
    for page in &overlooked {
        println!("tests/browser looks at no page like {page}: open it, and say looksRight");
    }
    Ok(overlooked.is_empty())
}

/// The pages of the portal's table that a GET shows.
fn pages(table: &str) -> Vec<String> {
    let path_of = |name: &str| {
        let line = format!("const {name}: &str = \"");
        let (_, rest) = table.split_once(&line)?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let rows = table.lines().filter_map(|line| {
        let row = line.trim().strip_prefix("page(Name::")?;
        let mut columns = row.split(',').map(str::trim);
        let (_, path, takes) = (columns.next()?, columns.next()?, columns.next()?);
        (takes != "Takes::Post").then(|| path_of(path)).flatten()
    });
    rows.filter(|path| !SHOW_NOTHING.contains(&path.as_str()))
        .collect()
}

/// Whether a path is one of a page's, of which parts in braces differ.
fn is_at(page: &str, path: &str) -> bool {
    let (page, path) = (page.split('/'), path.split('/'));
    page.clone().count() == path.clone().count()
        && page
            .zip(path)
            .all(|(part, found)| part == found || (part.starts_with('{') && found.contains('-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
pub(crate) const USERS: &str = "/users";
pub(crate) const USER: &str = "/users/{id}";
pub(crate) const SIGN_ON: &str = "/login";
    page(Name::Users,       USERS,   Takes::Get,        Limit::None, USERS),
    page(Name::User,        USER,    Takes::GetAndPost, Limit::None, USER),
    page(Name::SignOn,      SIGN_ON, Takes::Get,        Limit::SignOn, SIGN_ON),
    page(Name::UserUnlock,  USER,    Takes::Post,       Limit::None, USER),
"#;

    #[test]
    fn pages_are_those_of_the_table_that_show_something() {
        assert_eq!(pages(TABLE), ["/users", "/users/{id}"]);
    }

    #[test]
    fn an_id_stands_for_the_part_that_differs_and_for_nothing_else() {
        let id = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
        assert!(is_at("/users/{id}", &format!("/users/{id}")));
        assert!(!is_at("/users/{id}", "/users/new"));
        assert!(!is_at("/users/{id}", &format!("/users/{id}/edit")));
        assert!(!is_at("/users", "/users/"));
    }
}
