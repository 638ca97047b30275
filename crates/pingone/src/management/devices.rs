//! Second factors of users: whether they are demanded, and the devices (PingOne, "MFA devices").

use http::Method;
use protocol::id::{DeviceId, UserId};
use protocol::pingone::{Device, Reference, media_type};
use protocol::secret::OneTimePassword;
use serde::Serialize;
use serde_json::json;

use super::{Client, Collection, Users};
use crate::Error;

impl Client {
    /// The devices by which a user proves a second time who they are, in the user's order.
    ///
    /// ```no_run
    /// # use pingone::{Error, NewDevice, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// let phone = NewDevice::totp().nickname("Telephone");
    /// let phone = pingone.devices(ada).create(&phone).await?;
    /// if let Some(uri) = &phone.key_uri {
    ///     println!("a QR code of {} characters", uri.expose().len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn devices(&self, user: UserId) -> Collection<'_, Device> {
        Collection::below(self, format_args!("users/{user}"))
    }
}

impl Collection<'_, Device> {
    /// Activates a device with a one-time password that it made, or that was sent to it.
    ///
    /// # Errors
    ///
    /// [`Error::problem_with`]`("otp")` when it is wrong or over; a refusal when the device does not
    /// wait for an activation.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, OneTimePassword, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, phone: DeviceId, typed: &str) -> Result<(), Error> {
    /// let otp = OneTimePassword::new(typed);
    /// pingone.devices(ada).activate(phone, &otp).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn activate(&self, device: DeviceId, otp: &OneTimePassword) -> Result<Device, Error> {
        self.client
            .send(Method::POST, self.path_of(&device))
            .media_type(media_type::DEVICE_ACTIVATE)
            .json(&json!({"otp": otp.expose()}))
            .fetch()
            .await
    }

    /// Sends another one-time password to a device that waits for its activation.
    ///
    /// # Errors
    ///
    /// A refusal when it does not, or when nothing is sent to it.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, mail: DeviceId) -> Result<(), Error> {
    /// pingone.devices(ada).send_activation_code(mail).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_activation_code(&self, device: DeviceId) -> Result<Device, Error> {
        self.act(device, media_type::DEVICE_SEND_ACTIVATION_CODE)
            .await
    }

    /// Keeps a device from proving anything, until it is unblocked.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such device.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, lost: DeviceId) -> Result<(), Error> {
    /// pingone.devices(ada).block(lost).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn block(&self, device: DeviceId) -> Result<Device, Error> {
        self.act(device, media_type::DEVICE_BLOCK).await
    }

    /// Lets a blocked device count again.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such device.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, found: DeviceId) -> Result<(), Error> {
    /// pingone.devices(ada).unblock(found).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unblock(&self, device: DeviceId) -> Result<Device, Error> {
        self.act(device, media_type::DEVICE_UNBLOCK).await
    }

    /// Locks a device, as too many wrong one-time passwords do.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such device.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, phone: DeviceId) -> Result<(), Error> {
    /// pingone.devices(ada).lock(phone).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn lock(&self, device: DeviceId) -> Result<Device, Error> {
        self.act(device, media_type::DEVICE_LOCK).await
    }

    /// Unlocks a device, and forgets its wrong one-time passwords.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such device.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, phone: DeviceId) -> Result<(), Error> {
    /// pingone.devices(ada).unlock(phone).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unlock(&self, device: DeviceId) -> Result<Device, Error> {
        self.act(device, media_type::DEVICE_UNLOCK).await
    }

    /// Sets what the user calls a device; `None` takes the name away.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such device; [`Error::problem_with`]`("nickname")`
    /// when it is too long.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, phone: DeviceId) -> Result<(), Error> {
    /// pingone.devices(ada).set_nickname(phone, Some("Telephone")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_nickname(
        &self,
        device: DeviceId,
        nickname: Option<&str>,
    ) -> Result<Device, Error> {
        self.client
            .send(Method::PUT, self.path_below(&device, "nickname"))
            .json(&json!({"nickname": nickname}))
            .fetch()
            .await
    }

    /// Puts the devices in order; the first is the one that is asked where the user does not choose.
    ///
    /// # Errors
    ///
    /// [`Error::problem_with`]`("order")` unless each device of the user is named once.
    ///
    /// ```no_run
    /// # use pingone::{DeviceId, Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId, phone: DeviceId, mail: DeviceId) -> Result<(), Error> {
    /// pingone.devices(ada).reorder([phone, mail]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reorder(&self, order: impl IntoIterator<Item = DeviceId>) -> Result<(), Error> {
        let order: Vec<_> = order.into_iter().map(Reference::new).collect();
        self.client
            .send(Method::POST, self.path.clone())
            .media_type(media_type::DEVICES_REORDER)
            .json(&json!({"order": order}))
            .run()
            .await
    }

    /// Drops the order that the user chose.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused or fails.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.devices(ada).drop_order().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn drop_order(&self) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.path.clone())
            .media_type(media_type::DEVICES_ORDER_REMOVE)
            .run()
            .await
    }

    async fn act(&self, device: DeviceId, media_type: &str) -> Result<Device, Error> {
        self.client
            .send(Method::POST, self.path_of(&device))
            .media_type(media_type)
            .fetch()
            .await
    }
}

/// Whether a second factor is demanded of a user, as it travels.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MfaEnabled {
    mfa_enabled: bool,
}

impl Users<'_> {
    /// Says whether a second factor is demanded of a user.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such user.
    ///
    /// ```no_run
    /// # use pingone::{Error, UserId, management};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// pingone.users().demand_second_factor(ada, true).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn demand_second_factor(&self, user: UserId, demanded: bool) -> Result<(), Error> {
        let path = self.client.path(&format!("users/{user}/mfaEnabled"));
        let body = MfaEnabled {
            mfa_enabled: demanded,
        };
        self.client.send(Method::PUT, path).json(&body).run().await
    }
}
