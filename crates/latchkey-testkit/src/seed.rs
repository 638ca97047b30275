//! What an environment begins with: PingOne's own members, and a few words for what is usual.

use pingone::ClientSecret;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Error;

/// The name of the environment that a seed is made for when none is given.
const NAME: &str = "Tests";

/// Somebody with a password, in the environment's default population.
#[derive(Clone, Debug)]
pub struct User {
    members: Map<String, Value>,
}

impl User {
    /// A user whose address, `USERNAME@example.com`, is proven.
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            members: members(json!({
                "username": username,
                "password": password,
                "email": format!("{username}@example.com"),
                "emailVerified": true,
            })),
        }
    }

    /// The same user with this member, as PingOne's management API takes it.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// The same user with this id.
    #[must_use]
    pub fn id(self, id: Uuid) -> Self {
        self.with("id", id.to_string())
    }

    /// The same user with this address.
    #[must_use]
    pub fn email(self, email: &str) -> Self {
        self.with("email", email)
    }
}

/// An application that users sign on to.
#[derive(Clone)]
pub struct Application {
    id: Uuid,
    secret: String,
    members: Map<String, Value>,
}

impl Application {
    /// A web application with this redirect URI: authorization code with PKCE, client secret, and
    /// the scopes `openid profile email`. Its id and secret are made up.
    pub fn web(name: &str, redirect_uri: &str) -> Self {
        Self {
            id: Uuid::new_v4(),
            secret: Uuid::new_v4().simple().to_string(),
            members: members(json!({
                "name": name,
                "type": "WEB_APP",
                "protocol": "OPENID_CONNECT",
                "enabled": true,
                "grantTypes": ["AUTHORIZATION_CODE", "REFRESH_TOKEN"],
                "responseTypes": ["CODE"],
                "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
                "pkceEnforcement": "S256_REQUIRED",
                "redirectUris": [redirect_uri],
                "grants": [{"resource": "openid", "scopes": ["openid", "profile", "email"]}],
            })),
        }
    }

    /// The same application with this member, as PingOne's management API takes it.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// The same application with this id.
    #[must_use]
    pub fn id(mut self, id: Uuid) -> Self {
        self.id = id;
        self
    }

    /// Its id, which clients call theirs.
    pub fn client_id(&self) -> String {
        self.id.to_string()
    }

    /// Its client secret.
    pub fn secret(&self) -> ClientSecret {
        ClientSecret::new(self.secret.as_str())
    }

    fn into_members(self) -> Map<String, Value> {
        self.with_credentials().members
    }

    fn with_credentials(self) -> Self {
        let (id, secret) = (self.id.to_string(), self.secret.clone());
        self.with("id", id).with("secret", secret)
    }
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application")
            .field("id", &self.id)
            .field("name", &self.members.get("name"))
            .finish_non_exhaustive()
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// What is asked for, on the way to one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) text: Option<String>,
    pub(crate) users: Vec<User>,
    pub(crate) applications: Vec<Application>,
}

impl Wanted {
    /// The file, if anything is asked for. Users and applications are added to the last environment
    /// of a text that is given.
    pub(crate) fn file(self) -> Result<Option<String>, Error> {
        if self.users.is_empty() && self.applications.is_empty() {
            return Ok(self.text);
        }
        let unreadable = "the seed is not TOML";
        let mut seed: toml::Table = match &self.text {
            Some(text) => toml::from_str(text).map_err(Error::during(unreadable))?,
            None => toml::Table::new(),
        };
        let environments = list(&mut seed, "environments")?;
        if environments.is_empty() {
            let first = [("name".to_owned(), NAME.into())];
            environments.push(toml::Value::Table(first.into_iter().collect()));
        }
        let Some(toml::Value::Table(environment)) = environments.last_mut() else {
            return Err(Error::new("the seed's environments are not tables"));
        };
        let users = self.users.into_iter().map(|user| user.members);
        let applications = self.applications.into_iter();
        let applications = applications.map(Application::into_members);
        append(environment, "users", users)?;
        append(environment, "applications", applications)?;
        let text = toml::to_string(&seed);
        text.map(Some)
            .map_err(Error::during("the seed could not be written"))
    }
}

fn append(
    environment: &mut toml::Table,
    name: &str,
    objects: impl Iterator<Item = Map<String, Value>>,
) -> Result<(), Error> {
    for object in objects {
        let unlike = format!("a member of {name} cannot be told in TOML, which has no null");
        let object = toml::Table::try_from(object).map_err(Error::during(unlike))?;
        list(environment, name)?.push(object.into());
    }
    Ok(())
}

fn list<'a>(table: &'a mut toml::Table, name: &str) -> Result<&'a mut Vec<toml::Value>, Error> {
    let entry = table.entry(name);
    match entry.or_insert_with(|| toml::Value::Array(Vec::new())) {
        toml::Value::Array(list) => Ok(list),
        _ => Err(Error::new(format!("the seed's {name} are no list"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_applications_join_the_last_environment_of_a_seed() {
        let wanted = Wanted {
            text: Some(
                "[[environments]]\nname = \"One\"\n[[environments]]\nname = \"Two\"\n\
                 [[environments.users]]\nusername = \"grace\"\n"
                    .to_owned(),
            ),
            users: vec![User::new("ada", "Sunny-Harbour-42").email("ada@shop.example")],
            applications: vec![Application::web("Shop", "https://shop.example/")],
        };
        let file = wanted.file().unwrap().unwrap();
        let seed: toml::Table = toml::from_str(&file).unwrap();
        let environments = seed["environments"].as_array().unwrap();
        assert!(environments[0].get("users").is_none());
        let users = environments[1]["users"].as_array().unwrap();
        assert_eq!(users[0]["username"].as_str(), Some("grace"));
        assert_eq!(users[1]["email"].as_str(), Some("ada@shop.example"));
        let applications = environments[1]["applications"].as_array().unwrap();
        assert_eq!(applications[0]["name"].as_str(), Some("Shop"));
        assert_eq!(Wanted::default().file().unwrap(), None);
    }

    #[test]
    fn what_cannot_be_a_seed_is_refused_in_words() {
        let ada = User::new("ada", "Sunny-Harbour-42");
        let file = |text: &str, user: &User| {
            let wanted = Wanted {
                text: Some(text.to_owned()),
                users: vec![user.clone()],
                ..Wanted::default()
            };
            wanted.file().unwrap_err().to_string()
        };
        assert!(file("= 1", &ada).contains("not TOML"));
        assert!(file("environments = 1", &ada).contains("environments are no list"));
        assert!(file("", &ada.clone().with("nickname", Value::Null)).contains("null"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shop = Application::web("Shop", "https://shop.example/");
        assert!(!format!("{shop:?}").contains(&shop.secret));
    }
}
