//! `/environments/{environment}/users/{user}/devices` and `…/pairingKeys`: by what users prove who
//! they are a second time (PingOne, "MFA devices", "MFA pairing keys").

use jiff::Timestamp;
use protocol::names::EmailAddress;
use protocol::pingone::{
    DeviceStatus, DeviceType, ErrorDetail, NewDevice, Reference as WireReference, date,
};
use protocol::secret::Password;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::access::on_user::{ActsAs, OnUser};
use crate::access::permissions::may;
use crate::accounts::{otp, totp};
use crate::api::body::Json;
use crate::api::checks;
use crate::api::configuration::{OfUser, UsersOwn as _};
use crate::api::hal::{Hal, Page, Reply, Shown};
use crate::audit::Activity;
use crate::configuration::device_authentication_policies::{DeviceAuthenticationPolicy, OtpRules};
use crate::configuration::devices::{
    Activation, Block, BlockStatus, Device, Lock, LockStatus, PAIRING_KEY_LIFETIME, PairingKey,
    in_order, otp_context,
};
use crate::configuration::mfa_settings::{MfaSettings, PairingKeyFormat};
use crate::mail::{MailKind, Notice};
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document as _, Object, Objects, ROOM, take_secrets, to_json};

/// What is not provided.
pub(super) const KEPT: Option<&str> = Some(
    "Mail addresses and authenticator applications prove somebody, at sign-on and to programs \
     (`deviceAuthentications`); no message goes to a phone.",
);

/// What is not provided of pairing keys.
pub(super) const KEPT_PAIRING: Option<&str> = Some("No mobile application can use the key.");

/// An address for a phone: `+`, digits and what people put between them.
const LONGEST_PHONE: usize = 32;

/// More applications of a pairing key than this are refused.
const MOST_APPLICATIONS: usize = 20;

/// The documents of a user.
fn devices<P>(on: &OnUser<P>) -> Objects<'_, Device> {
    Objects::new(on.idp.db(), on.idp.keyring())
}

async fn all<P>(on: &OnUser<P>) -> Result<Vec<Object<Device>>, ApiFailure> {
    let (environment, user) = (on.environment.id, on.user.id.as_uuid());
    Ok(in_order(devices(on).list(environment, user).await?))
}

async fn settings<P>(on: &OnUser<P>) -> Result<MfaSettings, ApiFailure> {
    Ok(MfaSettings::of(&on.idp, on.environment.id).await?)
}

fn show<P>(on: &OnUser<P>, device: &Object<Device>) -> Result<Shown, ApiFailure> {
    let mut document = to_json(&device.document)?;
    take_secrets::<Device>(&mut document);
    if let Some(members) = document.as_object_mut() {
        for hidden in Device::HIDDEN {
            members.remove(*hidden);
        }
        members.insert("lock".to_owned(), json!(device.document.lock_at(on.now)));
    }
    let url = format!("devices/{}", device.id);
    let shown = shown(on, &url, device.id, document);
    let shown = shown
        .member("createdAt", json!(date::written(device.created_at)))
        .member("updatedAt", json!(date::written(device.updated_at)));
    Ok(
        if device.document.status == DeviceStatus::ActivationRequired {
            let own = format!("{}/{url}", on.url());
            shown.link("device.activate", own)
        } else {
            shown
        },
    )
}

/// Something of a user, at a path below the user's.
fn shown<P>(on: &OnUser<P>, path: &str, id: Uuid, own: Value) -> Shown {
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(id));
    members.insert("environment".to_owned(), json!({ "id": on.environment.id }));
    members.insert("user".to_owned(), json!({ "id": on.user.id }));
    if let Value::Object(own) = own {
        members.extend(own);
    }
    let environment = on.environment.id;
    let path = format!("users/{}/{path}", on.user.id);
    Hal::in_environment(on.idp.urls(), environment, path, members).link("user", on.url())
}

pub(super) async fn list(on: OnUser<may::ReadDevices>) -> Result<Reply, ApiFailure> {
    page(&on).await
}

