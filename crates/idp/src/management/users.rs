//! `/environments/{environment}/users` (PingOne, "Users").

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use protocol::id::{EnvironmentId, PopulationId, UserId};
use protocol::names::{EmailAddress, is_username, name_key};
use protocol::pingone::{ErrorDetail, PasswordState, PasswordStatus, Reference, User};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{refusals, unique, user_bodies};
use crate::access::allowed::{Allowed, find_population};
use crate::access::last_administrator::{self, Loss};
use crate::access::on_attributes::OnAttributes;
use crate::access::on_user::{ActsAs, OnUser};
use crate::access::opened::Opened;
use crate::access::permissions::may;
use crate::accounts::passwords;
use crate::accounts::registration::{self, RegistrationRefusal};
use crate::accounts::verification;
use crate::api::body::JsonObject;
use crate::api::hal::{Hal, Reply};
use crate::api::paging::PageRequest;
use crate::api::user_attributes;
use crate::core::group_rules;
use crate::mail::{MailKind, Notice};
use crate::requests::extract::Query;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::codes::{RecoveryCodes, VerificationCodes};
use crate::stores::former_addresses::FormerAddresses;
use crate::stores::groups::Groups;
use crate::stores::password_policies::StoredPasswordPolicy;
use crate::stores::passwords::StoredPassword;
use crate::stores::record::Record as _;
use crate::stores::user_schemas::UserSchema;
use crate::stores::user_search::{self, Found, Search};
use crate::stores::users::{StoredUser, Users};

fn user_url(idp: &Idp, user: &StoredUser) -> String {
    idp.urls()
        .environment_api(user.environment_id, format_args!("users/{}", user.id))
}

/// A user as lists show it: links to what can be done with it.
fn item(idp: &Idp, user: &StoredUser, schema: &UserSchema, now: Timestamp) -> Hal<User> {
    let url = user_url(idp, user);
    let password = format!("{url}/password");
    let mut wire = user.to_wire(now);
    user_attributes::hide(&mut wire.attributes, schema);
    Hal::new(url.as_str(), wire)
        .link("account.sendVerificationCode", url.as_str())
        .link("linkedAccounts", format!("{url}/linkedAccounts"))
        .link("password", password.as_str())
        .link("password.check", password.as_str())
        .link("password.recover", password.as_str())
        .link("password.reset", password.as_str())
        .link("password.set", password)
}

/// A user by itself: links to what is around it, too.
pub(super) async fn representation(
    idp: &Idp,
    user: &StoredUser,
    now: Timestamp,
) -> Result<Hal<User>, ApiFailure> {
    let schema = idp.user_schemas().of(user.environment_id, now).await?;
    let url = user_url(idp, user);
    let environment = user.environment_id;
    let population = format_args!("populations/{}", user.population_id).to_string();
    Ok(item(idp, user, &schema, now)
        .link("devices", format!("{url}/devices"))
        .link(
            "environment",
            idp.urls().api(format_args!("environments/{environment}")),
        )
        .link(
            "population",
            idp.urls().environment_api(environment, population),
        )
        .link("identityProvider", format!("{url}/identityProvider"))
        .link("roleAssignments", format!("{url}/roleAssignments"))
        .link("sessions", format!("{url}/sessions")))
}

/// A list's item with the state of its password.
#[derive(Serialize)]
struct ListItem {
    #[serde(flatten)]
    user: Hal<User>,
    #[serde(rename = "_embedded")]
    embedded: EmbeddedPassword,
}

#[derive(Serialize)]
struct EmbeddedPassword {
    password: PasswordState,
}

