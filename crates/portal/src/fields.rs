//! The fields of a form, read once and strictly.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::IntoResponse as _;
use http::{StatusCode, header};
use protocol::params::FormParams;
use protocol::secret::Password;

use crate::Portal;
use crate::failure::PageError;

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
    type Rejection = PageError;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, PageError> {
        if !is_form(&request) {
            return Err(PageError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = Bytes::from_request(request, portal)
            .await
            .map_err(|rejection| PageError::new(rejection.into_response().status()))?;
        let params = FormParams::parse(&body)
            .map_err(|error| PageError::new(StatusCode::BAD_REQUEST).caused_by(error))?;
        Ok(Self(params))
    }
}

fn is_form(request: &Request) -> bool {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
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
