//! What holds of the objects of every kind.

use pingone::Method;
use serde_json::Value;
use uuid::Uuid;

use super::compare::{date, is, items, member, says};
use super::kinds::Kind;
use super::samples::Sample;
use super::stop::{Stop, broken, ensure};
use super::trial::{Trial, link, path_of, within};

/// No list is followed over more pages.
const MOST_PAGES: usize = 100;

/// Something that holds of the objects of a kind.
#[derive(Clone, Copy)]
pub(super) enum Point {
    Created,
    Read,
    Listed,
    Replaced,
    Deleted,
    Required,
    Taken,
    Unknown,
}

impl Point {
    /// The points of a kind.
    pub(super) fn of(kind: &Kind) -> Vec<Self> {
        let mut points = vec![Self::Created, Self::Read, Self::Listed];
        if kind.is_replaced {
            points.push(Self::Replaced);
        }
        points.push(Self::Deleted);
        if !kind.required.is_empty() {
            points.push(Self::Required);
        }
        if kind.unique.is_some() {
            points.push(Self::Taken);
        }
        points.push(Self::Unknown);
        points
    }

    /// The promise, in words.
    pub(super) fn says(self, kind: &Kind) -> String {
        match self {
            Self::Created => {
                "what is created has an id, its environment and a link to itself".into()
            }
            Self::Read => "what is created is read back as it was answered".into(),
            Self::Listed => "the list holds what is created and says how much it holds".into(),
            Self::Replaced => "what replaces it is answered and read back".into(),
            Self::Deleted => "what is deleted is gone".into(),
            Self::Required => {
                format!(
                    "without one of {} it is refused by that name",
                    kind.required.join(", ")
                )
            }
            Self::Taken => {
                format!(
                    "a {} that is taken is refused",
                    kind.unique.unwrap_or_default()
                )
            }
            Self::Unknown => "an id that nothing has leads to nothing".into(),
        }
    }

    pub(super) async fn look(self, trial: &Trial, kind: &Kind) -> Result<(), Stop> {
        let sample = (kind.sample)(trial).await?;
        match self {
            Self::Created => created(trial, kind, &sample).await,
            Self::Read => read(trial, &sample).await,
            Self::Listed => listed(trial, kind, &sample).await,
            Self::Replaced => replaced(trial, kind, &sample).await,
            Self::Deleted => deleted(trial, kind, &sample).await,
            Self::Required => required(trial, kind, &sample).await,
            Self::Taken => taken(trial, kind, &sample).await,
            Self::Unknown => unknown(trial, &sample).await,
        }
    }
}

async fn created(trial: &Trial, kind: &Kind, sample: &Sample) -> Result<(), Stop> {
    let made = trial.make(&sample.collection, &sample.body).await?;
    let told = format!("POST {}", sample.collection);
    let has_form = Uuid::parse_str(&made.id).is_ok_and(|id| id.to_string() == made.id);
    ensure(has_form, || {
        format!("{told}: `id` should be a UUID in small letters")
    })?;
    let look = || {
        is(&made.body, "/environment/id", trial.environment())?;
        if kind.is_dated {
            let (at, changed) = (
                date(&made.body, "/createdAt")?,
                date(&made.body, "/updatedAt")?,
            );
            ensure(at <= changed, || {
                "`updatedAt` is before `createdAt`".to_owned()
            })?;
        }
        let own = link(&made.body, "self")?;
        ensure(own.ends_with(&format!("/{}", made.at)), || {
            format!("`_links.self` leads to {own} and not to {}", made.at)
        })?;
        match &made.location {
            None => broken("there is no header Location"),
            Some(location) => ensure(path_of(location)? == own, || {
                format!("the header Location names {location}, `_links.self` {own}")
            }),
        }
    };
    if let Err(stop) = look() {
        return Err(within(&told, stop));
    }
    let followed = trial.ask_at(Method::GET, link(&made.body, "self")?);
    is(&followed.answered(200).await?, "/id", made.id)
}

async fn read(trial: &Trial, sample: &Sample) -> Result<(), Stop> {
    let made = trial.make(&sample.collection, &sample.body).await?;
    let in_answer = |stop| within(&format!("POST {}", sample.collection), stop);
    says(&made.body, &sample.body, sample.hidden).map_err(in_answer)?;
    let read = trial.get(&made.at).await?;
    says(&read, &made.body, sample.hidden).map_err(|stop| within(&format!("GET {}", made.at), stop))
}

async fn listed(trial: &Trial, kind: &Kind, sample: &Sample) -> Result<(), Stop> {
    let made = trial.make(&sample.collection, &sample.body).await?;
    let told = format!("GET {}", sample.collection);
    let Some(item) = find_in_list(trial, kind, &sample.collection, &made.id).await? else {
        return broken(format!("{told} should hold {} and does not", made.id));
    };
    let mut wanted = sample.body.clone();
    if let Value::Object(members) = &mut wanted {
        members.retain(|name, _| kind.in_list.contains(&name.as_str()));
    }
    says(&item, &wanted, sample.hidden).map_err(|stop| within(&told, stop))
}

