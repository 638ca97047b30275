//! What an error says: what was attempted, what was wrong, what to do.

use std::fmt;

use protocol::oauth::OAuthErrorCode;
use rustls::CertificateError;

use super::{Error, Inner, Problem};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            call,
            problem,
            answer,
        } = &*self.inner;
        if let Some(call) = call {
            write!(f, "{call}: ")?;
        }
        let status = answer.status.map_or(0, |status| status.as_u16());
        match problem {
            Problem::Api(api) => {
                write!(
                    f,
                    "PingOne refused it ({status} {}): {}",
                    api.code, api.message
                )?;
                for detail in &api.details {
                    f.write_str("; ")?;
                    if let Some(target) = &detail.target {
                        write!(f, "{target}: ")?;
                    }
                    f.write_str(&detail.message)?;
                }
            }
            Problem::Connect { origin, source } => {
                write!(f, "could not connect to {origin}")?;
                if let Some(refusal) = certificate_refusal(source) {
                    f.write_str(in_words(refusal))?;
                }
            }
            Problem::Denied(error) => {
                write!(
                    f,
                    "the authorization server sent the user back with {error}"
                )?;
            }
            Problem::IdToken(_) => f.write_str("the ID token is not accepted")?,
            Problem::Lost(_) => {
                f.write_str("the connection broke before the answer was complete")?;
            }
            Problem::OAuth(error) => {
                write!(f, "the authorization server refused it ({status}): {error}")?;
            }
            Problem::SetUp(text) | Problem::Untrusted(text) => f.write_str(text)?,
            Problem::Status => write!(f, "it failed with status {status}, without a reason")?,
            Problem::TimedOut { after } => {
                write!(f, "no answer came within {} seconds", after.as_secs_f32())?;
            }
            Problem::Unexpected(text) => write!(f, "the answer is not usable: {text}")?,
        }
        if self.lacks_permission() {
            f.write_str(&role_advice(call.as_deref().unwrap_or_default()))?;
        }
        if let Some(wait) = answer.retry_after {
            write!(f, "; try again in {} seconds", wait.as_secs())?;
        }
        match self.correlation_id() {
            Some(id) => write!(f, " [PingOne error id {id}]"),
            None => Ok(()),
        }
    }
}

/// As the text: members of an answer may hold personal data.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.kind())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.inner.problem {
            Problem::Connect { source, .. } | Problem::Lost(source) => Some(source),
            Problem::IdToken(error) => Some(error),
            _ => None,
        }
    }
}

impl Error {
    /// Whether a role is what is missing, rather than a licence, or a scope for userinfo.
    fn lacks_permission(&self) -> bool {
        let is_management = self
            .inner
            .call
            .as_deref()
            .is_some_and(|call| call.contains(" v1/"));
        self.is_forbidden()
            && (is_management && !self.has_detail("LICENSE_EXCEEDED")
                || self.is_oauth(&OAuthErrorCode::AccessDenied))
    }
}

/// What to do about a 403, which is the first thing that goes wrong with a new worker
/// (PingOne, "Role permissions").
fn role_advice(call: &str) -> String {
    let role = if call.contains("/applications") {
        "Client Application Developer"
    } else if ["/users", "/populations", "/passwordPolicies"]
        .iter()
        .any(|part| call.contains(part))
    {
        "Identity Data Admin"
    } else {
        "Environment Admin"
    };
    format!(
        "; the roles of the worker application decide this, not its scopes: give it a role that \
         allows the call, such as {role}, for this environment or population, and check that it \
         is enabled (a user needs such a role too, or a scope for the own account)"
    )
}

/// What is wrong with a certificate, and what to do about it.
fn in_words(refusal: &CertificateError) -> &'static str {
    match refusal {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ", whose certificate has expired; renew it"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ", whose certificate is for another name; use a name that it is for, or have one made \
             for this name"
        }
        // rustls has no variant of its own for it.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            ", whose certificate is self-signed and its own authority (CA:TRUE); make one for the \
             server with CA:FALSE, or have an authority of its own sign one"
        }
        _ => ", whose certificate is not trusted; name the authority that signed it",
    }
}

/// Why the other side's certificate is not accepted, when that is why there is no connection.
pub(super) fn certificate_refusal(error: &reqwest::Error) -> Option<&CertificateError> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(refusal)) = error.downcast_ref() {
            return Some(refusal);
        }
        // An I/O error does not name the error that it wraps as its source.
        let wrapped = error.downcast_ref().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
