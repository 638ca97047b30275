//! Verdicts, rule by rule, and PingOne's texts.

use proptest::prelude::*;

use super::super::{LengthBounds, SequenceRule};
use super::Verdict::{NotJudged, Satisfied, Unsatisfied};
use super::*;

fn verdict(policy: &PasswordPolicy, id: &str, candidate: &str, context: &Context<'_>) -> Verdict {
    let evaluation = evaluate(policy, candidate, context);
    let judgement = evaluation
        .judgements()
        .iter()
        .find(|judgement| judgement.rule.id() == id);
    judgement
        .unwrap_or_else(|| panic!("the policy has no rule {id}"))
        .verdict
}

fn check(policy: &PasswordPolicy, id: &str, table: &[(&str, Verdict)]) {
    for (candidate, expected) in table {
        let found = verdict(policy, id, candidate, &Context::UNKNOWN);
        assert_eq!(found, *expected, "{id}: {candidate}");
    }
}

#[test]
fn a_good_password_satisfies_the_standard_policy() {
    let context = Context {
        profile: ProfileData::Values(&["ada", "ada@example.com", "Lovelace"]),
        current_password: CurrentPassword::Given("2FederateM0re!"),
        history: History::Clear,
    };
    let evaluation = evaluate(&PasswordPolicy::standard(), "Blue-Kettle#41", &context);
    assert!(evaluation.is_acceptable());
    assert!(
        evaluation
            .judgements()
            .iter()
            .all(|judgement| judgement.verdict == Satisfied)
    );
    assert!(evaluation.to_inner_error().is_empty());
}

#[test]
fn length_counts_scalar_values() {
    check(
        &PasswordPolicy::standard(),
        "length",
        &[
            ("", Unsatisfied),
            ("1234567", Unsatisfied),
            ("12345678", Satisfied),
            ("ääääääää", Satisfied),
            ("ääää", Unsatisfied),
        ],
    );
    let longest = "x".repeat(255);
    check(
        &PasswordPolicy::standard(),
        "length",
        &[(&longest, Satisfied)],
    );
    let four_bytes = "😀".repeat(255);
    check(
        &PasswordPolicy::standard(),
        "length",
        &[(&four_bytes, Satisfied)],
    );
}

#[test]
fn classes_are_counted_each() {
    let policy = PasswordPolicy::basic();
    check(
        &policy,
        "minCharacters-upper",
        &[
            ("abc", Unsatisfied),
            ("aBc", Satisfied),
            ("äÄ", Unsatisfied),
        ],
    );
    check(
        &policy,
        "minCharacters-lower",
        &[("ABC", Unsatisfied), ("AbC", Satisfied)],
    );
    check(
        &policy,
        "minCharacters-digits",
        &[("abc", Unsatisfied), ("a1", Satisfied), ("٣", Unsatisfied)],
    );
    check(
        &policy,
        "minCharacters-symbols",
        &[
            ("abc", Unsatisfied),
            ("a|", Satisfied),
            ("a?", Satisfied),
            ("a b", Unsatisfied),
            ("a'", Unsatisfied),
        ],
    );
}

#[test]
fn repetition_and_variety() {
    let policy = PasswordPolicy::standard();
    check(
        &policy,
        "maxRepeatedCharacters",
        &[
            ("aabbaa", Satisfied),
            ("aaab", Unsatisfied),
            ("baaa", Unsatisfied),
            ("aAa", Satisfied),
        ],
    );
    check(
        &policy,
        "minUniqueCharacters",
        &[("abcdabcd", Unsatisfied), ("abcde", Satisfied)],
    );
}

#[test]
fn profile_values_are_refused_whatever_their_capitals() {
    let policy = PasswordPolicy::standard();
    let context = Context {
        profile: ProfileData::Values(&["", "Ada@Example.com"]),
        ..Context::UNKNOWN
    };
    for (candidate, expected) in [
        ("ada@example.com", Unsatisfied),
        ("ADA@EXAMPLE.COM", Unsatisfied),
        ("ada@example.com1", Satisfied),
        ("", Satisfied),
    ] {
        assert_eq!(
            verdict(&policy, "excludesProfileData", candidate, &context),
            expected
        );
    }
    check(&policy, "excludesProfileData", &[("x", NotJudged)]);
}

#[test]
fn a_password_three_edits_from_the_current_one_is_different() {
    let policy = PasswordPolicy::standard();
    let context = Context {
        current_password: CurrentPassword::Given("2FederateM0re!"),
        ..Context::UNKNOWN
    };
    for (candidate, expected) in [
        ("2FederateM0re!", Unsatisfied),
        ("3FederateM0re!", Unsatisfied),
        ("2FederateM0re!xy", Unsatisfied),
        ("2FederateM0re!xyz", Satisfied),
    ] {
        assert_eq!(
            verdict(&policy, "notSimilarToCurrent", candidate, &context),
            expected
        );
    }
    check(&policy, "notSimilarToCurrent", &[("x", NotJudged)]);
}

#[test]
fn history_is_taken_from_the_store() {
    let policy = PasswordPolicy::standard();
    for (history, expected) in [
        (History::Contains, Unsatisfied),
        (History::Clear, Satisfied),
        (History::Unknown, NotJudged),
    ] {
        let context = Context {
            history,
            ..Context::UNKNOWN
        };
        assert_eq!(verdict(&policy, "history", "x", &context), expected);
    }
}