async fn page<P>(on: &OnUser<P>) -> Result<Reply, ApiFailure> {
    let shown = all(on).await?;
    let shown = shown.iter().map(|device| show(on, device));
    let shown = shown.collect::<Result<Vec<_>, _>>()?;
    Reply::ok(&Page::whole(
        format!("{}/devices", on.url()),
        "devices",
        shown,
    ))
}

pub(super) async fn read(
    OfUser { on, object }: OfUser<Device, may::ReadDevices>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&show(&on, &object)?)
}

/// Refuses owners who have a second factor and signed on without it: whoever knows the password alone
/// neither pairs a device nor takes one away.
async fn require_second_factor<P>(on: &OnUser<P>) -> Result<(), ApiFailure> {
    if on.acts_as == ActsAs::Administrator || !on.user.mfa_enabled || on.has_second_factor() {
        return Ok(());
    }
    let is_active = |device: &Object<Device>| device.document.status == DeviceStatus::Active;
    if all(on).await?.iter().any(is_active) {
        return Err(ApiFailure::forbidden());
    }
    Ok(())
}

/// Tells the user what became of a device.
async fn tell<P>(on: &OnUser<P>, notice: Notice) -> Result<Change, ApiFailure> {
    let notice = MailKind::Notice(notice);
    let mail = on.idp.mail().enqueue(&on.idp, &on.user, &notice, on.now);
    mail.await.map_err(ApiFailure::internal)
}

/// Makes a device. Administrators may say that it is active already; others prove that it is the
/// user's.
pub(super) async fn create(
    on: OnUser<may::CreateDevices>,
    Json(new): Json<NewDevice>,
) -> Result<Reply, ApiFailure> {
    require_second_factor(&on).await?;
    let most = settings(&on).await?.pairing.max_allowed_devices;
    let mut document = checked(&on, new)?;
    checks::references(&on.idp, on.environment.id, &document.references()).await?;
    let rules = rules(&on, &document).await?;
    if !rules.is_some_and(|rules| rules.can_be_paired) {
        let message = "The policy lets no device of this type be paired.";
        return Err(ApiFailure::constraint(Some("type"), message));
    }
    let id = on.new_id();
    let mut mailed = Change::new();
    if document.kind == DeviceType::Totp {
        document.secret = Some(totp::secret(on.idp.random()));
    }
    if document.status == DeviceStatus::ActivationRequired {
        let (activation, mail) = begin_activation(&on, id, &document, rules).await?;
        document.activation = Some(activation);
        mailed = mail;
    } else {
        mailed = mailed.and(tell(&on, Notice::DeviceAdded).await?);
    }
    let device = Object::new(
        id,
        on.environment.id,
        on.user.id.as_uuid(),
        document,
        on.now,
    );
    let change = devices(&on).insert_within(most, &device, on.idp.random())?;
    let mail_step = change.steps();
    let written = on.commit(
        on.environment.id,
        change.and(mailed),
        "DEVICE.CREATED",
        &device,
    );
    written.await.map_err(|error| match error.unmet() {
        Some(ROOM) => {
            let message = format!("The user has {most} devices already, which is the most.");
            ApiFailure::constraint(None, message)
        }
        Some(step) if step >= mail_step => ApiFailure::too_many_mails(),
        // What it refers to was deleted meanwhile.
        Some(_) => ApiFailure::conflict(),
        None => error.into(),
    })?;
    on.idp.mail().wake();
    let shown = show(&on, &device)?;
    let shown = match &device.document.secret {
        Some(secret) => {
            let issuer = &on.environment.name;
            let uri = totp::key_uri(secret, issuer, &on.user.username);
            shown
                .member("secret", secret.as_str())
                .member("keyUri", uri)
        }
        None => shown,
    };
    Reply::created(&shown)
}

