//! What all administration commands have in common: list, show, create, update and delete, of any
//! kind of objects that the SDK has a collection of.

use std::collections::HashSet;
use std::io::IsTerminal as _;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use futures_util::TryStreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use pingone::management::{Client, Collection, Creatable, Deletable, Kind, Replaceable};
use pingone::scim::{self, Filter};
use protocol::id::Id;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::connection::Connection;
use super::members::{Members, passed_over, read_as, understood};
use super::output::{Columns, Output, at};
use super::terminal;

/// Said below the help of each of these commands.
macro_rules! with_environment {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n\nWhich environment: the one of --env-file; without it, of [portal.pingone] in the \
             configuration;\nwithout that, the demo environment that latchkey up keeps in the data \
             directory."
        )
    };
}

pub(super) use with_environment;

/// A kind of objects that commands show and delete.
pub(super) trait Shown: Kind<Id: Id> + Deletable + Serialize {
    /// What one is called.
    const WORD: &'static str;
    /// What a table shows of it.
    const COLUMNS: Columns;
    /// How somebody learns which there are, as a sentence.
    const HINT: &'static str;
    /// The members that one can be named by, besides its id.
    const NAMES: &'static [&'static str] = &["name"];
    /// Whether the service filters the collection; PingOne passes over filters of some.
    const TAKES_FILTERS: bool = true;
    /// Whether one is replaced with itself, as it was read, and not with its settings alone.
    const REPLACED_WITH_ITSELF: bool = false;
}

/// A kind of objects that commands create and change.
pub(super) trait Managed:
    Shown + Creatable<New: DeserializeOwned> + Replaceable<With: DeserializeOwned + Serialize>
{
    /// Fills in what a new one needs and nobody typed.
    fn fill_in(_new: &mut Map<String, Value>) {}
}

/// What the service alone writes into an object.
pub(super) const OF_SERVICE: [&str; 5] = ["_links", "createdAt", "environment", "id", "updatedAt"];

/// Shows, creates, changes and deletes.
#[derive(Debug, Subcommand)]
pub(super) enum Objects {
    /// Shows all, or those that a filter matches.
    List(List),
    /// Shows one.
    Show(Show),
    /// Creates one.
    Create(Create),
    /// Changes what is set and leaves the rest.
    Update(Update),
    /// Deletes some.
    Delete(Delete),
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// A SCIM filter, as 'name sw "A"'.
    #[arg(long)]
    filter: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// Its name or id.
    name: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub(super) struct Create {
    /// Its name.
    name: String,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub(super) struct Update {
    /// Its name or id.
    name: String,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

/// Makes one the default.
#[derive(Args, Debug)]
pub(super) struct MakeDefault {
    /// Its name or id.
    name: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Args, Debug)]
pub(super) struct Delete {
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    care: Care,
    #[command(flatten)]
    connection: Connection,
}

/// Which of many something is done to.
#[derive(Args, Debug)]
pub(super) struct Targets {
    /// Their names or ids; or --filter.
    #[arg(required_unless_present = "filter")]
    names: Vec<String>,
    /// All that this SCIM filter matches, instead of names.
    #[arg(long, conflicts_with = "names")]
    filter: Option<String>,
}

impl Targets {
    /// All of them, each once. A name that leads nowhere is an error, so that nothing is done.
    pub(super) async fn find<K: Shown>(
        &self,
        collection: &Collection<'_, K>,
    ) -> anyhow::Result<Vec<K>> {
        if let Some(filter) = &self.filter {
            return matching(collection, Some(&parse(filter)?)).await;
        }
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for name in &self.names {
            let one = find(collection, name).await?;
            if seen.insert(id_of::<K>(&one)?.to_string()) {
                found.push(one);
            }
        }
        Ok(found)
    }
}

/// How careful a command is that changes many things.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Care {
    /// Only says what would be done.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

impl Care {
    /// Asks whether to go on; without a terminal, --yes is the answer.
    pub(super) fn allows(self, question: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            bail!("nothing was done: {question} Say --yes, or --dry-run to see what it would do");
        }
        if terminal::is_confirmed(question)? {
            Ok(())
        } else {
            bail!("nothing was done")
        }
    }
}

impl Objects {
    pub(super) async fn run<K: Managed>(self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run::<K>().await,
            Self::Show(show) => show.run::<K>().await,
            Self::Create(create) => create.run::<K>().await,
            Self::Update(update) => update.run::<K>().await,
            Self::Delete(delete) => delete.run::<K>().await,
        }
    }
}

impl List {
    pub(super) async fn run<K: Shown>(self) -> anyhow::Result<()> {
        let client = self.connection.client()?;
        let collection = client.collection::<K>();
        let filter = self.filter.as_deref().map(parse).transpose()?;
        let found = matching(&collection, filter.as_ref()).await?;
        self.output.many(K::COLUMNS, &found)
    }
}