pub(super) async fn list(
    allowed: Allowed<may::ReadUsers>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    let (idp, collection) = (&allowed.idp, allowed.url("users"));
    let schema = idp.user_schemas().of(allowed.id(), allowed.now).await?;
    let filter = page.filter(&user_search::rules(&schema))?;
    let custom = user_search::custom_names(&schema);
    let (sort_key, id) = page.position(idp, &collection)?;
    let search = Search {
        environment: allowed.id(),
        filter: filter.as_ref(),
        custom: &custom,
        populations: allowed.coverage.populations(),
        after: (&sort_key, &id),
        limit: page.read_limit(),
    };
    let found = search.run(idp.db()).await?;
    let mut states = password_states(idp, &found, allowed.now).await?;
    let position = |last: &Found| (last.sort_key.clone(), last.user.id.to_string());
    let page = page.page(idp, &collection, "users", found, position, |found| {
        ListItem {
            embedded: EmbeddedPassword {
                password: states.remove(&found.user.id).unwrap_or_else(|| {
                    PasswordState::new(
                        found.user.environment_id,
                        found.user.id,
                        PasswordStatus::NoPassword,
                    )
                }),
            },
            user: item(idp, &found.user, &schema, allowed.now),
        }
    });
    Reply::ok(&page)
}

/// The states of the passwords of a page: one statement for them, one per population.
async fn password_states(
    idp: &Idp,
    found: &[Found],
    now: Timestamp,
) -> Result<HashMap<UserId, PasswordState>, ApiFailure> {
    let mut passwords = user_search::passwords(idp.db(), found).await?;
    let mut policies = HashMap::new();
    let mut states = HashMap::new();
    for Found { user, .. } in found {
        let policy: &StoredPasswordPolicy = match policies.entry(user.population_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(passwords::policy_of(idp, user).await?),
        };
        let password = passwords.remove(&user.id).unwrap_or(StoredPassword::NONE);
        let status = passwords::status(&password, &policy.policy, now);
        let mut state = PasswordState::new(user.environment_id, user.id, status);
        state.password_policy = Some(Reference::new(policy.id));
        state.last_changed_at = password.hash.and(password.changed_at);
        states.insert(user.id, state);
    }
    Ok(states)
}

/// Both names, which every user has.
pub(super) fn names(body: &Map<String, Value>) -> Result<(String, String), ApiFailure> {
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Err(ApiFailure::required_value(name)),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(ApiFailure::required_value(name))
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(ApiFailure::invalid_value(name, "must be a text")),
    };
    Ok((text("username")?, text("email")?))
}

/// A population that a request names, if it is one of the environment's.
pub(super) async fn known_population(
    idp: &Idp,
    environment: EnvironmentId,
    id: PopulationId,
) -> Result<PopulationId, ApiFailure> {
    let found = find_population(idp, environment, id).await?;
    found.ok_or_else(|| ApiFailure::invalid_value("population", "The population does not exist."))
}

/// Shows a user; `include` asks for the groups that the user is a member of, which only roles let
/// see, and those alone that the roles reach: a group's name may say what others are not to know.
pub(super) async fn read(
    OnAttributes { on, opened }: OnAttributes<may::ReadUsers>,
    query: Query,
) -> Result<Reply, ApiFailure> {
    let (ids, names) = ("memberOfGroupIDs", "memberOfGroupNames");
    let asks_for = |name: &str| query.lists("include", name);
    let user = &on.user;
    let mut included = Map::new();
    if asks_for(ids) || asks_for(names) {
        if on.acts_as == ActsAs::Owner {
            return Err(ApiFailure::forbidden());
        }
        let groups = Groups::new(on.idp.db());
        let mut found = groups.of_user(user.environment_id, user.id).await?;
        found.retain(|group| on.coverage.covers_what_is_of(group.population_id));
        let mut include = |name: &str, texts: Vec<Value>| {
            if asks_for(name) {
                included.insert(name.to_owned(), Value::Array(texts));
            }
        };
        include(
            ids,
            found
                .iter()
                .map(|group| Value::from(group.id.to_string()))
                .collect(),
        );
        include(
            names,
            found
                .iter()
                .map(|group| Value::from(group.name()))
                .collect(),
        );
    }
    let shown = representation(&on.idp, user, on.now).await?;
    show_opened(&on, &opened, &shown.also(&included)).await
}

/// Shows of a user what is opened.
async fn show_opened<P>(
    on: &OnUser<P>,
    opened: &Opened,
    shown: &impl Serialize,
) -> Result<Reply, ApiFailure> {
    if *opened == Opened::All {
        return Reply::ok(shown);
    }
    let schema = on.idp.user_schemas().of(on.environment.id, on.now).await?;
    let mut shown = serde_json::to_value(shown).map_err(ApiFailure::internal)?;
    if let Value::Object(members) = &mut shown {
        // Whoever may ask for a user knows the id.
        let is_attribute = |name: &str| name != "id" && schema.find(name).is_some();
        opened.retain(members, is_attribute);
    }
    Reply::ok(&shown)
}