/// Checks what was sent, and fills in what follows from the type and from who asks.
fn checked<P>(on: &OnUser<P>, new: NewDevice) -> Result<Device, ApiFailure> {
    let NewDevice {
        device_type: kind,
        status,
        nickname,
        email,
        phone,
        extension,
        policy,
        test_mode,
        ..
    } = new;
    let is_phone = matches!(
        kind,
        DeviceType::Sms | DeviceType::Voice | DeviceType::WhatsApp
    );
    match (&email, kind == DeviceType::Email) {
        (None, true) => return Err(ApiFailure::required_value("email")),
        (Some(_), false) => return Err(foreign("email")),
        (Some(email), true) if EmailAddress::parse(email).is_err() => {
            let message = "must be a well-formed email address";
            return Err(ApiFailure::invalid_value("email", message));
        }
        _ => {}
    }
    match (&phone, is_phone) {
        (None, true) => return Err(ApiFailure::required_value("phone")),
        (Some(_), false) => return Err(foreign("phone")),
        (Some(phone), true) if !looks_like_phone(phone) => {
            let message = "must be a telephone number, such as +1.4155550123";
            return Err(ApiFailure::invalid_value("phone", message));
        }
        _ => {}
    }
    if extension.is_some() && kind != DeviceType::Voice {
        return Err(foreign("extension"));
    }
    let status = match (on.acts_as, kind, status) {
        // Nobody knows the secret yet.
        (_, DeviceType::Totp, _) => DeviceStatus::ActivationRequired,
        (ActsAs::Owner, _, Some(DeviceStatus::Active)) => {
            let message = "can be said by an administrator only";
            return Err(ApiFailure::invalid_value("status", message));
        }
        (ActsAs::Owner, _, _) => DeviceStatus::ActivationRequired,
        (ActsAs::Administrator, _, status) => status.unwrap_or(DeviceStatus::Active),
    };
    Ok(Device {
        kind,
        status,
        nickname,
        email,
        phone,
        extension,
        policy: policy.map(|policy| WireReference::new(policy.id.as_uuid())),
        test_mode,
        lock: Lock::default(),
        block: Block::default(),
        position: None,
        activation: None,
        secret: None,
        last_step: None,
        failures: 0,
        locks: 0,
    })
}

fn foreign(member: &str) -> ApiFailure {
    ApiFailure::invalid_value(member, "does not belong to a device of this type")
}

fn looks_like_phone(text: &str) -> bool {
    let is_of_phones = |c: char| c.is_ascii_digit() || "+-. ()".contains(c);
    text.len() <= LONGEST_PHONE
        && text.chars().all(is_of_phones)
        && text.chars().filter(char::is_ascii_digit).count() >= 5
}

/// What a device's policy says of its one-time passwords, or else the default policy.
async fn rules<P>(on: &OnUser<P>, device: &Device) -> Result<Option<OtpRules>, ApiFailure> {
    let policy = device.policy.map(|policy| policy.id);
    let environment = on.environment.id;
    let policy = DeviceAuthenticationPolicy::find(&on.idp, environment, policy).await?;
    Ok(policy.and_then(|policy| policy.document.otp_rules(device.kind)))
}

/// What an activation waits for. A one-time password goes out by mail.
async fn begin_activation<P>(
    on: &OnUser<P>,
    id: Uuid,
    device: &Device,
    rules: Option<OtpRules>,
) -> Result<(Activation, Change), ApiFailure> {
    let Some(OtpRules {
        lifetime, digits, ..
    }) = rules
    else {
        let message = "The policy has no place for a device of this type.";
        return Err(ApiFailure::constraint(None, message));
    };
    let expires_at = on.now.saturating_add(lifetime);
    let mut activation = Activation {
        tag: None,
        failures: 0,
        expires_at: expires_at.unwrap_or(Timestamp::MAX),
    };
    let Some(address) = &device.email else {
        return Ok((activation, Change::new()));
    };
    let otp = otp::digits(on.idp.random(), digits);
    let context = otp_context(on.environment.id, id);
    activation.tag = Some(otp::tag(on.idp.keyring(), &context, &otp));
    let mail = MailKind::Device {
        otp: &otp,
        address,
        lifetime,
    };
    let mail = on.idp.mail().require(&on.idp, &on.user, &mail, on.now);
    Ok((activation, mail.await.map_err(ApiFailure::internal)?))
}

/// Puts a device in the place of the one that was read, unless another request was faster.
async fn replace<P>(
    on: &OnUser<P>,
    changed: &Object<Device>,
    mailed: Change,
    event: &'static str,
) -> Result<(), ApiFailure> {
    let change = devices(on).update_unchanged(changed, on.idp.random())?;
    let mail_step = change.steps();
    let written = on.commit(on.environment.id, change.and(mailed), event, changed);
    written.await.map_err(|error| match error.unmet() {
        Some(step) if step >= mail_step => ApiFailure::too_many_mails(),
        Some(_) => ApiFailure::conflict(),
        None => error.into(),
    })
}

