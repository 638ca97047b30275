//! Who somebody is who creates an account: the same fields, words and rules on whichever page.

use protocol::names::{EmailAddress, is_person_name, is_username, name_key};

use crate::{FormState, Messages};

/// The longest given and family name in characters (PingOne, users, `name`).
const LONGEST_NAME: usize = 256;

/// What a registration asks for beside the email address and the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrationFields {
    /// The name to sign on with.
    pub username: UsernameField,
    /// Whether the given name is asked for; nobody has to say it.
    pub given_name: bool,
    /// Whether the family name is asked for; nobody has to say it.
    pub family_name: bool,
}

/// Whether a registration asks for a username. Who has none signs on with the email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameField {
    /// It does not.
    None,
    /// Whoever wants one chooses one.
    Optional,
    /// Everybody has to choose one.
    Required,
}

impl Default for RegistrationFields {
    /// All of them, none of which has to be filled in.
    fn default() -> Self {
        Self {
            username: UsernameField::Optional,
            given_name: true,
            family_name: true,
        }
    }
}

impl RegistrationFields {
    /// Whether there is a field for the username.
    pub fn asks_username(self) -> bool {
        self.username != UsernameField::None
    }

    /// Whether the username has to be filled in.
    pub fn requires_username(self) -> bool {
        self.username == UsernameField::Required
    }
}

/// What is wrong with the name that somebody wants to sign on with, as only the environment can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongName {
    /// It is somebody else's address.
    Foreign,
    /// It cannot be a username.
    Invalid,
    /// Somebody has it.
    Taken,
}

/// What somebody typed about themselves.
///
/// ```
/// use ui::{FormState, Messages, Registration, RegistrationFields};
///
/// let typed = Registration::read(RegistrationFields::default(), |field| match field {
///     "email" => "ada@example.com".to_owned(),
///     _ => String::new(),
/// });
/// let mut form = typed.shown(FormState::new(&Registration::FIELDS));
/// typed.check(&Messages::english(&[]), &mut form);
/// assert!(!form.has_errors());
/// assert_eq!(typed.username(), "ada@example.com");
/// ```
#[derive(Clone, Debug)]
pub struct Registration {
    fields: RegistrationFields,
    email: String,
    given_name: String,
    family_name: String,
    username: String,
}

impl Registration {
    /// The field of the email address.
    pub const EMAIL: &'static str = "email";
    /// The field of the given name.
    pub const GIVEN_NAME: &'static str = "givenName";
    /// The field of the family name.
    pub const FAMILY_NAME: &'static str = "familyName";
    /// The field of the username.
    pub const USERNAME: &'static str = "username";

    /// The fields in the order of the page, as the macro `registration` of `fields.html` has them.
    pub const FIELDS: [&'static str; 4] = [
        Self::EMAIL,
        Self::GIVEN_NAME,
        Self::FAMILY_NAME,
        Self::USERNAME,
    ];

    /// Reads the fields that are asked for; what was sent for others counts as nothing.
    pub fn read(fields: RegistrationFields, text: impl Fn(&str) -> String) -> Self {
        let asked = |is_asked: bool, name: &str| {
            let typed = is_asked.then(|| text(name).trim().to_owned());
            typed.unwrap_or_default()
        };
        Self {
            fields,
            email: asked(true, Self::EMAIL),
            given_name: asked(fields.given_name, Self::GIVEN_NAME),
            family_name: asked(fields.family_name, Self::FAMILY_NAME),
            username: asked(fields.asks_username(), Self::USERNAME),
        }
    }

    /// The form with what was typed.
    #[must_use]
    pub fn shown(&self, form: FormState) -> FormState {
        form.with_value(Self::EMAIL, self.email.clone())
            .with_value(Self::GIVEN_NAME, self.given_name.clone())
            .with_value(Self::FAMILY_NAME, self.family_name.clone())
            .with_value(Self::USERNAME, self.username.clone())
    }

    /// Says at each field what is wrong with it, as far as that can be said without asking anybody.
    pub fn check(&self, messages: &Messages, form: &mut FormState) {
        if self.email.is_empty() {
            form.set_error(Self::EMAIL, messages.text("register-email-missing"));
        } else if EmailAddress::parse(&self.email).is_err() {
            form.set_error(Self::EMAIL, messages.text("register-email-invalid"));
        }
        for (field, name) in [
            (Self::GIVEN_NAME, &self.given_name),
            (Self::FAMILY_NAME, &self.family_name),
        ] {
            if !is_person_name(name) || name.chars().count() > LONGEST_NAME {
                form.set_error(field, messages.text("register-name-invalid"));
            }
        }
        if let Some(wrong) = self.wrong_with_username() {
            form.set_error(Self::USERNAME, messages.text(wrong));
        }
    }