/// Refuses attributes that are not opened. The two that a user must have may be sent as they are.
fn require_opened(
    on: &OnUser<may::UpdateUsers>,
    opened: &Opened,
    body: &Map<String, Value>,
    schema: &UserSchema,
) -> Result<(), ApiFailure> {
    let is_same = |path: &str| {
        let own = match path {
            "username" => &on.user.username,
            "email" => &on.user.email,
            _ => return false,
        };
        body.get(path).is_some_and(|sent| sent == own)
    };
    let closed = opened.closed(body, |name| schema.find(name).is_some());
    let closed = closed.into_iter().filter(|path| !is_same(path));
    let message = "is not among what the scopes of the access token open";
    let details: Vec<_> = closed
        .map(|path| ErrorDetail::new("INVALID_VALUE", Some(&path), message))
        .collect();
    if details.is_empty() {
        Ok(())
    } else {
        Err(ApiFailure::invalid_data(details))
    }
}

/// Replaces what the body may set; what it leaves out is cleared.
pub(super) async fn replace(
    OnAttributes { on, opened }: OnAttributes<may::UpdateUsers>,
    JsonObject(body): JsonObject,
) -> Result<Reply, ApiFailure> {
    user_bodies::check_ignored(&body)?;
    let (username, email) = names(&body)?;
    let schema = on.idp.user_schemas().of(on.environment.id, on.now).await?;
    require_opened(&on, &opened, &body, &schema)?;
    let kept = opened.kept(on.user.attributes.clone());
    let attributes = user_attributes::merge(kept, &body, &schema)?;
    let mut changed = renamed(&on, username, email, attributes).await?;
    write(&on, &mut changed, "USER.UPDATED").await?;
    show_opened(
        &on,
        &opened,
        &representation(&on.idp, &changed, on.now).await?,
    )
    .await
}

/// Changes what the body names.
pub(super) async fn update(
    OnAttributes { on, opened }: OnAttributes<may::UpdateUsers>,
    JsonObject(mut body): JsonObject,
) -> Result<Reply, ApiFailure> {
    user_bodies::check_ignored(&body)?;
    for (name, present) in [("username", &on.user.username), ("email", &on.user.email)] {
        if !body.contains_key(name) {
            body.insert(name.to_owned(), Value::String(present.clone()));
        }
    }
    let (username, email) = names(&body)?;
    let schema = on.idp.user_schemas().of(on.environment.id, on.now).await?;
    require_opened(&on, &opened, &body, &schema)?;
    let attributes = user_attributes::merge(on.user.attributes.clone(), &body, &schema)?;
    let mut changed = renamed(&on, username, email, attributes).await?;
    write(&on, &mut changed, "USER.UPDATED").await?;
    show_opened(
        &on,
        &opened,
        &representation(&on.idp, &changed, on.now).await?,
    )
    .await
}

async fn renamed<P>(
    on: &OnUser<P>,
    username: String,
    email: String,
    attributes: Map<String, Value>,
) -> Result<StoredUser, ApiFailure> {
    let is_renamed = username != on.user.username;
    if !is_username(&username) {
        return Err(refusals::of_registration(
            RegistrationRefusal::InvalidUsername,
        ));
    }
    // An address that was taken before its form was checked may stay.
    let email = if email == on.user.email {
        email
    } else {
        let address = EmailAddress::parse(&email);
        let refused =
            |invalid| refusals::of_registration(RegistrationRefusal::InvalidEmail(invalid));
        address.map_err(refused)?.as_str().to_owned()
    };
    let has_moved = has_moved(&on.user, &email);
    let mut changed = StoredUser {
        username,
        attributes,
        ..on.user.clone()
    };
    if has_moved {
        changed.move_to(email, on.word());
        if is_by_operator(on) {
            changed.give_kept_email_up();
            if !is_renamed {
                let followed = verification::follow_mailbox(&on.idp, &on.user, &mut changed);
                followed.await.map_err(ApiFailure::internal)?;
            }
        }
    } else {
        changed.email = email;
    }
    // An operator may name somebody by the address that the account has, proven or not: they could
    // as well have said the address.
    let is_said = is_by_operator(on) && Users::has_email(&changed, &changed.username);
    if !is_said && (is_renamed || has_moved) {
        registration::require_own_address(&changed).map_err(refusals::of_registration)?;
    }
    if is_renamed {
        let unused = registration::require_unused_name(&on.idp, &changed).await;
        unused.map_err(refusals::of_registration)?;
    }
    Ok(changed)
}