pub(super) async fn delete(
    OfUser { on, object }: OfUser<Device, may::DeleteDevices>,
) -> Result<Reply, ApiFailure> {
    require_second_factor(&on).await?;
    let mut change = Objects::delete(&object);
    if object.document.status == DeviceStatus::Active {
        change = change.and(tell(&on, Notice::DeviceRemoved).await?);
    }
    let written = on.commit(on.environment.id, change, "DEVICE.DELETED", &object);
    written.await?;
    on.idp.mail().wake();
    Ok(Reply::no_content())
}

/// What brings a device to life.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ActivationBody {
    otp: Password,
}

/// Activates a device with the one-time password that proves it is the user's.
pub(super) async fn activate(
    OfUser { on, object: device }: OfUser<Device, may::UpdateDevices>,
    Json(body): Json<ActivationBody>,
) -> Result<Reply, ApiFailure> {
    require_second_factor(&on).await?;
    let wrong = || {
        let message = "The one-time password is wrong or has expired.";
        let detail = ErrorDetail::new("INVALID_OTP", Some("otp"), message);
        ApiFailure::invalid_data(vec![detail])
    };
    let Some(activation) = device.document.activation.clone() else {
        let message = "The device does not wait for an activation.";
        return Err(ApiFailure::constraint(None, message));
    };
    let rules = rules(&on, &device.document).await?;
    let most_failures = rules.map_or(0, |rules| rules.most_failures);
    if activation.failures >= most_failures || activation.expires_at <= on.now {
        return Err(wrong());
    }
    // The try is counted before anything is compared.
    let mut counted = device.clone();
    counted.document.activation = Some(Activation {
        failures: activation.failures + 1,
        ..activation.clone()
    });
    let count = devices(&on).update_unchanged(&counted, on.idp.random())?;
    match count.commit_unrecorded(&on.idp).await {
        Ok(()) => {}
        Err(error) if error.unmet().is_some() => return Err(ApiFailure::conflict()),
        Err(error) => return Err(error.into()),
    }
    let sent = body.otp.expose().trim();
    let grace_steps = rules.map_or(0, |rules| rules.grace_steps);
    let Some(proof) = proof(&on, &device, &activation, sent, grace_steps) else {
        let failed = Activity::failed("OTP.CHECK_FAILED", &on.user);
        Change::new()
            .commit(&on.idp, on.environment.id, &failed, &on.by)
            .await?;
        return Err(wrong());
    };
    let mut activated = counted.written();
    activated.document.activation = None;
    activated.document.status = DeviceStatus::Active;
    if let Proof::Step(step) = proof {
        activated.document.last_step = Some(step);
    }
    activated.updated_at = on.now;
    let told = tell(&on, Notice::DeviceAdded).await?;
    replace(&on, &activated, told, "DEVICE.ACTIVATED").await?;
    on.idp.mail().wake();
    Reply::ok(&show(&on, &activated)?)
}

/// What proved that a device is the user's.
enum Proof {
    /// The one-time password that was mailed to it.
    Mailed,
    /// The one-time password that it made for this step.
    Step(i64),
}

fn proof<P>(
    on: &OnUser<P>,
    device: &Object<Device>,
    activation: &Activation,
    sent: &str,
    grace_steps: u32,
) -> Option<Proof> {
    if let Some(tag) = &activation.tag {
        let context = otp_context(on.environment.id, device.id);
        let is_right = otp::is_kept_as(on.idp.keyring(), &context, sent, tag);
        return is_right.then_some(Proof::Mailed);
    }
    let secret = device.document.secret.as_deref()?;
    totp::find_step(secret, sent, grace_steps, on.now).map(Proof::Step)
}