    /// The text that says what is wrong with the username, if anything is.
    fn wrong_with_username(&self) -> Option<&'static str> {
        let name = self.username.as_str();
        if name.is_empty() {
            let is_required = self.fields.requires_username();
            return is_required.then_some("register-username-missing");
        }
        if !is_username(name) {
            return Some("register-username-invalid");
        }
        let is_foreign = EmailAddress::parse(name).is_ok() && !self.has_address_as_name();
        is_foreign.then_some("register-username-foreign")
    }

    /// The address as it was typed.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The given name, if one was typed.
    pub fn given_name(&self) -> Option<&str> {
        Some(self.given_name.as_str()).filter(|name| !name.is_empty())
    }

    /// The family name, if one was typed.
    pub fn family_name(&self) -> Option<&str> {
        Some(self.family_name.as_str()).filter(|name| !name.is_empty())
    }

    /// The name to sign on with: the one that was chosen, or the address.
    pub fn username(&self) -> &str {
        if self.username.is_empty() {
            &self.email
        } else {
            &self.username
        }
    }

    /// Whether the name to sign on with is the address.
    pub fn has_address_as_name(&self) -> bool {
        name_key(self.username()) == name_key(&self.email)
    }

    /// The field that a problem with the username belongs to.
    pub fn username_field(&self) -> &'static str {
        if self.username.is_empty() {
            Self::EMAIL
        } else {
            Self::USERNAME
        }
    }

    /// Says what is wrong with the name to sign on with at the field where it was typed, in that
    /// field's words: of an address, whether somebody has it is not for whoever asks to know.
    pub fn refuse_name(&self, wrong: WrongName, messages: &Messages, form: &mut FormState) {
        let text = match wrong {
            _ if self.username.is_empty() && self.fields.asks_username() => {
                "register-email-no-username"
            }
            _ if self.username.is_empty() => "register-email-unusable",
            WrongName::Foreign => "register-username-foreign",
            WrongName::Invalid => "register-username-invalid",
            WrongName::Taken => "register-username-taken",
        };
        form.set_error(self.username_field(), messages.text(text));
    }

    /// Everything that was typed, for rules about what a password may not contain.
    pub fn values(&self) -> Vec<&str> {
        let values = [
            &self.username,
            &self.email,
            &self.given_name,
            &self.family_name,
        ];
        values
            .into_iter()
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(username: UsernameField, name: &str, email: &str) -> Vec<&'static str> {
        let fields = RegistrationFields {
            username,
            ..RegistrationFields::default()
        };
        let typed = Registration::read(fields, |field| match field {
            Registration::EMAIL => email.to_owned(),
            Registration::USERNAME => name.to_owned(),
            _ => String::new(),
        });
        let mut form = typed.shown(FormState::new(&Registration::FIELDS));
        typed.check(&Messages::english(&[]), &mut form);
        let wrong = Registration::FIELDS.into_iter();
        wrong.filter(|name| form.error(name).is_some()).collect()
    }

    #[test]
    fn a_username_is_demanded_only_where_everybody_needs_one() {
        use UsernameField::{None, Optional, Required};
        let (email, name) = (Registration::EMAIL, Registration::USERNAME);
        for (field, typed, address, expected) in [
            (Required, "", "ada@example.com", vec![name]),
            (Optional, "", "ada@example.com", vec![]),
            (None, "", "ada@example.com", vec![]),
            (Optional, "ada", "", vec![email]),
            (Optional, "ada", "no address", vec![email]),
            (Optional, "bob@example.com", "ada@example.com", vec![name]),
            (Optional, "ADA@example.com", "ada@example.com", vec![]),
            (Optional, "ada\u{115f}", "ada@example.com", vec![name]),
            // What is not asked for is not looked at.
            (None, "ada\u{115f}", "ada@example.com", vec![]),
        ] {
            assert_eq!(errors(field, typed, address), expected, "{typed} {address}");
        }
    }

    #[test]
    fn a_name_of_a_person_holds_no_markup() {
        let typed = Registration::read(RegistrationFields::default(), |field| match field {
            Registration::GIVEN_NAME => "Zoë".to_owned(),
            Registration::FAMILY_NAME => "<b>".to_owned(),
            _ => "zoe@example.com".to_owned(),
        });
        let mut form = typed.shown(FormState::new(&Registration::FIELDS));
        typed.check(&Messages::english(&[]), &mut form);
        assert!(form.error(Registration::GIVEN_NAME).is_none());
        assert!(form.error(Registration::FAMILY_NAME).is_some());
    }

    #[test]
    fn an_address_that_can_be_no_username_is_refused_in_the_words_of_its_field() {
        let messages = Messages::english(&[]);
        for (username, typed, field, words) in [
            (
                UsernameField::Optional,
                "",
                Registration::EMAIL,
                "cannot be a username",
            ),
            (
                UsernameField::None,
                "",
                Registration::EMAIL,
                "cannot be used here",
            ),
            (
                UsernameField::Optional,
                "ada",
                Registration::USERNAME,
                "is taken",
            ),
        ] {
            let fields = RegistrationFields {
                username,
                ..RegistrationFields::default()
            };
            let typed = Registration::read(fields, |field| match field {
                Registration::EMAIL => "ada@example.com".to_owned(),
                Registration::USERNAME => typed.to_owned(),
                _ => String::new(),
            });
            let mut form = typed.shown(FormState::new(&Registration::FIELDS));
            typed.refuse_name(WrongName::Taken, &messages, &mut form);
            let said = form.error(field).unwrap();
            assert!(said.contains(words), "{said}");
            assert_eq!(said.contains("taken"), field == Registration::USERNAME);
        }
    }

    #[test]
    fn whoever_chooses_no_username_has_the_address_as_one() {
        let typed = Registration::read(RegistrationFields::default(), |field| match field {
            Registration::EMAIL => " Ada@Example.com ".to_owned(),
            _ => String::new(),
        });
        assert_eq!(typed.username(), "Ada@Example.com");
        assert!(typed.has_address_as_name());
        assert_eq!(typed.username_field(), Registration::EMAIL);
        assert_eq!(typed.values(), ["Ada@Example.com"]);
    }
}
