//! Second factors, limits of messages and names of an environment's own, at the embedded
//! environment.

use pingone::{
    BlockStatus, CustomDomain, DeliveryMethod, DeviceAuthenticationPolicy, DeviceChoice, DeviceId,
    DeviceSelection, DeviceStatus, DeviceType, DomainStatus, EmailDomain, Fido2Policy, FidoDevices,
    LockStatus, MadeOtpDevices, MfaOfNewUsers, NewDevice, NotificationQuota, NotificationsPolicy,
    OneTimePassword, Open, PairingKeyFormat, PrivateKeyPem, QuotaType, Reference, TrustedEmail,
};

use super::Embedded;

/// The one-time passwords that were mailed to an address, once there are `count` mails.
async fn mailed(embedded: &Embedded, to: &str, count: usize) -> Vec<OneTimePassword> {
    let mailbox = embedded.system.mailbox();
    mailbox.newest(to, count).await;
    let is_otp = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let mails = mailbox.to(to).await;
    let otps = mails.iter().map(|mail| {
        let otp = mail.text.split_whitespace().find(is_otp);
        OneTimePassword::new(otp.unwrap())
    });
    otps.collect()
}

#[tokio::test]
async fn devices_of_a_user_are_paired_named_ordered_blocked_and_deleted() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-devices").await;
    let users = embedded.pingone.users();
    assert!(!users.is_second_factor_demanded(ada.id).await.unwrap());
    users.demand_second_factor(ada.id, true).await.unwrap();
    assert!(users.is_second_factor_demanded(ada.id).await.unwrap());

    let devices = embedded.pingone.devices(ada.id);
    let address = "ada.second@example.com";
    let mail = NewDevice::email(address).to_be_activated();
    let mail = devices.create(&mail).await.unwrap();
    assert_eq!(mail.device_type, DeviceType::Email);
    assert_eq!(mail.status, DeviceStatus::ActivationRequired);
    assert_eq!(mail.user.map(|user| user.id), Some(ada.id));
    let first = mailed(&embedded, address, 1).await.remove(0);
    devices.send_activation_code(mail.id).await.unwrap();
    let both = mailed(&embedded, address, 2).await;
    let second = both.iter().find(|otp| otp.expose() != first.expose());
    let second = second.expect("two mails with the same one-time password");
    let error = devices.activate(mail.id, &first).await.unwrap_err();
    assert!(error.problem_with("otp").is_some(), "{error}");
    let active = devices.activate(mail.id, second).await.unwrap();
    assert_eq!(active.status, DeviceStatus::Active);

    let phone = NewDevice::totp().nickname("Telephone");
    let phone = devices.create(&phone).await.unwrap();
    assert!(phone.secret.is_some());
    let uri = phone.key_uri.as_ref().unwrap();
    assert!(uri.expose().starts_with("otpauth://totp/"));
    assert!(!format!("{phone:?}").contains("otpauth"));
    let number = NewDevice::sms("+1.4155550123");
    let number = devices.create(&number).await.unwrap();
    let without = devices.create(&NewDevice::voice("none")).await.unwrap_err();
    assert!(without.problem_with("phone").is_some(), "{without}");

    let named = devices
        .set_nickname(phone.id, Some("Pocket"))
        .await
        .unwrap();
    assert_eq!(named.nickname.as_deref(), Some("Pocket"));
    let unnamed = devices.set_nickname(phone.id, None).await.unwrap();
    assert_eq!(unnamed.nickname, None);
    let loaded = devices.load(phone.id).await.unwrap();
    assert!(loaded.secret.is_none() && loaded.key_uri.is_none());

    let listed = async || -> Vec<DeviceId> {
        let listed = devices.list().all().await.unwrap();
        listed.iter().map(|device| device.id).collect()
    };
    let as_paired = listed().await;
    let order: Vec<_> = as_paired.iter().rev().copied().collect();
    devices.reorder(order.clone()).await.unwrap();
    assert_eq!(listed().await, order);
    let error = devices.reorder([mail.id]).await.unwrap_err();
    assert!(error.problem_with("order").is_some(), "{error}");
    devices.drop_order().await.unwrap();
    assert_eq!(listed().await, as_paired);

    let blocked = devices.block(mail.id).await.unwrap().block.unwrap();
    assert_eq!(blocked.status, BlockStatus::Blocked);
    assert!(blocked.blocked_at.is_some());
    let unblocked = devices.unblock(mail.id).await.unwrap().block.unwrap();
    assert_eq!(unblocked.status, BlockStatus::Unblocked);
    let locked = devices.lock(mail.id).await.unwrap().lock.unwrap();
    assert_eq!(locked.status, LockStatus::Locked);
    let unlocked = devices.unlock(mail.id).await.unwrap().lock.unwrap();
    assert_eq!(unlocked.status, LockStatus::Unlocked);

    devices.delete(number.id).await.unwrap();
    let error = devices.load(number.id).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn a_policy_of_devices_decides_what_can_be_paired() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let policies = pingone.device_authentication_policies();
    let mut policy = DeviceAuthenticationPolicy::new("Mail only");
    policy.totp = MadeOtpDevices::new(false);
    let mut policy = policies.create(&policy).await.unwrap();
    let ada = embedded.user("ada-policy").await;
    let devices = pingone.devices(ada.id);
    let mut phone = NewDevice::totp();
    phone.policy = Some(Reference::new(policy.id));
    let error = devices.create(&phone).await.unwrap_err();
    assert!(error.problem_with("type").is_some(), "{error}");

    let settings = &mut policy.settings;
    settings.totp.enabled = true;
    settings.totp.passcode_grace_period = Some(2);
    settings.authentication = Some(DeviceChoice::new(DeviceSelection::PromptToSelect));
    let passkeys = Fido2Policy::passkeys("Harbour", "harbour.example");
    let mut passkeys = pingone.fido2_policies().create(&passkeys).await.unwrap();
    settings.fido2 = Some(FidoDevices::by(passkeys.id));
    let replaced = policies.replace(policy.id, settings).await.unwrap();
    assert_eq!(replaced.settings.totp.passcode_grace_period, Some(2));
    let paired = devices.create(&phone).await.unwrap();
    assert_eq!(paired.policy.map(|of| of.id), Some(policy.id));
    assert_eq!(policies.load(policy.id).await.unwrap(), replaced);

    passkeys.settings.description = Some("Of the harbour".to_owned());
    let fido2 = pingone.fido2_policies();
    let described = fido2.replace(passkeys.id, &passkeys.settings).await;
    assert!(described.unwrap().settings.description.is_some());
    assert!(fido2.delete(passkeys.id).await.is_err());
    assert!(policies.delete(policy.id).await.is_err());
    devices.delete(paired.id).await.unwrap();
    policies.delete(policy.id).await.unwrap();
    fido2.delete(passkeys.id).await.unwrap();
    let defaults = policies.list().all().await.unwrap();
    assert!(defaults.iter().all(|one| one.settings.default));
}

