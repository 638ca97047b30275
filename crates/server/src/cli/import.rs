//! `latchkey user import`: many users out of a file.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use futures_util::StreamExt as _;
use pingone::management::Client;
use pingone::{NewUser, Population, PopulationId, Reference};
use serde_json::{Map, Value};

use super::connection::Connection;
use super::members::{read, set};
use super::objects::{Care, counted, named, progress};
use super::terminal;

/// So many are created at the same time.
const AT_ONCE: usize = 4;

/// How many failures are told one by one.
const MOST_TOLD: usize = 20;

/// Creates users out of a CSV or JSON file.
#[derive(Args, Debug)]
pub(super) struct Import {
    /// A CSV file, whose heading names members, as username,email,name.given,password; or a JSON
    /// file with a list of users.
    file: PathBuf,
    /// The population of those for whom the file names none.
    #[arg(long)]
    population: Option<String>,
    #[command(flatten)]
    care: Care,
    #[command(flatten)]
    connection: Connection,
}

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        // All of the file is understood before anybody is created.
        let text = read(&self.file)?;
        let name = self.file.display();
        let is_json = self
            .file
            .extension()
            .is_some_and(|extension| extension == "json");
        let users = if is_json {
            from_json(&text)
        } else {
            from_csv(&text)
        };
        let mut users = users.with_context(|| format!("{name} holds no users"))?;
        let count = counted(users.len(), "user");
        let client = self.connection.patient_client()?;
        if let Some(population) = &self.population {
            let population: PopulationId = named::<Population>(&client, population).await?;
            for user in &mut users {
                user.population.get_or_insert(Reference::new(population));
            }
        }
        if self.care.dry_run {
            return terminal::print(&format!("{count} would be created.\n"));
        }
        self.care.allows(&format!("{count} will be created."))?;
        create(&client, &users).await
    }
}

async fn create(client: &Client, users: &[NewUser]) -> anyhow::Result<()> {
    let bar = progress(users.len());
    let calls = users.iter().map(|user| async {
        let made = client.users().create(user).await;
        bar.inc(1);
        made.map(drop)
            .map_err(|error| format!("{}: {error}", user.username))
    });
    let calls = futures_util::stream::iter(calls).buffer_unordered(AT_ONCE);
    let failures: Vec<String> = calls
        .filter_map(|made| std::future::ready(made.err()))
        .collect()
        .await;
    bar.finish_and_clear();
    let created = counted(users.len() - failures.len(), "user");
    terminal::print(&format!("{created} created.\n"))?;
    if failures.is_empty() {
        return Ok(());
    }
    for failure in failures.iter().take(MOST_TOLD) {
        terminal::remark(failure);
    }
    bail!("{} not created", counted(failures.len(), "user"))
}

fn from_json(text: &str) -> anyhow::Result<Vec<NewUser>> {
    let rows: Vec<Map<String, Value>> =
        serde_json::from_str(text).context("a list of objects is expected")?;
    rows.into_iter().enumerate().map(understand).collect()
}

fn from_csv(text: &str) -> anyhow::Result<Vec<NewUser>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heading = reader.headers()?.clone();
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row?;
        let mut user = Map::new();
        for (name, cell) in heading
            .iter()
            .zip(&row)
            .filter(|(_, cell)| !cell.is_empty())
        {
            let value = match (name, cell) {
                ("enabled", "true") => Value::Bool(true),
                ("enabled", "false") => Value::Bool(false),
                _ => Value::String(cell.to_owned()),
            };
            let path = if name == "password" {
                "password.value"
            } else {
                name
            };
            set(&mut user, path, value)?;
        }
        rows.push(user);
    }
    rows.into_iter().enumerate().map(understand).collect()
}

/// A row as a user. Its cells are not quoted: one may be a password.
fn understand((place, row): (usize, Map<String, Value>)) -> anyhow::Result<NewUser> {
    let read = serde_json::from_value(Value::Object(row));
    read.with_context(|| format!("user number {} cannot be understood", place + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_names_members_by_their_paths() {
        let text = "username,email,name.given,enabled,password\n\
                    ada,ada@example.com,Ada,false,Sunny-Harbour-42\n\
                    bob,bob@example.com,,,\n";
        let users = from_csv(text).unwrap();
        let (ada, bob) = (&users[0], &users[1]);
        let name = serde_json::to_value(&ada.name).unwrap();
        assert_eq!(
            (name["given"].as_str(), ada.enabled),
            (Some("Ada"), Some(false))
        );
        assert!(ada.password.is_some());
        assert!(bob.name.is_none() && bob.enabled.is_none() && bob.password.is_none());
    }

    #[test]
    fn a_row_that_is_no_user_is_told_by_its_number_and_not_quoted() {
        let error = from_csv("username,email\nada,ada@example.com\n,secret@example.com\n");
        let error = format!("{:#}", error.unwrap_err());
        assert!(error.starts_with("user number 2"), "{error}");
        assert!(
            error.contains("username") && !error.contains("secret"),
            "{error}"
        );
        assert!(from_json("{}").is_err());
    }
}