impl Show {
    pub(super) async fn run<K: Shown>(self) -> anyhow::Result<()> {
        let client = self.connection.client()?;
        let found = find(&client.collection::<K>(), &self.name).await?;
        self.output.one(K::COLUMNS, &found)
    }
}

impl Create {
    async fn run<K: Managed>(self) -> anyhow::Result<()> {
        let mut new = Map::new();
        self.members.apply(&mut new)?;
        // A file that shows another object is what the new one is made after.
        new.retain(|name, _| !OF_SERVICE.contains(&name.as_str()));
        new.insert("name".to_owned(), self.name.clone().into());
        K::fill_in(&mut new);
        let new: K::New = understood(K::WORD, new)?;
        let client = self.connection.client()?;
        let made = client.collection::<K>().create(&new).await;
        let made = made.map_err(|error| {
            let mut said = format!("the {} {} was not created", K::WORD, self.name);
            if error.is_taken("name") {
                said.push_str("; there is one of that name, which `update` would change");
            }
            anyhow::Error::from(error).context(said)
        })?;
        remark_what_is_missing(&self.members, &made)?;
        self.output.one(K::COLUMNS, &made)
    }
}

impl Update {
    async fn run<K: Managed>(self) -> anyhow::Result<()> {
        let client = self.connection.client()?;
        let collection = client.collection::<K>();
        let made = update(&collection, &self.name, &self.members).await?;
        self.output.one(K::COLUMNS, &made)
    }
}

impl MakeDefault {
    pub(super) async fn run<K: Managed>(self) -> anyhow::Result<()> {
        let client = self.connection.client()?;
        let collection = client.collection::<K>();
        let made = update(&collection, &self.name, &Members::setting("default=true")).await?;
        self.output.one(K::COLUMNS, &made)
    }
}

/// Changes the one with this name or id.
pub(super) async fn update<K>(
    collection: &Collection<'_, K>,
    name: &str,
    members: &Members,
) -> anyhow::Result<K>
where
    K: Shown + Replaceable<With: DeserializeOwned + Serialize>,
{
    let found = find(collection, name).await?;
    let with = changed::<K>(&found, members)?;
    let made = collection.replace(id_of::<K>(&found)?, &with).await;
    let made = made.with_context(|| format!("the {} {name} was not changed", K::WORD))?;
    remark_what_is_missing(members, &made)?;
    Ok(made)
}

/// Says which of the members that were typed the service's answer does not show: it passes over
/// those that it does not know.
pub(super) fn remark_what_is_missing(
    members: &Members,
    made: &impl Serialize,
) -> anyhow::Result<()> {
    let mut typed = Map::new();
    members.apply(&mut typed)?;
    typed.retain(|name, _| !OF_SERVICE.contains(&name.as_str()));
    let made = serde_json::to_value(made)?;
    if let Some(path) = passed_over(&Value::Object(typed), &made) {
        terminal::remark(&format!(
            "The service's answer does not show `{path}`: it may be misspelt, or not have an effect \
             here."
        ));
    }
    Ok(())
}

/// The settings of an object with what was typed.
fn changed<K>(found: &K, members: &Members) -> anyhow::Result<K::With>
where
    K: Shown + Replaceable<With: DeserializeOwned + Serialize>,
{
    let Value::Object(mut object) = serde_json::to_value(found)? else {
        bail!("the service's {} is no JSON object", K::WORD);
    };
    let of_service: Map<String, Value> = OF_SERVICE
        .iter()
        .filter_map(|name| object.remove_entry(*name))
        .collect();
    let mut typed = Map::new();
    members.apply(&mut typed)?;
    members.apply(&mut object)?;
    if K::REPLACED_WITH_ITSELF {
        object.extend(of_service);
    }
    let with: K::With = read_as(K::WORD, object)?;
    let old = serde_json::to_value(found)?;
    // A file may show what can be read alone.
    typed.retain(|name, _| !OF_SERVICE.contains(&name.as_str()));
    let kept = serde_json::to_value(&with)?;
    if let Some(path) = passed_over(&Value::Object(typed), &kept)
        && at(&old, &path).is_none()
    {
        bail!(
            "{}: there is no member `{path}` that can be set here",
            K::WORD
        );
    }
    Ok(with)
}

impl Delete {
    pub(super) async fn run<K: Shown>(self) -> anyhow::Result<()> {
        let client = self.connection.patient_client()?;
        let collection = client.collection::<K>();
        let found = self.targets.find(&collection).await?;
        delete(&collection, &found, self.care).await
    }
}

