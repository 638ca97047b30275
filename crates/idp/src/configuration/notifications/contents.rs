//! `/environments/{environment}/templates/{template}/contents`: what messages say (PingOne,
//! "Notifications templates"), by way, language and variant. What stands here for the environment
//! comes before what every environment begins with.

use uuid::Uuid;

use super::templates::BelowTemplate;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Object, Objects};
use crate::stores::languages::Language;
use crate::stores::templates::{DeliveryMethod, LOCALE, PushCategory, Template, TemplateContent};

impl Configuration for TemplateContent {
    const PATH: &'static str = "templates/{template}/contents";
    const ITEM: &'static str = "content";
    const KEY: &'static str = "contents";
    const UNIQUE: &'static str = "locale";
    const KEPT: Option<&'static str> = Some(
        "Works without a variant for mails with recovery, verification and pairing codes; \
         nothing else is sent by a template.",
    );
    const FILTERS: &'static [&'static str] = &["deliveryMethod", "locale", "variant"];
    type Parent = BelowTemplate;
    type Read = may::ReadNotifications;
    type Manage = may::ManageNotifications;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let template = Template::by_id(managing.parent).ok_or_else(ApiFailure::not_found)?;
        self.default = false;
        if !template.methods.contains(&self.delivery_method) {
            let message = "is not a way that messages of this template take";
            return Err(ApiFailure::invalid_value("deliveryMethod", message));
        }
        self.check_locale(managing).await?;
        self.variant = self.variant.take().filter(|variant| !variant.is_empty());
        self.check_members()?;
        self.check_texts()?;
        self.check_variables(template)
    }

    fn built_in(parent: Uuid) -> Vec<(Uuid, Self)> {
        let Some(template) = Template::by_id(parent) else {
            return Vec::new();
        };
        let methods = template.methods.iter();
        methods
            .map(|method| (template.content_id(*method), Self::of(template, *method)))
            .collect()
    }
}

impl TemplateContent {
    fn empty(delivery_method: DeliveryMethod) -> Self {
        Self {
            delivery_method,
            locale: LOCALE.to_owned(),
            variant: None,
            default: true,
            subject: None,
            body: None,
            from: None,
            reply_to: None,
            charset: None,
            email_content_type: None,
            title: None,
            push_category: None,
            content: None,
            sender: None,
            voice: None,
        }
    }

    /// What every environment begins with.
    fn of(template: &Template, method: DeliveryMethod) -> Self {
        let (subject, text) = (template.subject.to_owned(), template.text.to_owned());
        let mut content = Self::empty(method);
        match method {
            DeliveryMethod::Email => {
                content.subject = Some(subject);
                content.body = Some(format!("<p>{text}</p>"));
            }
            DeliveryMethod::Push => {
                content.body = Some(subject.clone());
                content.title = Some(subject);
            }
            DeliveryMethod::Sms | DeliveryMethod::Voice => content.content = Some(text),
        }
        content.fill_in();
        content
    }

    /// It must be in a language of the environment, enabled or not.
    async fn check_locale(&self, managing: &Managing<Self>) -> Result<(), ApiFailure> {
        let languages = Objects::<Language>::new(managing.idp.db(), managing.idp.keyring());
        let environment = managing.id();
        let languages = languages.list(environment, environment.as_uuid()).await?;
        let is_there = languages
            .iter()
            .any(|language| language.document.locale == self.locale);
        if is_there {
            return Ok(());
        }
        // Clients look for this target (PingOne's Terraform provider).
        let message = "The locale must be that of a language of the environment.";
        Err(ApiFailure::invalid_value("language", message))
    }

    /// What holds where it is left out.
    fn fill_in(&mut self) {
        match self.delivery_method {
            DeliveryMethod::Email => {
                self.charset.get_or_insert_with(|| "UTF-8".to_owned());
                let html = || "text/html".to_owned();
                self.email_content_type.get_or_insert_with(html);
            }
            DeliveryMethod::Push => {
                self.push_category
                    .get_or_insert(PushCategory::BannerButtons);
            }
            DeliveryMethod::Voice => {
                self.voice.get_or_insert_with(|| "Alice".to_owned());
            }
            DeliveryMethod::Sms => {}
        }
    }

