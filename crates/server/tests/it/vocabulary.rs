//! Hosted pages, portal and mails speak one language: what means the same is said in the same words.

use std::collections::BTreeMap;

use ui::Messages;

const HOSTED: [&str; 2] = [
    include_str!("../../../idp/locales/en/idp.ftl"),
    include_str!("../../../idp/locales/en/mail.ftl"),
];

const PORTAL: [&str; 3] = [
    include_str!("../../../portal/locales/en/portal.ftl"),
    include_str!("../../../portal/locales/en/account.ftl"),
    include_str!("../../../portal/locales/en/activity.ftl"),
];

/// Every text of the catalogues of both servers, with the name of its catalogue and its id. What they
/// share is in both, once.
fn texts() -> Vec<(String, String)> {
    let shared = Messages::english(&[]);
    let of = |name: &str, sources: &[&str]| -> Vec<(String, String)> {
        let messages = Messages::english(sources);
        assert_eq!(messages.problems(), [""; 0], "{name}");
        let own = messages.ids().filter(|id| !shared.contains(id));
        own.map(|id| {
            let text = messages.pattern(id).unwrap();
            (format!("{name} {id}"), text.to_owned())
        })
        .collect()
    };
    let mut all = of("hosted", &HOSTED);
    all.extend(of("portal", &PORTAL));
    all.extend(shared.ids().map(|id| {
        let text = shared.pattern(id).unwrap();
        (format!("shared {id}"), text.to_owned())
    }));
    // A hyphen at which no line ends is a hyphen.
    all.into_iter()
        .map(|(id, text)| (id, text.replace('\u{2011}', "-")))
        .collect()
}

/// Words that mean what another one means, which is the one that we say.
const SYNONYMS: [(&str, &str); 12] = [
    ("once more", "again"),
    ("log in", "sign on"),
    ("log on", "sign on"),
    ("login", "sign on"),
    ("sign in", "sign on"),
    ("signed in", "signed on"),
    ("log out", "sign off"),
    ("log off", "sign off"),
    ("sign out", "sign off"),
    ("signed out", "signed off"),
    ("sign up", "create account"),
    ("emails", "e-mails"),
];

/// What a text means, as far as that can be told from its words: articles, case and synonyms aside.
fn meaning(text: &str) -> String {
    let lower = text.to_lowercase();
    let lower = SYNONYMS
        .into_iter()
        .fold(lower, |text, (said, meant)| text.replace(said, meant));
    let words = lower.split_whitespace();
    let words = words.filter(|word| !["a", "an", "the"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_means_the_same_is_said_in_the_same_words_everywhere() {
    let mut said: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (id, text) in texts() {
        said.entry(meaning(&text)).or_default().push((id, text));
    }
    for (meaning, texts) in said {
        let (_, first) = &texts[0];
        let differ = texts.iter().any(|(_, text)| text != first);
        assert!(!differ, "`{meaning}` is said in several ways: {texts:#?}");
    }
}

#[test]
fn nothing_is_called_by_a_word_that_we_do_not_use() {
    for (id, text) in texts() {
        let lower = text.to_lowercase();
        for (said, meant) in SYNONYMS.into_iter().skip(1) {
            assert!(
                !lower.contains(said),
                "{id} says `{said}` for `{meant}`: {text}"
            );
        }
    }
}

/// The words of the way in are the shared catalogue's, so that neither side can say others.
#[test]
fn the_way_in_is_named_once() {
    let shared = Messages::english(&[]);
    let names = ["signon-submit", "signon-register", "signon-forgot"];
    let names = names.map(|id| shared.pattern(id).unwrap().to_owned());
    assert_eq!(
        names,
        ["Sign on", "Create account", "Forgot your password?"]
    );
    for (id, text) in texts() {
        assert!(
            !(id.starts_with("portal ") && names.contains(&text)),
            "{id} is in the shared catalogue already"
        );
    }
}
