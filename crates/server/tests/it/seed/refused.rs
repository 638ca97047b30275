//! Seeds that are wrong, and what is said of them.

use latchkey::seed::{self, Seed};

use super::{everything, latchkey, text};

/// Why a seed of this text cannot be used.
async fn refusal(text: &str) -> String {
    let seed = match Seed::parse(text, "seed.toml") {
        Ok(seed) => seed,
        Err(error) => return error.to_string(),
    };
    let tried = seed::brought_up(&seed, true).await.unwrap();
    tried.remarks.join("\n")
}

#[tokio::test]
async fn a_refusal_names_the_file_the_line_the_table_the_member_and_what_to_do() {
    let within = |text: &str| format!("[[environments]]\nname = \"E\"\n\n{text}");
    for (text, expected) in [
        ("x = ".to_owned(), "seed.toml line 1: is not TOML"),
        (
            "[environments]\nname = \"E\"".to_owned(),
            "seed.toml line 1: is a list: write [[environments]]",
        ),
        (
            "[portal]\napplication = \"A\"".to_owned(),
            "at least one [[environments]]",
        ),
        (
            "[portal]\nworkers = \"A\"".to_owned(),
            "seed.toml line 2, [portal]: `workers` is not known",
        ),
        (
            "[[environments]]\nname = \"E\"\npopulation = []".to_owned(),
            "seed.toml line 1, [[environments]]: `population` is nothing that an environment has; \
             is populations meant?",
        ),
        (
            within("[environments.users]\nusername = \"ada\""),
            "seed.toml line 4, [[environments]]: users is a list: write [[environments.users]]",
        ),
        (
            within("[[environments.mfaSettings]]"),
            "mfaSettings is a section: write [environments.mfaSettings]",
        ),
        (
            within("[[environments.groups]]\nid = \"7\"\nname = \"G\""),
            "seed.toml line 5, [[environments.groups]]: id is a UUID",
        ),
        (
            within("[[environments.groups]]\ndescription = \"G\""),
            "seed.toml line 4, [[environments.groups]]: name is missing",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\n[[environments.groups]]\nname = \"G\""),
            "seed.toml line 6, [[environments.groups]] G: there is another one (line 4)",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\ndescripton = \"x\""),
            "seed.toml line 4, [[environments.groups]] G: `descripton` is no member of one of \
             groups; take it away",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\npopulation = \"Defalt\""),
            "seed.toml line 4, [[environments.groups]] G: population: nothing in populations is \
             called `Defalt`; is `Default` meant?",
        ),
        (
            within("[[environments.groups]]\nname = \"G\"\nunset = [\"description\"]"),
            "unset: takes members from what every environment begins with, and this is new",
        ),
        (
            within("[[environments.users]]\nusername = \"ada\"\nemail = \"nobody\""),
            "seed.toml line 4, [[environments.users]] ada: email: ",
        ),
        (
            within(
                "[[environments.users]]\nusername = \"a\"\nemail = \"a@b.example\"\npassword = \"a\"",
            ),
            "seed.toml line 4, [[environments.users]] a: password",
        ),
        (
            within(
                "[[environments.users]]\nusername = \"a\"\nemail = \"a@b.example\"\npasswordHash = \"{SHA}x\"",
            ),
            "[[environments.users]] a: passwordHash: is no hash that can be checked here: the PHC \
             string of Argon2id is expected",
        ),
        (
            within("[[environments]]\nname = \"e\""),
            "seed.toml line 4, [[environments]] e: another environment (line 1) has the same name",
        ),
        (
            "[[environments]]\nid = \"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1\"\nname = \"E\"\n\
             [[environments]]\nid = \"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1\"\nname = \"F\""
                .to_owned(),
            "seed.toml line 4, [[environments]] F: another environment (line 1) has the same id",
        ),
        (
            within("[[environments.schemas]]\nname = \"Pet\""),
            "every environment has the same schemas, and none of this name",
        ),
        (
            "[[environments]]\nname = \"E\"\nwithout = [\"passwordPolicies/Other\"]".to_owned(),
            "without: every environment begins without passwordPolicies/Other",
        ),
    ] {
        let refused = refusal(&text).await;
        assert!(
            refused.contains(expected),
            "{text}\n{refused}\nwithout {expected}"
        );
    }
}

#[tokio::test]
async fn a_seed_says_no_password_and_no_secret_when_it_is_refused() {
    let seed = Seed::read(&everything()).unwrap();
    let shown = format!("{seed:?}");
    for secret in [
        "of-the-shop",
        "of-the-mail-server",
        "Sunny-Harbour-42",
        "of-the-hooks",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let hash = "[[environments]]\nname = \"E\"\n[[environments.users]]\nusername = \"a\"\n\
                email = \"a@b.example\"\npasswordHash = \"not-to-be-told\"";
    assert!(!refusal(hash).await.contains("not-to-be-told"));
}

#[tokio::test]
async fn a_seed_that_cannot_be_brought_up_is_compared_and_no_secret_of_it_is_told() {
    let written = std::fs::read_to_string(everything()).unwrap();
    let failing = format!("{written}\n[[environments.groups]]\nname = \"G\"\nnobody = \"knows\"\n");
    let place = tempfile::tempdir().unwrap();
    let (full, bare) = (
        place.path().join("full.toml"),
        place.path().join("bare.toml"),
    );
    std::fs::write(&full, failing).unwrap();
    std::fs::write(&bare, "[[environments]]\nname = \"Everything\"\n").unwrap();
    let (full, bare) = (full.display().to_string(), bare.display().to_string());
    for sides in [[&full, &bare], [&bare, &full]] {
        let arguments = [
            "environment",
            "diff",
            sides[0],
            sides[1],
            "--users",
            "--json",
        ];
        let output = latchkey(&arguments).await;
        let (told, remarks) = (text(&output.stdout), text(&output.stderr));
        assert!(
            remarks.contains("it cannot be brought up here"),
            "{remarks}"
        );
        assert!(
            told.contains("groups G") && told.contains("users ada"),
            "{told}"
        );
        for secret in [
            "of-the-",
            "of-twilio",
            "of-recaptcha",
            "a-secret",
            "Sunny-Harbour-42",
            "argon2id",
        ] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
}