    /// Refuses what does not belong to the way, asks for what does, and fills in the rest.
    fn check_members(&mut self) -> Result<(), ApiFailure> {
        use DeliveryMethod::{Email, Push, Sms, Voice};
        let members: [(&str, bool, &[DeliveryMethod], &[DeliveryMethod]); 11] = [
            ("subject", self.subject.is_some(), &[Email], &[]),
            ("body", self.body.is_some(), &[Email, Push], &[Email, Push]),
            ("from", self.from.is_some(), &[Email], &[]),
            ("replyTo", self.reply_to.is_some(), &[Email], &[]),
            ("charset", self.charset.is_some(), &[Email], &[]),
            (
                "emailContentType",
                self.email_content_type.is_some(),
                &[Email],
                &[],
            ),
            ("title", self.title.is_some(), &[Push], &[Push]),
            ("pushCategory", self.push_category.is_some(), &[Push], &[]),
            (
                "content",
                self.content.is_some(),
                &[Sms, Voice],
                &[Sms, Voice],
            ),
            ("sender", self.sender.is_some(), &[Sms], &[]),
            ("voice", self.voice.is_some(), &[Voice], &[]),
        ];
        for (name, is_set, belongs_to, required_by) in members {
            if is_set && !belongs_to.contains(&self.delivery_method) {
                let message = "does not belong to messages that take this way";
                return Err(ApiFailure::invalid_value(name, message));
            }
            if !is_set && required_by.contains(&self.delivery_method) {
                return Err(ApiFailure::required_value(name));
            }
        }
        self.fill_in();
        Ok(())
    }

    fn check_texts(&self) -> Result<(), ApiFailure> {
        checks::at_most("title", self.title.as_deref(), 200)?;
        let longest = match self.delivery_method {
            DeliveryMethod::Push => 400,
            _ => 100_000,
        };
        checks::at_most("body", self.body.as_deref(), longest)?;
        checks::at_most("sender", self.sender.as_deref(), 11)?;
        checks::at_most("voice", self.voice.as_deref(), 64)?;
        checks::at_most("charset", self.charset.as_deref(), 64)?;
        for (name, sender) in [("from", &self.from), ("replyTo", &self.reply_to)] {
            if let Some(sender) = sender {
                sender.check(name)?;
            }
        }
        let content_type = self.email_content_type.as_deref();
        if content_type.is_some_and(|kind| !["text/html", "text/plain"].contains(&kind)) {
            let allowed = &["text/html", "text/plain"];
            return Err(ApiFailure::not_one_of("emailContentType", allowed));
        }
        let longest = match self.delivery_method {
            DeliveryMethod::Sms if self.content.as_deref().is_some_and(is_gsm) => 153,
            DeliveryMethod::Sms => 67,
            _ => 10_000,
        };
        checks::at_most("content", self.content.as_deref(), longest)
    }

    fn check_variables(&self, template: &Template) -> Result<(), ApiFailure> {
        let (member, text) = match (&self.body, &self.content) {
            (Some(body), _) => ("body", body),
            (None, Some(content)) => ("content", content),
            (None, None) => return Ok(()),
        };
        for variable in template.required(self.delivery_method) {
            if !text.contains(&format!("${{{variable}")) {
                let failure = ApiFailure::required_value(member);
                return Err(failure.saying(format!("The text must hold ${{{variable}}}.")));
            }
        }
        Ok(())
    }
}

/// The characters that a short message holds 153 of (3GPP TS 23.038, default alphabet).
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                   ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€";

fn is_gsm(text: &str) -> bool {
    text.chars().all(|character| GSM.contains(character))
}