/// Mails a one-time password once more.
pub(super) async fn send_activation_code(
    OfUser { on, object: device }: OfUser<Device, may::UpdateDevices>,
) -> Result<Reply, ApiFailure> {
    if device.document.activation.is_none() {
        let message = "The device does not wait for an activation.";
        return Err(ApiFailure::constraint(None, message));
    }
    // Nothing is sent to those that make passcodes themselves, and the tries stay counted.
    let is_mailed = device.document.activation.as_ref();
    if is_mailed.is_some_and(|activation| activation.tag.is_none()) {
        let message = "No passcode is sent to a device of this type; it makes its own.";
        return Err(ApiFailure::constraint(None, message));
    }
    let rules = rules(&on, &device.document).await?;
    let (activation, mailed) = begin_activation(&on, device.id, &device.document, rules).await?;
    let mut changed = device.clone();
    changed.document.activation = Some(activation);
    changed.updated_at = on.now;
    replace(&on, &changed, mailed, "DEVICE.UPDATED").await?;
    on.idp.mail().wake();
    Reply::ok(&show(&on, &changed)?)
}

/// Changes a device by what an operator does to it.
async fn change<P>(
    OfUser { on, object }: OfUser<Device, P>,
    event: &'static str,
    change: impl FnOnce(&mut Device),
) -> Result<Reply, ApiFailure> {
    let mut changed = object.clone();
    change(&mut changed.document);
    changed.updated_at = on.now;
    replace(&on, &changed, Change::new(), event).await?;
    Reply::ok(&show(&on, &changed)?)
}

pub(super) async fn block(device: OfUser<Device, may::ManageUsers>) -> Result<Reply, ApiFailure> {
    let blocked_at = Some(device.on.now);
    change(device, "DEVICE.BLOCKED", |device| {
        device.block = Block {
            status: BlockStatus::Blocked,
            blocked_at,
        };
    })
    .await
}

pub(super) async fn unblock(device: OfUser<Device, may::ManageUsers>) -> Result<Reply, ApiFailure> {
    change(device, "DEVICE.UNBLOCKED", |device| {
        device.block = Block::default();
    })
    .await
}

pub(super) async fn lock(device: OfUser<Device, may::ManageUsers>) -> Result<Reply, ApiFailure> {
    change(device, "DEVICE.LOCKED", |device| {
        device.lock = Lock {
            status: LockStatus::Locked,
            expires_at: None,
        };
    })
    .await
}

pub(super) async fn unlock(device: OfUser<Device, may::ManageUsers>) -> Result<Reply, ApiFailure> {
    change(device, "DEVICE.UNLOCKED", |device| {
        device.lock = Lock::default();
        device.failures = 0;
        device.locks = 0;
    })
    .await
}

/// What the user calls a device.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Nickname {
    nickname: Option<String>,
}

pub(super) async fn set_nickname(
    device: OfUser<Device, may::UpdateDevices>,
    Json(body): Json<Nickname>,
) -> Result<Reply, ApiFailure> {
    change(device, "DEVICE.NICKNAME_UPDATED", |device| {
        device.nickname = body.nickname;
    })
    .await
}

/// An order of devices.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Order {
    order: Vec<WireReference<Uuid>>,
}

/// Puts devices in the order that the user wants.
pub(super) async fn reorder(
    on: OnUser<may::UpdateDevices>,
    Json(body): Json<Order>,
) -> Result<Reply, ApiFailure> {
    let there = all(&on).await?;
    let is_permutation = body.order.len() == there.len()
        && there.iter().all(|device| {
            let named = body.order.iter().filter(|one| one.id == device.id);
            named.count() == 1
        });
    if !is_permutation {
        let message = "must name each device of the user once";
        return Err(ApiFailure::invalid_value("order", message));
    }
    let place = |device: &Object<Device>| {
        let place = body.order.iter().position(|one| one.id == device.id)?;
        u32::try_from(place).ok()
    };
    set_positions(&on, there, place, "DEVICES.ORDER_UPDATED").await?;
    page(&on).await
}

pub(super) async fn drop_order(on: OnUser<may::UpdateDevices>) -> Result<Reply, ApiFailure> {
    let there = all(&on).await?;
    set_positions(&on, there, |_| None, "DEVICES.ORDER_DELETED").await?;
    Ok(Reply::no_content())
}

