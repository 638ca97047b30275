//! What languages are called in English, from the tags of RFC 5646 as far as they are used here:
//! a language, and a script and a territory behind it.

/// `TAG NAME` on each line; lines that begin with `#` say where they come from.
const NAMES: &str = include_str!("names.txt");

/// What a language is called, such as `French (Canada)`; `None` for what is no language.
pub(crate) fn english(tag: &str) -> Option<String> {
    let mut subtags = tag.split('-');
    let language = subtags.next().filter(|tag| is_language(tag))?;
    let language = find(language)?;
    let mut rest = subtags.next();
    let script = rest.filter(|tag| is_script(tag));
    if script.is_some() {
        rest = subtags.next();
    }
    if rest.is_some_and(|tag| !is_territory(tag)) || subtags.next().is_some() {
        return None;
    }
    let mut more = Vec::new();
    for tag in [script, rest].into_iter().flatten() {
        more.push(find(tag)?);
    }
    Some(if more.is_empty() {
        language.to_owned()
    } else {
        format!("{language} ({})", more.join(", "))
    })
}

fn is_language(tag: &str) -> bool {
    matches!(tag.len(), 2 | 3) && tag.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_script(tag: &str) -> bool {
    tag.len() == 4
}

fn is_territory(tag: &str) -> bool {
    tag.len() == 2 && tag.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn find(tag: &str) -> Option<&'static str> {
    let mut names = NAMES.lines().filter_map(|line| line.split_once(' '));
    names.find(|(one, _)| *one == tag).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_language_script_and_territory() {
        for (tag, name) in [
            ("fr", Some("French")),
            ("fr-FR", Some("French (France)")),
            ("cy-GB", Some("Welsh (United Kingdom)")),
            ("sr-Latn-BA", Some("Serbian (Latin, Bosnia & Herzegovina)")),
            ("", None),
            ("#", None),
            ("FR", None),
            ("fr-", None),
            ("fr-fr", None),
            ("fr-FR-x", None),
            ("qq", None),
            ("fr-QQ", None),
        ] {
            assert_eq!(english(tag).as_deref(), name, "{tag}");
        }
    }
}
