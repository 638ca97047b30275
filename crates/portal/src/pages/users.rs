//! `/users`: operators look for users by name, email address and state.

pub(crate) mod search;

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use pingone::User;
use pingone::management::Cursor;
use ui::{Choice, FormState, Layout};

use self::search::{PLACE, Place, QUERY, STATE, Search, State};
use crate::failure::Failure;
use crate::pages::paging::{Pager, Paging};
use crate::pages::person::{Badge, When, Zone, badges, full_name};
use crate::paths;
use crate::visit::{Operator, Visit};

const USERS_PER_PAGE: u32 = 20;

/// PingOne cannot be asked for locked accounts, nor for what stands in the middle of a word, so users are
/// read, so many at a time and so often for one page.
const USERS_PER_LOOK: u32 = 100;
const MOST_LOOKS: usize = 5;

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    layout: Layout,
    form: FormState,
    places: Vec<Choice>,
    states: Vec<Choice>,
    caption: String,
    /// The same words looked for anywhere, where nothing begins with them.
    anywhere: Option<String>,
    /// Where a user is made, and back to this search.
    create: String,
    users: Vec<Line>,
    pager: Pager,
}

/// A user in the list.
struct Line {
    path: String,
    username: Breakable,
    name: String,
    email: Breakable,
    badges: Vec<Badge>,
    last_sign_on: Option<When>,
}

/// A text that may be an address, and then goes on in the next line at its `@`.
struct Breakable {
    first: String,
    second: String,
}

impl Breakable {
    fn new(text: String) -> Self {
        match text.split_once('@') {
            Some((first, second)) => Self {
                first: first.to_owned(),
                second: format!("@{second}"),
            },
            None => Self {
                first: text,
                second: String::new(),
            },
        }
    }
}

/// A page of users.
struct Found {
    users: Vec<User>,
    next: Option<Cursor>,
    /// How many there are altogether, where PingOne tells.
    count: Option<u64>,
    /// How many were looked at, where PingOne could not be asked for those alone.
    looked_at: Option<usize>,
}

pub(crate) async fn get(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let operator = visit.operator().await?;
    let search = Search::read(query.as_deref().unwrap_or(""))?;
    let paging = Paging::new(&visit, &operator, &search);
    let from = paging.from()?;
    let found = if search.is_all_in_the_filter() {
        page(&operator, &search, from).await
    } else {
        looked_through(&operator, &search, from).await
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return Err(visit.api_failed(error).await),
    };
    let zone = Zone::of(None, visit.signed_on());
    let lines = found.users.iter();
    let is_elsewhere = found.users.is_empty() && found.next.is_none() && !search.words.is_empty();
    let page = Page {
        anywhere: (is_elsewhere && search.place == Place::Beginning)
            .then(|| search.within(Place::Anywhere).address()),
        caption: caption(&visit, &found),
        users: lines
            .map(|user| line(&visit, user, &search, &zone))
            .collect(),
        layout: visit
            .layout("users-title")
            .await?
            .with_lead(visit.text("users-lead")),
        form: FormState::new(&[QUERY, PLACE, STATE])
            .with_value(QUERY, search.words.clone())
            .with_value(PLACE, search.place.as_str())
            .with_value(STATE, search.state.as_str()),
        places: places(&visit),
        states: states(&visit),
        create: format!("{}{}", paths::USER_NEW, search.back()),
        pager: paging.pager(found.next.as_ref()),
    };
    Ok(visit.page(page).into_response())
}

async fn page(
    operator: &Operator,
    search: &Search,
    from: Option<Cursor>,
) -> Result<Found, pingone::Error> {
    let mut list = operator.management.users().list().limit(USERS_PER_PAGE);
    if let Some(filter) = search.filter() {
        list = list.filter(&filter);
    }
    if let Some(from) = from {
        list = list.from(from);
    }
    let page = list.page().await?;
    Ok(Found {
        users: page.items,
        next: page.next,
        count: page.count,
        looked_at: None,
    })
}

/// Those who are looked for among the next users that PingOne's filter lets in, until there are enough of
/// them for a page.
async fn looked_through(
    operator: &Operator,
    search: &Search,
    from: Option<Cursor>,
) -> Result<Found, pingone::Error> {
    let filter = search.filter();
    let enough = usize::try_from(USERS_PER_PAGE).unwrap_or(usize::MAX);
    let (mut users, mut looked_at, mut next) = (Vec::new(), 0, from);
    for _ in 0..MOST_LOOKS {
        let mut list = operator.management.users().list().limit(USERS_PER_LOOK);
        if let Some(filter) = &filter {
            list = list.filter(filter);
        }
        if let Some(from) = next.take() {
            list = list.from(from);
        }
        let page = list.page().await?;
        looked_at += page.items.len();
        users.extend(page.items.into_iter().filter(|user| search.is_for(user)));
        next = page.next;
        if next.is_none() || users.len() >= enough {
            break;
        }
    }
    Ok(Found {
        users,
        next,
        count: None,
        looked_at: Some(looked_at),
    })
}

fn caption(visit: &Visit, found: &Found) -> String {
    let messages = visit.portal().site().messages();
    if let Some(looked_at) = found.looked_at
        && found.next.is_some()
    {
        let counts = [("count", found.users.len()), ("read", looked_at)];
        return messages.format("users-among", &counts);
    }
    if found.users.is_empty() {
        return messages.text("users-none");
    }
    match found.count {
        Some(count) => messages.format("users-count", &[("count", count)]),
        None => messages.text("users-caption"),
    }
}

fn places(visit: &Visit) -> Vec<Choice> {
    let text = |place: Place| match place {
        Place::Beginning => visit.text("users-place-beginning"),
        Place::Anywhere => visit.text("users-place-anywhere"),
    };
    let choices = Place::ALL.into_iter();
    choices
        .map(|place| Choice::new(place.as_str(), text(place)))
        .collect()
}

fn states(visit: &Visit) -> Vec<Choice> {
    let text = |state: State| match state {
        State::Any => visit.text("users-state-any"),
        State::Enabled => visit.text("user-state-enabled"),
        State::Disabled => visit.text("user-state-disabled"),
        State::Locked => visit.text("user-state-locked"),
    };
    let choices = State::ALL.into_iter();
    choices
        .map(|state| Choice::new(state.as_str(), text(state)))
        .collect()
}

fn line(visit: &Visit, user: &User, search: &Search, zone: &Zone) -> Line {
    let path = paths::user(user.id);
    let last = user.last_sign_on.as_ref();
    let username = user.username.clone();
    let username = username.unwrap_or_else(|| user.id.to_string());
    Line {
        path: format!("{path}{}", search.back()),
        username: Breakable::new(username),
        name: full_name(user),
        email: Breakable::new(user.email.clone().unwrap_or_default()),
        badges: badges(visit, user),
        last_sign_on: last.map(|last| zone.when(last.at)),
    }
}