/// Looks for an object in a list, from page to page.
async fn find_in_list(
    trial: &Trial,
    kind: &Kind,
    collection: &str,
    id: &str,
) -> Result<Option<Value>, Stop> {
    let told = format!("GET {collection}");
    let mut ask = trial.ask(Method::GET, collection);
    for _ in 0..MOST_PAGES {
        let page = ask.answered(200).await?;
        let in_answer = |stop| within(&told, stop);
        let items = items(&page, kind.key).map_err(in_answer)?;
        is(&page, "/size", items.len()).map_err(in_answer)?;
        if let Some(count) = page.get("count") {
            let all = count.as_u64().and_then(|count| usize::try_from(count).ok());
            ensure(all.is_some_and(|all| all >= items.len()), || {
                format!("{told}: `count` is {count}, and there are {}", items.len())
            })?;
        }
        if let Some(item) = items.iter().find(|item| item["id"] == id) {
            return Ok(Some(item.clone()));
        }
        let Some(next) = page.pointer("/_links/next/href").and_then(Value::as_str) else {
            return Ok(None);
        };
        ask = following(trial, next)?;
    }
    broken(format!("{told} has more than {MOST_PAGES} pages"))
}

/// A call to a link, with its query.
pub(super) fn following<'t>(trial: &'t Trial, href: &str) -> Result<super::trial::Ask<'t>, Stop> {
    let mut ask = trial.ask_at(Method::GET, path_of(href)?);
    if let Ok(link) = url::Url::parse(href) {
        for (name, value) in link.query_pairs() {
            ask = ask.query(&name, &value);
        }
    }
    Ok(ask)
}

async fn replaced(trial: &Trial, kind: &Kind, sample: &Sample) -> Result<(), Stop> {
    let made = trial.make(&sample.collection, &sample.body).await?;
    let (told, mut body) = (format!("PUT {}", made.at), sample.body.clone());
    if let (Value::Object(body), Value::Object(change)) = (&mut body, &sample.change) {
        body.extend(change.clone());
    }
    let answer = trial.put(&made.at, &body).await?;
    let look = || {
        says(&answer, &body, sample.hidden)?;
        is(&answer, "/id", made.id.as_str())?;
        if kind.is_dated {
            is(
                &answer,
                "/createdAt",
                member(&made.body, "/createdAt")?.clone(),
            )?;
            let (at, changed) = (date(&answer, "/createdAt")?, date(&answer, "/updatedAt")?);
            ensure(at <= changed, || {
                "`updatedAt` is before `createdAt`".to_owned()
            })?;
        }
        Ok(())
    };
    look().map_err(|stop| within(&told, stop))?;
    let read = trial.get(&made.at).await?;
    says(&read, &answer, sample.hidden).map_err(|stop| within(&format!("GET {}", made.at), stop))
}

async fn deleted(trial: &Trial, kind: &Kind, sample: &Sample) -> Result<(), Stop> {
    let made = trial.make(&sample.collection, &sample.body).await?;
    trial.get(&made.at).await?;
    trial.delete(&made.at).await?;
    trial.is_missing(&made.at).await?;
    trial
        .ask(Method::DELETE, &made.at)
        .refused(404, "NOT_FOUND")
        .await?;
    let listed = find_in_list(trial, kind, &sample.collection, &made.id).await?;
    ensure(listed.is_none(), || {
        format!("GET {} still holds {}", sample.collection, made.id)
    })
}

async fn required(trial: &Trial, kind: &Kind, sample: &Sample) -> Result<(), Stop> {
    for name in kind.required {
        let mut body = sample.body.clone();
        if let Value::Object(members) = &mut body {
            members.remove(*name);
        }
        trial
            .create(&sample.collection, &body)
            .refused_for("INVALID_DATA", "REQUIRED_VALUE", name)
            .await?;
    }
    Ok(())
}

async fn taken(trial: &Trial, kind: &Kind, sample: &Sample) -> Result<(), Stop> {
    trial.make(&sample.collection, &sample.body).await?;
    trial
        .create(&sample.collection, &sample.body)
        .refused_for(
            "INVALID_DATA",
            "UNIQUENESS_VIOLATION",
            kind.unique.unwrap_or_default(),
        )
        .await?;
    Ok(())
}

async fn unknown(trial: &Trial, sample: &Sample) -> Result<(), Stop> {
    let nothing = format!("{}/{}", sample.collection, Uuid::new_v4());
    for method in [Method::GET, Method::DELETE] {
        trial
            .ask(method, &nothing)
            .refused(404, "NOT_FOUND")
            .await?;
    }
    trial
        .is_missing(&format!("{}/no-id", sample.collection))
        .await
}
