//! Second factors of an environment: which devices count, and how many messages there may be
//! (PingOne, "Device authentication policies", "FIDO policies", "MFA settings", "Notifications
//! policies").

use protocol::id::{DeviceAuthenticationPolicyId, Fido2PolicyId, NotificationsPolicyId};
use protocol::pingone::{
    DeviceAuthenticationPolicy, Fido2Policy, MfaSettings, NotificationsPolicy, Object,
};

use super::{Client, Collection, Settings, Single};

impl Single for MfaSettings {
    const PATH: &'static str = "mfaSettings";
}

impl Client {
    /// Which devices prove that somebody is the user. Sign-on policies name them in actions for a
    /// second factor.
    ///
    /// ```no_run
    /// # use pingone::{DeviceAuthenticationPolicy, Error, MadeOtpDevices, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let mut mail_only = DeviceAuthenticationPolicy::new("Mail only");
    /// mail_only.totp = MadeOtpDevices::new(false);
    /// pingone.device_authentication_policies().create(&mail_only).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn device_authentication_policies(
        &self,
    ) -> Collection<'_, Object<DeviceAuthenticationPolicyId, DeviceAuthenticationPolicy>> {
        self.collection()
    }

    /// Which passkeys and security keys count.
    ///
    /// ```no_run
    /// # use pingone::{Error, Fido2Policy, FidoDevices, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let passkeys = Fido2Policy::passkeys("Our passkeys", "example.com");
    /// let passkeys = pingone.fido2_policies().create(&passkeys).await?;
    /// let policies = pingone.device_authentication_policies();
    /// for mut policy in policies.list().all().await? {
    ///     policy.settings.fido2 = Some(FidoDevices::by(passkeys.id));
    ///     policies.replace(policy.id, &policy.settings).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn fido2_policies(&self) -> Collection<'_, Object<Fido2PolicyId, Fido2Policy>> {
        self.collection()
    }

    /// What holds for all second factors.
    ///
    /// ```no_run
    /// # use pingone::{Error, MfaOfNewUsers, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let mut settings = pingone.mfa_settings().load().await?;
    /// settings.pairing.max_allowed_devices = 3;
    /// settings.users = Some(MfaOfNewUsers::demanded(true));
    /// pingone.mfa_settings().replace(&settings).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn mfa_settings(&self) -> Settings<'_, MfaSettings> {
        Settings::new(self)
    }

    /// How many messages people get.
    ///
    /// ```no_run
    /// # use pingone::{Error, NotificationQuota, NotificationsPolicy, QuotaType, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let mut sparing = NotificationsPolicy::new("Sparing");
    /// sparing.quotas = vec![NotificationQuota::mails(QuotaType::User, 10)];
    /// sparing.default = true;
    /// pingone.notifications_policies().create(&sparing).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn notifications_policies(
        &self,
    ) -> Collection<'_, Object<NotificationsPolicyId, NotificationsPolicy>> {
        self.collection()
    }
}