/// Deletes what was found, or only shows it. What is shown may say more than the service did.
pub(super) async fn delete<K: Shown>(
    collection: &Collection<'_, K>,
    found: &[impl Serialize],
    care: Care,
) -> anyhow::Result<()> {
    let count = counted(found.len(), K::WORD);
    if care.dry_run {
        terminal::remark(&format!("{count} would be deleted:"));
        return Output::TABLE.many(K::COLUMNS, found);
    }
    if found.is_empty() {
        return terminal::print("There is nothing to delete.\n");
    }
    care.allows(&format!("{count} will be deleted."))?;
    let bar = progress(found.len());
    for (done, one) in found.iter().enumerate() {
        match collection.delete(id_of::<K>(one)?).await {
            // Somebody was quicker.
            Err(error) if error.is_not_found() => {}
            result => result.with_context(|| {
                let name = name_of::<K>(one);
                let others = if found.len() > 1 {
                    format!(" ({done} of {count} were)")
                } else {
                    String::new()
                };
                format!("the {} {name} was not deleted{others}", K::WORD)
            })?,
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    terminal::print(&format!("{count} deleted.\n"))
}

/// So many of them.
pub(super) fn counted(count: usize, word: &str) -> String {
    let plural = match (count, word.strip_suffix('y')) {
        (1, _) => word.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{word}s"),
    };
    format!("{count} {plural}")
}

/// A bar on standard error, where that is a terminal.
pub(super) fn progress(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len}  {eta} left");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What turns on standard error, where that is a terminal, while nobody knows how many there are.
fn counting() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    match ProgressStyle::with_template("{spinner} {human_pos} read") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

pub(super) fn parse(filter: &str) -> anyhow::Result<Filter> {
    Filter::parse(filter).with_context(|| format!("`{filter}` is no filter"))
}

/// All objects, or those that a filter matches.
pub(super) async fn matching<K: Shown>(
    collection: &Collection<'_, K>,
    filter: Option<&Filter>,
) -> anyhow::Result<Vec<K>> {
    let (of_service, own) = if K::TAKES_FILTERS {
        (filter, None)
    } else {
        (None, filter)
    };
    let list = match of_service {
        Some(filter) => collection.list().filter(filter),
        None => collection.list(),
    };
    let bar = counting();
    let mut found = Vec::new();
    let mut stream = std::pin::pin!(list.stream());
    while let Some(one) = stream
        .try_next()
        .await
        .with_context(|| format!("looking for every {} failed", K::WORD))?
    {
        bar.inc(1);
        let object = serde_json::to_value(&one)?;
        let is_meant = |own: &Filter| own.holds(&mut |comparison| comparison.matches(&object));
        if own.is_none_or(is_meant) {
            found.push(one);
        }
    }
    bar.finish_and_clear();
    Ok(found)
}

/// The object with this id, or the one with this name.
pub(super) async fn find<K: Shown>(
    collection: &Collection<'_, K>,
    text: &str,
) -> anyhow::Result<K> {
    if let Ok(id) = text.parse::<K::Id>() {
        return match collection.load(id).await {
            Err(error) if error.is_not_found() => bail!(absent::<K>(text)),
            result => result.with_context(|| format!("reading the {} {text} failed", K::WORD)),
        };
    }
    let names = K::NAMES.iter().copied();
    let filter = names.map(|name| scim::eq(name, text)).reduce(Filter::or);
    only::<K, K>(matching(collection, filter.as_ref()).await?, text)
}

/// The one among these that has this id or name.
pub(super) fn only<K: Shown, T: Serialize>(all: Vec<T>, text: &str) -> anyhow::Result<T> {
    let mut named = Vec::new();
    for one in all {
        let object = serde_json::to_value(&one)?;
        let is_it = |name: &&str| {
            let value = at(&object, name).and_then(Value::as_str);
            value.is_some_and(|value| value.to_lowercase() == text.to_lowercase())
        };
        if K::NAMES.iter().chain(&["id"]).any(is_it) {
            named.push(one);
        }
    }
    match (named.pop(), named.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => bail!(
            "{} are named {text}; name the {} by its id ({})",
            counted(named.len() + 1, K::WORD),
            K::WORD,
            K::HINT
        ),
        (None, _) => bail!(absent::<K>(text)),
    }
}

/// Says that there is none, and where to look.
fn absent<K: Shown>(text: &str) -> String {
    format!("no {} has the name or id {text} ({})", K::WORD, K::HINT)
}

/// What an object is called in a message.
fn name_of<K: Shown>(object: &impl Serialize) -> String {
    let object = serde_json::to_value(object).unwrap_or_default();
    let mut names = K::NAMES.iter().chain(&["id"]);
    let name = names.find_map(|name| at(&object, name)?.as_str());
    name.unwrap_or_default().to_owned()
}

/// The id of an object.
pub(super) fn id_of<K: Shown>(object: &impl Serialize) -> anyhow::Result<K::Id> {
    let object = serde_json::to_value(object)?;
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    id.parse()
        .ok()
        .with_context(|| format!("the service's {} has no id", K::WORD))
}

/// Finds an object of a kind by what somebody typed.
pub(super) async fn named<K: Shown>(client: &Client, text: &str) -> anyhow::Result<K::Id> {
    id_of::<K>(&find(&client.collection::<K>(), text).await?)
}
