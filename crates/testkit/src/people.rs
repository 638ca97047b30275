//! People that tests are about.

/// Somebody with a name and a password.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user's id, when it is known.
    pub id: Option<String>,
    /// The name that they type to sign on.
    pub username: String,
    /// Their email address.
    pub email: String,
    /// Their password.
    pub password: String,
}

impl Person {
    /// A person with this name and password, and an email address after the name.
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            id: None,
            username: username.to_owned(),
            email: format!("{username}@example.com"),
            password: password.to_owned(),
        }
    }

    /// The same person with another password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    #[must_use]
    pub(crate) fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// The user's id.
    ///
    /// # Panics
    ///
    /// When it is not known.
    pub fn id(&self) -> &str {
        self.id
            .as_deref()
            .expect("the id of a user that the test made")
    }
}
