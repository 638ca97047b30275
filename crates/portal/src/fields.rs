//! The fields of a form, read once and strictly.

use axum::extract::{FromRequest, Request};
use protocol::params::FormParams;
use protocol::secret::Password;
use web::form::{self, FormRejection};

use crate::failure::Failure;
use crate::state::Portal;

/// Names and addresses longer than this are cut when they are shown again; PingOne refuses them.
const MOST_CHARACTERS: usize = 256;

/// What a form sent. Repeated fields, text that is no UTF-8, other formats than a form's and
/// bodies that are too large do not get this far.
#[derive(Debug)]
pub(crate) struct Fields(FormParams);

impl Fields {
    /// A line of text without the spaces around it.
    pub(crate) fn line(&self, name: &str) -> String {
        let text = self.0.text(name).trim();
        text.chars()
            .filter(|c| !c.is_control())
            .take(MOST_CHARACTERS)
            .collect()
    }

    /// A password, exactly as it was typed.
    pub(crate) fn password(&self, name: &str) -> Password {
        Password::new(self.0.text(name))
    }

    /// Whether a box is ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        self.0.find(name) == Some("true")
    }

    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Self {
        Self(FormParams::parse(text.as_bytes()).unwrap())
    }
}

impl FromRequest<Portal> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Failure> {
        Ok(Self(form::params(request, portal).await?))
    }
}

impl From<FormRejection> for Failure {
    fn from(rejection: FormRejection) -> Self {
        Self::new(rejection.status()).caused_by(rejection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_spaces_and_control_characters_and_a_password_nothing() {
        let fields = Fields::parse("username=%20ada%0d%0a&password=%20Sunny%20");
        assert_eq!(fields.line("username"), "ada");
        assert_eq!(fields.password("password").expose(), " Sunny ");
        assert_eq!(fields.line("absent"), "");
    }
}