#[test]
fn complexity_is_the_size_of_the_haystack() {
    check(
        &PasswordPolicy::passphrase(),
        "minComplexity",
        &[
            ("", Unsatisfied),
            ("Ab1!", Unsatisfied),
            // 95 characters, 8 of them: 6.7e15 guesses, 19 hours.
            ("Ab1!Ab1!", Unsatisfied),
            // 9 of them: 73 days.
            ("Ab1!Ab1!x", Satisfied),
            // 26 letters, 12 of them: 11.5 days; 11 of them: 11 hours.
            ("abcdefghijkl", Satisfied),
            ("abcdefghijk", Unsatisfied),
            ("correct horse battery staple", Satisfied),
        ],
    );
}

#[test]
fn sequences_longer_than_allowed_are_refused() {
    let mut policy = PasswordPolicy::new("Sequences");
    policy.alphabet_sequence_rule = Some(SequenceRule { max_length: 2 });
    policy.number_sequence_rule = Some(SequenceRule { max_length: 3 });
    policy.qwerty_sequence_rule = Some(SequenceRule { max_length: 3 });
    policy.shifted_number_row_sequence_rule = Some(SequenceRule { max_length: 3 });
    check(
        &policy,
        "alphabetSequenceRule",
        &[("xab", Satisfied), ("xabc", Unsatisfied)],
    );
    check(
        &policy,
        "numberSequenceRule",
        &[("x123", Satisfied), ("4321", Unsatisfied)],
    );
    check(
        &policy,
        "qwertySequenceRule",
        &[("qwe", Satisfied), ("qwer", Unsatisfied)],
    );
    check(
        &policy,
        "shiftedNumberRowSequenceRule",
        &[("!@#", Satisfied), ("!@#$", Unsatisfied)],
    );
}

#[test]
fn commonly_used_passwords_are_refused() {
    check(
        &PasswordPolicy::basic(),
        "excludesCommonlyUsed",
        &[("Password1!", Unsatisfied), ("Blue-Kettle#41", Satisfied)],
    );
}

#[test]
fn what_is_too_long_is_refused_without_being_computed() {
    for long in ["x".repeat(256), "😀".repeat(257), "x".repeat(1_000_000)] {
        for policy in [PasswordPolicy::standard(), PasswordPolicy::passphrase()] {
            let evaluation = evaluate(&policy, &long, &Context::UNKNOWN);
            let violations: Vec<_> = evaluation.violations().map(Rule::id).collect();
            assert_eq!(violations, ["length"], "{}", policy.name);
            let inner = evaluation.to_inner_error();
            assert_eq!(
                inner["length"],
                "The provided password is longer than the maximum allowed length of 255 characters"
            );
        }
    }
}

/// The violation body of PingOne's management API, as recorded.
#[test]
fn the_inner_error_is_pingones() {
    let inner = evaluate(&PasswordPolicy::standard(), "aaa", &Context::UNKNOWN).to_inner_error();
    assert_eq!(
        inner["unsatisfiedRequirements"],
        serde_json::json!([
            "excludesCommonlyUsed",
            "length",
            "maxRepeatedCharacters",
            "minUniqueCharacters",
            "minCharacters",
            "minCharacters",
            "minCharacters"
        ])
    );
    assert_eq!(
        inner["excludesCommonlyUsed"],
        "The provided password (or a variant of that password) was found in a list of prohibited passwords"
    );
    assert_eq!(
        inner["length"],
        "The provided password is shorter than the minimum required length of 8 characters"
    );
    assert_eq!(
        inner["minCharacters"],
        "The provided password did not contain enough characters from the character set 'ZYXWVUTSRQPONMLKJIHGFEDCBA'.  The minimum number of characters from that set that must be present in user passwords is 1"
    );
    assert_eq!(
        inner["minUniqueCharacters"],
        "The provided password does not contain enough unique characters.  The minimum number of unique characters that may appear in a user password is 5"
    );
    assert_eq!(
        inner["maxRepeatedCharacters"],
        "The provided password is not acceptable because it contains a character repeated more than 2 times in a row"
    );

    let inner = evaluate(&PasswordPolicy::basic(), "passwordA1", &Context::UNKNOWN);
    let text = inner.to_inner_error()["minCharacters"].clone();
    assert!(
        text.as_str()
            .unwrap()
            .contains(r"'?/><.,:;|}{][+=_-)(*&^%$#@!~'"),
        "{text}"
    );
}

#[test]
fn a_shorter_maximum_is_judged_by_the_rule() {
    let mut policy = PasswordPolicy::new("Short");
    policy.length = Some(LengthBounds { min: 1, max: 4 });
    let evaluation = evaluate(&policy, "12345", &Context::UNKNOWN);
    assert!(!evaluation.is_acceptable());
    let text = evaluation.to_inner_error()["length"].clone();
    assert!(
        text.as_str()
            .unwrap()
            .contains("maximum allowed length of 4"),
        "{text}"
    );
}

#[test]
fn the_current_password_is_not_shown() {
    let context = Context {
        current_password: CurrentPassword::Given("2FederateM0re!"),
        ..Context::UNKNOWN
    };
    assert!(!format!("{context:?}").contains("Federate"));
}

proptest! {
    #[test]
    fn any_text_gets_a_verdict_on_every_rule(candidate in any::<String>(), current in any::<String>()) {
        let context = Context {
            profile: ProfileData::Values(&["ada"]),
            current_password: CurrentPassword::Given(&current),
            history: History::Clear,
        };
        for policy in [PasswordPolicy::standard(), PasswordPolicy::passphrase()] {
            let evaluation = evaluate(&policy, &candidate, &context);
            prop_assert_eq!(evaluation.judgements().len(), policy.rules().len());
            let named = evaluation.to_inner_error();
            prop_assert_eq!(named.is_empty(), evaluation.is_acceptable());
        }
    }
}