async fn set_positions<P>(
    on: &OnUser<P>,
    there: Vec<Object<Device>>,
    position: impl Fn(&Object<Device>) -> Option<u32>,
    event: &'static str,
) -> Result<(), ApiFailure> {
    let mut change = Change::new();
    for device in there {
        let mut moved = device.clone();
        moved.document.position = position(&device);
        let update = devices(on).update_unchanged(&moved, on.idp.random())?;
        change = change.and(update);
    }
    let written = on.commit(on.environment.id, change, event, &on.user).await;
    written.map_err(|error| match error.unmet() {
        Some(_) => ApiFailure::conflict(),
        None => error.into(),
    })
}

/// A pairing key as it is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct NewPairingKey {
    applications: Vec<WireReference<Uuid>>,
}

fn pairing_keys<P>(on: &OnUser<P>) -> Objects<'_, PairingKey> {
    Objects::new(on.idp.db(), on.idp.keyring())
}

pub(super) async fn create_pairing_key(
    on: OnUser<may::CreatePairingKeys>,
    Json(body): Json<NewPairingKey>,
) -> Result<Reply, ApiFailure> {
    require_second_factor(&on).await?;
    if body.applications.is_empty() {
        return Err(ApiFailure::required_value("applications"));
    }
    if body.applications.len() > MOST_APPLICATIONS {
        let message = format!("must have at most {MOST_APPLICATIONS} items");
        return Err(ApiFailure::invalid_value("applications", message));
    }
    let code = match settings(&on).await?.pairing.pairing_key_format {
        PairingKeyFormat::Numeric => otp::digits(on.idp.random(), 12),
        PairingKeyFormat::Alphanumeric => on.idp.random().code(16),
    };
    let expires_at = on.now.saturating_add(PAIRING_KEY_LIFETIME);
    let key = Object::new(
        on.idp.random().uuid(),
        on.environment.id,
        on.user.id.as_uuid(),
        PairingKey {
            applications: body.applications,
            code,
            expires_at: expires_at.unwrap_or(Timestamp::MAX),
        },
        on.now,
    );
    let named = key.document.mentions();
    checks::references(&on.idp, on.environment.id, &named).await?;
    // Keys that are over make room.
    let mut change = Change::new();
    let (environment, user) = (on.environment.id, on.user.id.as_uuid());
    for old in pairing_keys(&on).list(environment, user).await? {
        if old.document.expires_at <= on.now {
            change = change.and(Objects::delete(&old));
        }
    }
    let change = change.and(pairing_keys(&on).insert(&key, on.idp.random())?);
    let written = on.commit(on.environment.id, change, "PAIRING_KEY.CREATED", &key);
    written.await.map_err(|error| match error.unmet() {
        Some(_) => ApiFailure::constraint(None, "The user has too many pairing keys already."),
        None => error.into(),
    })?;
    // The code is shown this once: whoever has it pairs a device of theirs.
    let code = key.document.code.as_str();
    Reply::created(&show_pairing_key(&on, &key)?.member("code", code))
}

fn show_pairing_key<P>(on: &OnUser<P>, key: &Object<PairingKey>) -> Result<Shown, ApiFailure> {
    let path = format!("pairingKeys/{}", key.id);
    let status = if key.document.expires_at <= on.now {
        "EXPIRED"
    } else {
        "UNCLAIMED"
    };
    let mut document = to_json(&key.document)?;
    take_secrets::<PairingKey>(&mut document);
    let shown = shown(on, &path, key.id, document);
    Ok(shown
        .member("status", status)
        .member("createdAt", json!(date::written(key.created_at)))
        .member("updatedAt", json!(date::written(key.updated_at))))
}

pub(super) async fn read_pairing_key(
    OfUser { on, object: key }: OfUser<PairingKey, may::ReadDevices>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&show_pairing_key(&on, &key)?)
}

pub(super) async fn delete_pairing_key(
    OfUser { on, object: key }: OfUser<PairingKey, may::DeleteDevices>,
) -> Result<Reply, ApiFailure> {
    let change = Objects::delete(&key);
    let written = on.commit(on.environment.id, change, "PAIRING_KEY.DELETED", &key);
    written.await?;
    Ok(Reply::no_content())
}
