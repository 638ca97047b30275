//! Mails, as they waited for whoever they went to.

use serde::Deserialize;

/// How long a code is.
const CODE: usize = 8;

/// A mail that the environment sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// The address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// When it was written.
    pub created_at: String,
}

impl Mail {
    /// The code in it: the one line that is nothing else.
    ///
    /// # Panics
    ///
    /// When there is none: the test fails, and shows the text.
    #[expect(
        clippy::panic,
        reason = "an expectation that is not met fails the test"
    )]
    pub fn code(&self) -> String {
        let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let is_code = |line: &&str| line.len() == CODE && line.bytes().all(is_letter);
        match self.text.lines().map(str::trim).find(is_code) {
            Some(code) => code.to_owned(),
            None => panic!("no code in: {}", self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Mail {
        Mail {
            id: String::new(),
            to: String::new(),
            subject: String::new(),
            text: text.to_owned(),
            html: String::new(),
            created_at: String::new(),
        }
    }

    #[test]
    fn a_code_is_the_line_that_is_nothing_else() {
        let code = mail("ada at EXAMPLES 1 HOUR:\n\n    FQ2JSA8P\n\nGood.\n").code();
        assert_eq!(code, "FQ2JSA8P");
    }

    #[test]
    #[should_panic(expected = "no code in: FQ2JSA8P is good")]
    fn a_mail_without_such_a_line_has_no_code() {
        mail("FQ2JSA8P is good for\nfq2jsa8p\nFQ2JSA8\n").code();
    }
}