fn is_by_operator<P>(on: &OnUser<P>) -> bool {
    !on.by.is(on.user.id)
}

/// Whether an address is another than the user's, and not the same one in another spelling.
fn has_moved(user: &StoredUser, email: &str) -> bool {
    name_key(&user.email) != name_key(email)
}

/// Writes a changed user and shows it.
pub(super) async fn save<P>(
    on: &OnUser<P>,
    mut changed: StoredUser,
    action: &'static str,
) -> Result<Reply, ApiFailure> {
    write(on, &mut changed, action).await?;
    Reply::ok(&representation(&on.idp, &changed, on.now).await?)
}

/// Writes a changed user.
pub(super) async fn write<P>(
    on: &OnUser<P>,
    changed: &mut StoredUser,
    action: &'static str,
) -> Result<(), ApiFailure> {
    write_with(on, changed, Change::new(), action).await
}

/// The same, together with something else.
pub(super) async fn write_with<P>(
    on: &OnUser<P>,
    changed: &mut StoredUser,
    with: Change,
    action: &'static str,
) -> Result<(), ApiFailure> {
    changed.updated_at = on.now;
    let alone = registration::require_unique(&on.idp, changed, on.now).await;
    let alone = alone.map_err(refusals::of_registration)?;
    let change = Users::update(changed)
        .and(alone)
        .and(moved(on, changed).await?);
    let placed = group_rules::place(&on.idp, changed, on.now).await?;
    let change = change.and(with).and(placed);
    let written = on
        .commit(on.environment.id, change, action, &*changed)
        .await;
    on.idp.mail().wake();
    written.map_err(|error| unique(error, "username"))
}

/// What another mail address brings with it: the owner is told, and codes that were mailed to
/// another mailbox are worth nothing any more. What an operator changes stays changed.
async fn moved<P>(on: &OnUser<P>, changed: &StoredUser) -> Result<Change, ApiFailure> {
    if !has_moved(&on.user, &changed.email) {
        return Ok(Change::new());
    }
    let stays = changed.mailbox() == on.user.mailbox();
    let notice = MailKind::Notice(if stays && !is_by_operator(on) {
        Notice::AddressChangedByOwner
    } else {
        Notice::AddressChanged
    });
    let told = on.idp.mail().enqueue(&on.idp, &on.user, &notice, on.now);
    let told = told.await.map_err(ApiFailure::internal)?;
    let mut change = told.and(VerificationCodes::delete(changed.id));
    if is_by_operator(on) {
        change = change.and(FormerAddresses::forget(changed.id));
    }
    if stays {
        return Ok(change);
    }
    Ok(change.and(RecoveryCodes::delete(changed.id)))
}

/// Nobody shuts themselves out: one click would do it; and nobody is shut out where nobody would be
/// left who can undo it. What comes back belongs into the change that does it.
pub(super) async fn require_somebody_else<P>(
    on: &OnUser<P>,
    target: Option<&str>,
    what: &str,
) -> Result<Change, ApiFailure> {
    if on.holder() == on.user.id.as_uuid() {
        let message = format!("You cannot {what} your own account; another administrator can.");
        return Err(ApiFailure::constraint(target, message));
    }
    let loss = Loss::Holder(on.user.id.as_uuid());
    last_administrator::require_another(&on.idp, loss, target, on.now).await
}

pub(super) async fn delete(on: OnUser<may::ManageUsers>) -> Result<Reply, ApiFailure> {
    let others = require_somebody_else(&on, None, "delete").await?;
    let change = Users::delete(on.environment.id, on.user.id).and(others);
    on.commit(on.environment.id, change, "USER.DELETED", &on.user)
        .await?;
    Ok(Reply::no_content())
}
