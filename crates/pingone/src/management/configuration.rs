//! How an environment looks, whom it tells what happens, and what it signs with.

use http::Method;
use protocol::id::{
    ImageId, KeyId, KeyRotationPolicyId, LanguageId, SubscriptionId, TemplateContentId, ThemeId,
};
use protocol::pingone::{
    Activity, BrandingSettings, EmailDelivery, Image, Key, KeyRotationPolicy, Language,
    NotificationsSettings, Object, Subscription, TemplateContent, Theme, media_type,
};
use serde::Deserialize;
use serde_json::json;

use super::request::segment;
use super::{Client, Collection, Settings, Single};
use crate::Error;

impl Single for BrandingSettings {
    const PATH: &'static str = "brandingSettings";
}

impl Single for NotificationsSettings {
    const PATH: &'static str = "notificationsSettings";
}

impl Single for EmailDelivery {
    const PATH: &'static str = "notificationsSettings/emailDeliverySettings";
}

impl Client {
    /// How the pages look.
    ///
    /// ```no_run
    /// # use pingone::{Error, Theme, ThemeConfiguration, ThemeTemplate, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let look = ThemeConfiguration::new("Harbour", "#0A4D68");
    /// let theme = Theme::new(ThemeTemplate::Slate, look);
    /// let theme = pingone.themes().create(&theme).await?;
    /// pingone.themes().make_default(theme.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn themes(&self) -> Collection<'_, Object<ThemeId, Theme>> {
        self.collection()
    }

    /// Pictures that pages show.
    ///
    /// ```no_run
    /// # use pingone::{Error, Picture, management};
    /// # async fn example(pingone: management::Client, png: Vec<u8>) -> Result<(), Error> {
    /// let logo = pingone.images().upload("image/png", png).await?;
    /// let mut branding = pingone.branding_settings().load().await?;
    /// let href = logo.settings.href().unwrap_or_default();
    /// branding.logo = Some(Picture::new(logo.id, href));
    /// pingone.branding_settings().replace(&branding).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn images(&self) -> Collection<'_, Object<ImageId, Image>> {
        self.collection()
    }

    /// The languages that pages and mails may have.
    ///
    /// ```no_run
    /// # use pingone::{Error, Language, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let mut danish = pingone.languages().create(&Language::new("da")).await?;
    /// danish.settings.enabled = true;
    /// pingone.languages().replace(danish.id, &danish.settings).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn languages(&self) -> Collection<'_, Object<LanguageId, Language>> {
        self.collection()
    }

    /// What messages of a template, such as `recovery_code_template`, say.
    ///
    /// ```no_run
    /// # use pingone::{Error, TemplateContent, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let text = "Your code is ${code.value}.";
    /// let french = TemplateContent::email("fr", "Votre code", text);
    /// pingone.template_contents("recovery_code_template").create(&french).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn template_contents(
        &self,
        template: &str,
    ) -> Collection<'_, Object<TemplateContentId, TemplateContent>> {
        Collection::below(self, format_args!("templates/{}", segment(template)))
    }

    /// Whose the pages are.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// println!("{:?}", pingone.branding_settings().load().await?.company_name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn branding_settings(&self) -> Settings<'_, BrandingSettings> {
        Settings::new(self)
    }

    /// Whom messages come from.
    ///
    /// ```no_run
    /// # use pingone::{Error, Sender, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let mut settings = pingone.notifications_settings().load().await?;
    /// settings.reply_to = Some(Sender::new("help@example.com"));
    /// pingone.notifications_settings().replace(&settings).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn notifications_settings(&self) -> Settings<'_, NotificationsSettings> {
        Settings::new(self)
    }

    /// The way that mails take.
    ///
    /// ```no_run
    /// # use pingone::{ClientSecret, EmailDelivery, Error, management};
    /// # async fn example(pingone: management::Client, password: ClientSecret) -> Result<(), Error> {
    /// let server = EmailDelivery::smtps("smtp.example.com", "latchkey", password);
    /// pingone.email_delivery().replace(&server).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn email_delivery(&self) -> Settings<'_, EmailDelivery> {
        Settings::new(self)
    }

    /// Who is told what happens (webhooks).
    ///
    /// ```no_run
    /// # use pingone::{Error, HttpEndpoint, Subscription, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let endpoint = HttpEndpoint::new("https://hooks.example/pingone");
    /// let subscription = Subscription::new("Users", endpoint, ["USER.CREATED"]);
    /// pingone.subscriptions().create(&subscription).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscriptions(&self) -> Collection<'_, Object<SubscriptionId, Subscription>> {
        self.collection()
    }

    /// What happened. A filter must give a range of `recordedAt`.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, scim};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let since = scim::compare("recordedAt", scim::Operator::Ge, "2026-01-31T00:00:00.000Z");
    /// let filter = since.and(scim::eq("action.type", "USER.CREATED"));
    /// for activity in pingone.activities().list().filter(&filter).all().await? {
    ///     println!("{} {}", activity.recorded_at, activity.action.action_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn activities(&self) -> Collection<'_, Activity> {
        self.collection()
    }

    /// The environment's keys.
    ///
    /// ```no_run
    /// # use pingone::{Error, Key, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let key = Key::signing("Reports", "CN=Reports, O=Example, C=GB");
    /// let key = pingone.keys().create(&key).await?;
    /// println!("valid until {:?}", key.settings.expires_at);
    /// # Ok(())
    /// # }
    /// ```
    pub fn keys(&self) -> Collection<'_, Object<KeyId, Key>> {
        self.collection()
    }

    /// By which plan keys take each other's place.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// for policy in pingone.key_rotation_policies().list().all().await? {
    ///     pingone.key_rotation_policies().rotate(policy.id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn key_rotation_policies(
        &self,
    ) -> Collection<'_, Object<KeyRotationPolicyId, KeyRotationPolicy>> {
        self.collection()
    }
}

