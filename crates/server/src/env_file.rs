//! The environment file: addresses, ids, secrets and passwords for tools and tests, as `KEY=value`.
//!
//! Its keys are a stable interface.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io;
use std::path::Path;

use crate::data_dir::write_unflushed;

/// The file that is kept in the data directory in development, so that commands such as
/// `latchkey user` find the demo environment without options.
pub const KEPT_ENV_FILE: &str = "latchkey.env";

macro_rules! environment_file {
    ($($(#[$doc:meta])* $key:literal => $field:ident,)*) => {
        /// What the environment file says.
        #[derive(Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct EnvironmentFile {
            $($(#[$doc])* pub $field: String,)*
        }

        impl EnvironmentFile {
            /// Keys and values in the order of the file.
            pub fn entries(&self) -> Vec<(&'static str, &str)> {
                vec![$(($key, self.$field.as_str()),)*]
            }

            fn from_map(mut values: BTreeMap<String, String>) -> Self {
                Self { $($field: values.remove($key).unwrap_or_default(),)* }
            }
        }
    };
}

environment_file! {
    /// The portal, `https://localhost:8080/`.
    "PORTAL_URL" => portal_url,
    /// Base of the authentication API, with a slash at the end.
    "AUTH_URL" => auth_url,
    /// Base of the management API, with a slash at the end.
    "API_URL" => api_url,
    /// The demo environment.
    "ENVIRONMENT_ID" => environment_id,
    /// Its issuer.
    "ISSUER" => issuer,
    /// The demo web application, the portal's own.
    "CLIENT_ID" => client_id,
    /// Its secret.
    "CLIENT_SECRET" => client_secret,
    /// The demo worker, which administers the environment.
    "WORKER_CLIENT_ID" => worker_client_id,
    /// Its secret.
    "WORKER_CLIENT_SECRET" => worker_client_secret,
    /// An ordinary user.
    "DEMO_USERNAME" => demo_username,
    /// Their password.
    "DEMO_PASSWORD" => demo_password,
    /// A user with the operator's roles.
    "OPERATOR_USERNAME" => operator_username,
    /// Their password.
    "OPERATOR_PASSWORD" => operator_password,
    /// The mailbox page; empty when mail goes to a server.
    "MAILBOX_URL" => mailbox_url,
    /// PEM of the local certificate authority; empty when the certificate is from elsewhere.
    "CA_FILE" => ca_file,
    /// The control API, with a slash at the end; empty when it does not listen.
    "CONTROL_URL" => control_url,
}

impl fmt::Debug for EnvironmentFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentFile")
            .field("portal_url", &self.portal_url)
            .field("environment_id", &self.environment_id)
            .finish_non_exhaustive()
    }
}

/// A line that is no `KEY=value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not KEY=value")]
pub struct InvalidEnvironmentFile {
    line: usize,
}

impl EnvironmentFile {
    /// Writes the file with mode 0600; who reads it meanwhile reads it whole. Each start writes it anew.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        write_unflushed(path, self.to_text().as_bytes())
    }

    /// The file's text. Values that a shell would read otherwise stand in single quotation marks.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (key, value) in self.entries() {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{key}={}", quoted(value));
        }
        text
    }

    /// Reads a file's text; keys that are not ours are passed over.
    ///
    /// # Errors
    ///
    /// [`InvalidEnvironmentFile`] with the line that is no assignment.
    pub fn parse(text: &str) -> Result<Self, InvalidEnvironmentFile> {
        let mut values = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line
                .split_once('=')
                .ok_or(InvalidEnvironmentFile { line: index + 1 })?;
            let key = key.trim().trim_start_matches("export ").trim();
            values.insert(key.to_owned(), unquoted(value.trim()));
        }
        Ok(Self::from_map(values))
    }
}

fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+=,[]~".contains(&byte);
    if value.bytes().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

fn unquoted(value: &str) -> String {
    for quote in ['\'', '"'] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner.replace(r"'\''", "'");
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let file = EnvironmentFile {
            portal_url: "https://localhost:8080/".to_owned(),
            client_secret: "a~b.C-_".to_owned(),
            demo_password: "it's $HOME #1".to_owned(),
            ca_file: "/tmp/a b/ca.pem".to_owned(),
            ..EnvironmentFile::default()
        };
        assert_eq!(EnvironmentFile::parse(&file.to_text()).unwrap(), file);
        assert!(
            file.to_text()
                .contains("PORTAL_URL=https://localhost:8080/\n")
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let file = EnvironmentFile {
            client_secret: "hush".to_owned(),
            ..EnvironmentFile::default()
        };
        assert!(!format!("{file:?}").contains("hush"));
    }
}
