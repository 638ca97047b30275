//! Names and mail addresses of people: what they may hold, and when two of them are the same.
//!
//! Both sides of the wire compare them: a server that looks somebody up, and a client that picks a
//! user out of a list. The rules are those of RFC 8265 (usernames, passwords) and RFC 5322 with
//! RFC 5891 (mail addresses).

use std::fmt;
use std::net::IpAddr;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use zeroize::Zeroizing;

/// PingOne's limit of `username` in characters (users, "User properties").
pub const MAX_USERNAME_CHARACTERS: usize = 128;

/// A path of 256 octets, its angle brackets taken off
/// ([RFC 5321 §4.5.3.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3)).
const MAX_ADDRESS_BYTES: usize = 254;

/// Nothing longer is worth a look: an internationalised domain shrinks or grows by less.
const MAX_TYPED_BYTES: usize = 1024;

/// The form in which names are compared: compatibility-composed, case folded, without white space
/// around it. Two names with one form are one name.
///
/// This is the comparison of the profile `UsernameCaseMapped`
/// ([RFC 8265 §3.3](https://www.rfc-editor.org/rfc/rfc8265#section-3.3)) with full case folding
/// instead of lower-casing, so that `Σ`, `σ` and `ς` are one letter, and with compatibility
/// composition instead of width mapping, which the profile does not need because it refuses such
/// characters.
pub fn fold(text: &str) -> String {
    let compose = ComposingNormalizerBorrowed::new_nfkc();
    let mapper = CaseMapper::new();
    // Folding can bring new characters to compose, and composing new ones to fold (Unicode 3.13,
    // D146).
    let once = compose.normalize(text.trim());
    let once = mapper.fold_string(&once);
    let twice = compose.normalize(&once);
    let twice = mapper.fold_string(&twice);
    compose.normalize(&twice).trim().to_owned()
}

/// The form in which usernames and mail addresses are looked up: that of the address where the
/// text is one, else [`fold`].
///
/// ```
/// use pingone_protocol::names::name_key;
///
/// assert_eq!(name_key("Straße"), name_key("STRASSE"));
/// ```
pub fn name_key(text: &str) -> String {
    EmailAddress::parse(text.trim()).map_or_else(|_| fold(text), |address| address.key())
}

/// Whether a text can be a username: PingOne takes letters, marks, spaces, symbols, digits and
/// punctuation of all alphabets (users, `username`), so all but what cannot be seen.
pub fn is_username(text: &str) -> bool {
    let length = text.chars().count();
    (1..=MAX_USERNAME_CHARACTERS).contains(&length)
        && !text.trim().is_empty()
        && text.chars().all(is_visible)
}

/// Whether a character can be seen, or is the space: with others, two names look alike, or one
/// reads backwards.
///
/// Decided by the character's Unicode properties: no control or format character, separator of
/// lines, other space, character for private use or without meaning, and none that is shown as
/// nothing (`Default_Ignorable_Code_Point`).
pub fn is_visible(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    let has_meaning = !matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    );
    let is_other_space = category == GeneralCategory::SpaceSeparator && character != ' ';
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    has_meaning && !is_other_space && !ignorable.contains(character)
}

/// Whether a character only adds to the one before it, as accents do.
pub fn is_mark(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(
        category,
        GeneralCategory::EnclosingMark
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
    )
}

/// Whether a text can be a family or whole name: PingOne takes letters, marks, digits, spaces,
/// apostrophes, full stops and hyphens (users, `name.family`).
///
/// ```
/// use pingone_protocol::names::is_person_name;
///
/// assert!(is_person_name("O'Neill-Brown jr."));
/// assert!(!is_person_name("<b>"));
/// ```
pub fn is_person_name(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || is_mark(c) || matches!(c, ' ' | '\'' | '.' | '-'))
}

/// A password as it is hashed, whatever keyboard it is typed on: every space is a space, and
/// characters are composed.
///
/// This is the profile `OpaqueString`
/// ([RFC 8265 §4.2](https://www.rfc-editor.org/rfc/rfc8265#section-4.2)), as NIST SP 800-63B
/// §3.1.1.2 advises.
pub fn prepared_password(text: &str) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let spaced: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .map(|character| match categories.get(character) {
                GeneralCategory::SpaceSeparator => ' ',
                _ => character,
            })
            .collect(),
    );
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(&spaced)
        .into_owned()
}

