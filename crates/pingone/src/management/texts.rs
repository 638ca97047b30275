//! What pages and messages say (PingOne, "Translations" and "Notifications templates").

use std::fmt;

use http::Method;
use protocol::pingone::{Template, Translation};

use super::request::segment;
use super::{Client, Collection, Kind, List};
use crate::Error;

impl Kind for Template {
    const PATH: &'static str = "templates";
    type Id = String;
}

/// The texts of the pages in one language.
#[derive(Clone)]
pub struct Translations<'a> {
    client: &'a Client,
    path: String,
}

impl Client {
    /// The messages that PingOne sends. They can only be read; what they say is changed by
    /// [`template_contents`](Self::template_contents).
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let template = pingone.templates().load("recovery_code_template".to_owned()).await?;
    /// for (name, variable) in &template.variables {
    ///     println!("${{{name}}}, required: {}", variable.required);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn templates(&self) -> Collection<'_, Template> {
        self.collection()
    }

    /// The texts of the pages in a language, such as `fr-CA`.
    ///
    /// ```no_run
    /// # use pingone::{Error, Translation, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let cancel = Translation::new("flow-ui.button.cancel", "Abandonner");
    /// pingone.translations("fr").set(&[cancel]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn translations(&self, locale: &str) -> Translations<'_> {
        Translations {
            client: self,
            path: self.path(&format!("translations/{}", segment(locale))),
        }
    }
}

impl<'a> Translations<'a> {
    /// All texts, those of PingOne included.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// for text in pingone.translations("fr").list().all().await? {
    ///     println!("{}: {}", text.key, text.translated_text);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> List<'a, Translation> {
        List::new(self.client, self.path.clone())
    }

    /// Sets these texts and leaves the others; an empty one puts back what PingOne says.
    ///
    /// # Errors
    ///
    /// A refusal when a key is none, or when a text holds what its page has no value for.
    ///
    /// ```no_run
    /// # use pingone::{Error, Translation, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let back = Translation::new("flow-ui.button.cancel", "");
    /// pingone.translations("fr").set(&[back]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set(&self, texts: &[Translation]) -> Result<Vec<Translation>, Error> {
        let request = self.client.send(Method::PUT, self.path.clone());
        request.json(texts).fetch().await
    }
}

impl fmt::Debug for Translations<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Translations")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
