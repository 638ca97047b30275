//! `/environments/{environment}/applications/{application}/attributes`: which claims tell an
//! application what of its users (PingOne, "Application attribute mapping").
//!
//! Every application that users sign on to has the mapping of their identifier, which
//! [`Applications::insert`](crate::stores::applications::Applications::insert) makes.

use std::sync::Arc;

use protocol::id::{ApplicationId, ScopeId};
use protocol::pingone::{ApplicationProtocol, ApplicationType, ResourceType};

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{BelowApplication, Configuration, Managing};
use crate::expressions::Expression;
use crate::requests::failures::api::ApiFailure;
use crate::stores::application_attributes::{AttributeMapping, MappingType, is_reserved};
use crate::stores::applications::{StoredApplication, core_mapping, is_of_the_system};
use crate::stores::configuration::Object;
use crate::stores::resources::{ResourceScopes, Resources};

/// More scopes than this are refused.
const MOST_SCOPES: usize = 100;

impl Configuration for AttributeMapping {
    const PATH: &'static str = "applications/{application}/attributes";
    const ITEM: &'static str = "attribute";
    const KEY: &'static str = "attributes";
    const FILTERS: &'static [&'static str] = &["name", "mappingType"];
    type Parent = BelowApplication;
    type Read = may::ReadApplications;
    type Manage = may::ManageApplications;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let application = application(managing).await?;
        let core = replaced.filter(|object| object.document.is_core());
        self.mapping_type = Some(match (core, replaced) {
            (Some(_), _) => MappingType::Core,
            (None, Some(object)) => object.document.mapping_type.unwrap_or(MappingType::Custom),
            (None, None) => MappingType::Custom,
        });
        if self.value.trim().is_empty() {
            return Err(ApiFailure::required_value("value"));
        }
        Expression::parse(&self.value)
            .map_err(|misread| ApiFailure::invalid_value("value", misread.to_string()))?;
        match core {
            Some(core) => self.check_core(&core.document)?,
            None => self.check_name(&application)?,
        }
        if application.settings.protocol == ApplicationProtocol::OpenidConnect && core.is_none() {
            self.check_tokens(managing).await
        } else {
            self.id_token = None;
            self.user_info = None;
            self.oidc_scopes = None;
            Ok(())
        }
    }

    fn check_delete(object: &Object<Self>) -> Result<(), ApiFailure> {
        if object.document.is_core() {
            let message = "The mapping of the users' identifier stays.";
            return Err(ApiFailure::constraint(None, message));
        }
        Ok(())
    }
}

/// The application, if attributes are mapped to it.
async fn application(
    managing: &Managing<AttributeMapping>,
) -> Result<Arc<StoredApplication>, ApiFailure> {
    let id = ApplicationId::from_uuid(managing.parent);
    let applications = managing.idp.applications();
    let found = applications.find(managing.id(), id, managing.now).await?;
    let application = found.ok_or_else(ApiFailure::not_found)?;
    if core_mapping(&application.settings).is_some() {
        return Ok(application);
    }
    let settings = &application.settings;
    let what = if is_of_the_system(settings.application_type)
        || settings.application_type == ApplicationType::Worker
    {
        settings.application_type.as_str()
    } else {
        settings.protocol.as_str()
    };
    let message = format!("Attributes cannot be mapped to applications of the kind {what}.");
    Err(ApiFailure::constraint(None, message))
}

impl AttributeMapping {
    /// Its value alone can be changed.
    fn check_core(&self, core: &Self) -> Result<(), ApiFailure> {
        if self.name != core.name {
            let message = "is the identifier of users and cannot be renamed";
            return Err(ApiFailure::invalid_value("name", message));
        }
        if !self.required {
            let message = "must be true for the identifier of users";
            return Err(ApiFailure::invalid_value("required", message));
        }
        Ok(())
    }

    fn check_name(&self, application: &StoredApplication) -> Result<(), ApiFailure> {
        let name = checks::name(&self.name)?;
        let protocol = application.settings.protocol;
        // A second `sub` is refused as what it is: a duplicate.
        let is_refused = is_reserved(&name) && name != "sub";
        if protocol == ApplicationProtocol::OpenidConnect && is_refused {
            let message =
                format!("Attribute name '{name}' is not valid for the '{protocol}' application");
            return Err(ApiFailure::invalid_value("name", message));
        }
        Ok(())
    }

    /// Where it is told: by default in both, to those who ask for the scope `openid`.
    async fn check_tokens(&mut self, managing: &Managing<Self>) -> Result<(), ApiFailure> {
        let id_token = *self.id_token.get_or_insert(true);
        let user_info = *self.user_info.get_or_insert(true);
        if !(id_token || user_info) {
            let message = "must be true unless userInfo is";
            return Err(ApiFailure::invalid_value("idToken", message));
        }
        let db = managing.idp.db();
        let resources = Resources::new(db).list(managing.id(), |all| all).await?;
        let mut resources = resources.iter();
        let openid = resources
            .find(|one| one.details.resource_type == ResourceType::OpenidConnect)
            .ok_or_else(ApiFailure::not_found)?;
        let scopes = ResourceScopes::new(db).of_resource(openid).await?;
        if let Some(wanted) = &mut self.oidc_scopes
            && !wanted.is_empty()
        {
            wanted.sort_by_key(ScopeId::as_uuid);
            wanted.dedup();
            let is_known = |id: &ScopeId| scopes.iter().any(|scope| scope.id == *id);
            if wanted.len() > MOST_SCOPES || !wanted.iter().all(is_known) {
                let message = "must name scopes of the resource openid";
                return Err(ApiFailure::invalid_value("oidcScopes", message));
            }
            return Ok(());
        }
        let openid = scopes.iter().filter(|scope| scope.name == "openid");
        self.oidc_scopes = Some(openid.map(|scope| scope.id).collect());
        Ok(())
    }
}