/// A domain in its ASCII form ([RFC 5891](https://www.rfc-editor.org/rfc/rfc5891), processed as
/// UTS #46 says), if it is one.
pub fn ascii_domain(text: &str) -> Option<String> {
    if text.len() > MAX_TYPED_BYTES {
        return None;
    }
    Uts46::new()
        .to_ascii(
            text.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::Check,
            DnsLength::Verify,
        )
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Why a text is no mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEmail {
    /// There is no `@`.
    #[error("an email address has an @")]
    NoAt,
    /// What stands before the `@` is none of RFC 5322's local parts, or is not ASCII.
    #[error("the part before the @ is none that mail can be sent to")]
    LocalPart,
    /// What stands behind the `@` is no full domain name.
    #[error("the part behind the @ is no full domain name")]
    Domain,
    /// It is longer than mail servers take.
    #[error("an email address has at most {MAX_ADDRESS_BYTES} bytes")]
    TooLong,
}

/// A mail address that mail can be sent to over the internet.
///
/// It is an `addr-spec` ([RFC 5322 §3.4.1](https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1))
/// of ASCII characters with a full domain name, without a display name, a comment, an address
/// literal or a local part that needs quotes.
///
/// An internationalised domain is kept in its ASCII form, a domain in small letters, and a local
/// part without quotes that it does not need, so that one mailbox has one address.
///
/// ```
/// use pingone_protocol::names::EmailAddress;
///
/// let address = EmailAddress::parse("Ada@BÜCHER.example").unwrap();
/// assert_eq!(address.as_str(), "Ada@xn--bcher-kva.example");
/// assert!(EmailAddress::parse("Ada <ada@example.com>").is_err());
/// ```
///
/// ```
/// use pingone_protocol::names::EmailAddress;
///
/// let address = EmailAddress::parse("Ada@BÜCHER.example")?;
/// assert_eq!(address.domain(), "xn--bcher-kva.example");
/// assert!(EmailAddress::parse("Ada <ada@example.com>").is_err(), "an address has no display name");
/// # Ok::<(), pingone_protocol::names::InvalidEmail>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`InvalidEmail`] says which part is none.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if text.len() > MAX_TYPED_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail::NoAt)?;
        let local = local_part(local).ok_or(InvalidEmail::LocalPart)?;
        let domain = ascii_domain(domain).ok_or(InvalidEmail::Domain)?;
        let is_full = domain.contains('.') && domain.parse::<IpAddr>().is_err();
        let top = domain.rsplit('.').next().unwrap_or_default();
        let is_number = top.chars().all(|character| character.is_ascii_digit());
        if !is_full || is_number || !email_address::EmailAddress::is_valid_domain(&domain) {
            return Err(InvalidEmail::Domain);
        }
        let at = local.len();
        let text = format!("{local}@{domain}");
        if text.len() > MAX_ADDRESS_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        Ok(Self { text, at })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The domain, in ASCII and small letters.
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The form in which addresses are compared: mail servers may tell small letters from capital
    /// ones before the `@`, and none does.
    pub fn key(&self) -> String {
        fold(&self.text)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A local part without quotes, which make another text of one mailbox. One that needs them is
/// refused: no provider gives such addresses out, and mailers do not agree on how they are written.
fn local_part(typed: &str) -> Option<String> {
    let is_valid = |part: &str| email_address::EmailAddress::is_valid_local_part(part);
    if !typed.is_ascii() || !is_valid(typed) {
        return None;
    }
    let quoted = typed
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(quoted) = quoted else {
        return Some(typed.to_owned());
    };
    let mut plain = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => characters.next()?,
            other => other,
        });
    }
    (is_valid(&plain) && !plain.starts_with('"')).then_some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn aliases_of_a_name_have_one_key() {
        for alias in ["Ada", " ada ", "ＡＤＡ", "aDa", "\u{3000}ada"] {
            assert_eq!(fold(alias), "ada", "{alias}");
        }
        for (one, other) in [
            ("Jose\u{301}", "José"),
            ("ﬁn", "fin"),
            ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
            ("STRASSE", "straße"),
            ("ｶﾞ", "ガ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        assert_ne!(fold("ada"), fold("adá"));
    }

    proptest! {
        #[test]
        fn folding_what_is_folded_changes_nothing(text in "\\PC{0,12}") {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }

        /// Keys were once lower case instead of folded; a server brings those up to date alone.
        #[test]
        fn folding_a_name_in_lower_case_gives_the_key_of_the_name(
            text in "\\PC{0,12}|[\"a-zA-ZäÄßẞΣςİ]{1,6}@[a-zA-ZäÄßΣ。ｅ]{1,6}\\.[a-zA-Z]{2,3}",
        ) {
            let compose = ComposingNormalizerBorrowed::new_nfkc();
            let lower: String = compose
                .normalize(text.trim())
                .chars()
                .flat_map(char::to_lowercase)
                .collect();
            prop_assert_eq!(name_key(&compose.normalize(&lower)), name_key(&text));
        }

        #[test]
        fn what_is_read_as_an_address_is_read_again_as_the_same(
            local in "[ -~]{1,12}",
            domain in "[a-zA-Z0-9äßΣ。.-]{1,16}",
        ) {
            if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}")) {
                prop_assert!(address.as_str().is_ascii());
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }
    }

    #[test]
    fn names_of_all_alphabets_are_names() {
        for name in [
            "ada",
            "Ada Lovelace",
            "арина",
            "陳",
            "o'brien+test@example.com",
            "🦀",
            "नमस्ते",
        ] {
            assert!(is_username(name), "{name}");
        }
        let long = "x".repeat(129);
        for name in ["", " ", "a\u{0}", "a\nb", &long] {
            assert!(!is_username(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_shows_all_that_it_holds() {
        for unseen in [
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{180b}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2028}',
            '\u{2029}',
            '\u{2064}',
            '\u{3000}',
            '\u{3164}',
            '\u{a0}',
            '\u{1680}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e000}',
            '\u{e0041}',
            '\u{e01ef}',
            '\u{378}',
            '\u{10ffff}',
        ] {
            assert!(!is_visible(unseen), "{:04x}", u32::from(unseen));
            assert!(!is_username(&format!("ada{unseen}lovelace")));
        }
    }

    #[test]
    fn an_address_is_kept_in_one_form() {
        for (typed, kept) in [
            ("ada@example.com", "ada@example.com"),
            ("Ada+News@MAIL.Example.co.uk", "Ada+News@mail.example.co.uk"),
            ("o'brien@example.com", "o'brien@example.com"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@BU\u{308}CHER.example", "ada@xn--bcher-kva.example"),
            ("ada@ｅｘａｍｐｌｅ。com", "ada@example.com"),
            ("\"ada\"@example.com", "ada@example.com"),
            ("\"a\\da\"@example.com", "ada@example.com"),
        ] {
            let address = EmailAddress::parse(typed).unwrap();
            assert_eq!(address.as_str(), kept, "{typed}");
        }
        let one = EmailAddress::parse("ADA@Bücher.example").unwrap();
        assert_eq!(one.key(), "ada@xn--bcher-kva.example");
        assert_eq!(one.domain(), "xn--bcher-kva.example");
        assert_eq!(name_key(" Ada@bücher.EXAMPLE "), one.key());
        assert_eq!(name_key("@Ada"), "@ada");
    }

    #[test]
    fn what_no_mail_can_be_sent_to_is_no_address() {
        let long_local = format!("{}@example.com", "x".repeat(65));
        let long = format!("{}@{}example.com", "x".repeat(60), "abcdefghij.".repeat(18));
        for typed in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "ada@example.com.",
            "ada@127.0.0.1",
            "ada@[127.0.0.1]",
            "ada@[IPv6:::1]",
            "ada@example.123",
            "Ada <ada@example.com>",
            "ada@example.com (Ada)",
            "ada lovelace@example.com",
            "ada@exa mple.com",
            "ada@-example.com",
            "ada@exam_ple.com",
            "ada@example..com",
            ".ada@example.com",
            "ada.@example.com",
            "ädä@example.com",
            "\"\"@example.com",
            "\"ada lovelace\"@example.com",
            "\"ada@home\"@example.com",
            "\"\\\"ada\\\"\"@example.com",
            "\"a\"b\"@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@xn--a.example",
            &long_local,
            &long,
        ] {
            assert!(EmailAddress::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn a_password_does_not_depend_on_the_keyboard() {
        assert_eq!(
            prepared_password("Mu\u{308}ller\u{a0}\u{3000}42"),
            "Müller  42"
        );
        for kept in ["ＡＤＡ", "Straße", "ﬁn", " x ", "\u{200d}\t"] {
            assert_eq!(prepared_password(kept), kept, "{kept:?}");
        }
    }
}