#[tokio::test]
async fn settings_of_second_factors_hold_for_new_users_and_can_be_put_back() {
    let embedded = Embedded::start().await;
    let settings = embedded.pingone.mfa_settings();
    let mut changed = settings.load().await.unwrap();
    let before = changed.pairing.clone();
    changed.pairing.max_allowed_devices = 1;
    changed.pairing.pairing_key_format = PairingKeyFormat::Alphanumeric;
    changed.users = Some(MfaOfNewUsers::demanded(true));
    let changed = settings.replace(&changed).await.unwrap();
    assert_eq!(changed.pairing.max_allowed_devices, 1);

    let ada = embedded.user("ada-new").await;
    let users = embedded.pingone.users();
    assert!(users.is_second_factor_demanded(ada.id).await.unwrap());
    let devices = embedded.pingone.devices(ada.id);
    let address = NewDevice::email("ada.one@example.com");
    let one = devices.create(&address).await.unwrap();
    assert_eq!(one.status, Open::Known(DeviceStatus::Active));
    assert!(devices.create(&NewDevice::totp()).await.is_err());

    settings.reset().await.unwrap();
    assert_eq!(settings.load().await.unwrap().pairing, before);
    devices.create(&NewDevice::totp()).await.unwrap();
}

#[tokio::test]
async fn a_default_policy_of_messages_limits_mails() {
    let embedded = Embedded::start().await;
    let policies = embedded.pingone.notifications_policies();
    let ada = embedded.user("ada-quota").await;
    let users = embedded.pingone.users();
    let mut sparing = NotificationsPolicy::new("Sparing");
    sparing.quotas = vec![NotificationQuota::mails(QuotaType::User, 1)];
    let mut sparing = policies.create(&sparing).await.unwrap();
    let quota = &sparing.settings.quotas[0];
    assert_eq!(quota.delivery_methods, [DeliveryMethod::Email]);
    sparing.settings.default = true;
    let id = sparing.id;
    let sparing = policies.replace(id, &sparing.settings).await.unwrap();
    assert!(sparing.settings.default);
    users.send_verification_code(ada.id).await.unwrap();
    assert!(users.send_verification_code(ada.id).await.is_err());

    assert!(policies.delete(id).await.is_err());
    let all = policies.list().all().await.unwrap();
    let former = all.into_iter().find(|one| one.id != id);
    let mut former = former.unwrap();
    assert!(!former.settings.default);
    former.settings.default = true;
    policies.replace(former.id, &former.settings).await.unwrap();
    policies.delete(id).await.unwrap();
    assert!(policies.load(id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_custom_domain_is_proven_and_gets_its_certificate() {
    let embedded = Embedded::start().await;
    let domains = embedded.pingone.custom_domains();
    // A name that resolves wherever the tests run.
    let name = "127.0.0.1";
    let domain = domains.create(&CustomDomain::new(name)).await.unwrap();
    assert!(domain.settings.canonical_name.is_some());
    let waiting = Some(DomainStatus::VerificationRequired);
    assert_eq!(domain.settings.status, waiting);
    let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = own.cert.pem();
    let key = PrivateKeyPem::new(own.signing_key.serialize_pem());
    let import = async || {
        domains
            .import_certificate(domain.id, &certificate, None, &key)
            .await
    };
    let early = import().await.unwrap_err();
    assert!(early.problem_with("status").is_some(), "{early}");
    let proven = domains.verify(domain.id).await.unwrap();
    let lacking = Some(DomainStatus::SslCertificateRequired);
    assert_eq!(proven.settings.status, lacking);
    let foreign = PrivateKeyPem::new("no key");
    let wrong = domains
        .import_certificate(domain.id, &certificate, None, &foreign)
        .await;
    assert!(wrong.unwrap_err().problem_with("privateKey").is_some());
    let active = import().await.unwrap();
    assert_eq!(active.settings.status, Some(DomainStatus::Active));
    assert!(active.settings.certificate.is_some());
    assert_eq!(domains.list().all().await.unwrap(), [active]);
    domains.delete(domain.id).await.unwrap();
}

#[tokio::test]
async fn senders_of_mails_are_trusted_once_their_domain_is_proven() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let domains = pingone.email_domains();
    let domain = domains.create(&EmailDomain::new("example.com")).await;
    let domain = domain.unwrap();
    let proof = domains.ownership(domain.id).await.unwrap();
    assert_eq!(proof.record_type, "TXT");
    let record = proof.environment_dns_record.unwrap();
    assert_eq!(record.status, Some(DomainStatus::Active));
    let keys = domains.dkim(domain.id).await.unwrap();
    assert!(keys.regions.iter().all(|region| region.tokens.len() == 3));
    let spf = domains.spf(domain.id).await.unwrap().record;
    assert!(spf.value.unwrap().starts_with("v=spf1 "));

    let addresses = pingone.trusted_emails(domain.id);
    let sender = TrustedEmail::new("harbour@example.com");
    let sender = addresses.create(&sender).await.unwrap();
    let again = addresses.send_verification_code(sender.id).await.unwrap();
    assert_eq!(again.settings.status, sender.settings.status);
    let foreign = TrustedEmail::new("harbour@elsewhere.example");
    let error = addresses.create(&foreign).await.unwrap_err();
    assert!(error.problem_with("emailAddress").is_some(), "{error}");
    assert_eq!(addresses.load(sender.id).await.unwrap(), sender);
    addresses.delete(sender.id).await.unwrap();
    domains.delete(domain.id).await.unwrap();
}