impl Collection<'_, Object<ImageId, Image>> {
    /// Gives the service a picture, of a media type such as `image/png`.
    ///
    /// # Errors
    ///
    /// A refusal when it is no picture, or larger than the service takes.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client, png: Vec<u8>) -> Result<(), Error> {
    /// let logo = pingone.images().upload("image/png", png).await?;
    /// println!("{:?}", logo.settings.href());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload(
        &self,
        media_type: &str,
        picture: Vec<u8>,
    ) -> Result<Object<ImageId, Image>, Error> {
        self.client
            .send(Method::POST, self.path.clone())
            .media_type(media_type)
            .bytes(picture)
            .fetch()
            .await
    }
}

/// Whether a theme holds where no other was chosen.
#[derive(Deserialize)]
struct IsDefault {
    default: bool,
}

impl Collection<'_, Object<ThemeId, Theme>> {
    /// Whether a theme holds where no other was chosen.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such theme.
    ///
    /// ```no_run
    /// # use pingone::{Error, ThemeId, management};
    /// # async fn example(pingone: management::Client, theme: ThemeId) -> Result<(), Error> {
    /// if !pingone.themes().is_default(theme).await? {
    ///     pingone.themes().delete(theme).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn is_default(&self, theme: ThemeId) -> Result<bool, Error> {
        let path = self.path_below(&theme, "default");
        let IsDefault { default } = self.client.send(Method::GET, path).fetch().await?;
        Ok(default)
    }

    /// Lets a theme hold where no other was chosen.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such theme.
    ///
    /// ```no_run
    /// # use pingone::{Error, ThemeId, management};
    /// # async fn example(pingone: management::Client, theme: ThemeId) -> Result<(), Error> {
    /// pingone.themes().make_default(theme).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn make_default(&self, theme: ThemeId) -> Result<(), Error> {
        self.client
            .send(Method::PUT, self.path_below(&theme, "default"))
            .json(&json!({"default": true}))
            .run()
            .await
    }
}

impl Settings<'_, BrandingSettings> {
    /// Changes what is given and leaves the rest.
    ///
    /// # Errors
    ///
    /// A refusal names the member and the reason.
    ///
    /// ```no_run
    /// # use pingone::{BrandingSettings, Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let mut change = BrandingSettings::default();
    /// change.company_name = Some("Harbour Inc.".to_owned());
    /// pingone.branding_settings().update(&change).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update(&self, change: &BrandingSettings) -> Result<BrandingSettings, Error> {
        self.client
            .send(
                Method::PATCH,
                self.client.path(<BrandingSettings as Single>::PATH),
            )
            .json(change)
            .fetch()
            .await
    }
}

impl Collection<'_, Object<KeyRotationPolicyId, KeyRotationPolicy>> {
    /// Lets the next key take its place now.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such policy.
    ///
    /// ```no_run
    /// # use pingone::{Error, KeyRotationPolicyId, management};
    /// # async fn example(pingone: management::Client, policy: KeyRotationPolicyId) -> Result<(), Error> {
    /// pingone.key_rotation_policies().rotate(policy).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rotate(
        &self,
        policy: KeyRotationPolicyId,
    ) -> Result<Object<KeyRotationPolicyId, KeyRotationPolicy>, Error> {
        self.client
            .send(Method::POST, self.path_of(&policy))
            .media_type(media_type::KEY_ROTATION_POLICY_ROTATE)
            .fetch()
            .await
    }
}
