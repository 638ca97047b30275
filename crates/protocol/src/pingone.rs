//! PingOne's management API on the wire: resources, media types, collections and errors.
//!
//! Written once for both sides: the SDK reads these types, the embedded environment writes them.
//! Facts are those of PingOne's API documentation, "Conventions" and the page of each resource.

mod application;
mod collection;
mod environment;
mod error;
mod group;
pub mod media_type;
mod password;
mod population;
mod resource;
mod role;
mod user;

pub use crate::codes::{Code, Open};
pub use application::{
    AccessControl, Application, ApplicationProtocol, ApplicationSecret, ApplicationType,
    CorsBehavior, CorsSettings, GrantTypeName, GroupAccess, GroupAccessType, NewApplication,
    ParRequirement, PkceEnforcement, PreviousSecret, ResponseTypeName, RoleAccess, RoleAccessType,
};
pub use collection::{Collection, Link, Links, Reference};
pub use environment::{
    BillOfMaterials, Bookmark, Deployment, Environment, EnvironmentStatus, EnvironmentSubtype,
    EnvironmentType, Product, ProductTag, ProductType, Region, SolutionType,
};
pub use error::{ApiError, ApiErrorCode, ErrorDetail};
pub use group::{EmbeddedGroup, Group, GroupMembership, MemberCounts, MembershipType, NewGroup};
pub use password::{
    CheckPassword, EmbeddedPolicy, PasswordState, PasswordStatus, RecoverPassword, ResetPassword,
    SetPassword,
};
pub use population::{NewPopulation, Population};
pub use resource::{
    ApplicationPermissionsSettings, IntrospectionAuthMethod, Resource, ResourceGrant,
    ResourceScope, ResourceType,
};
pub use role::{AssignedScope, NewRoleAssignment, Role, RoleAssignment, RoleScope, RoleScopeType};
pub use user::{
    Account, AccountStatus, Address, IdentityProvider, ImportPassword, LastSignOn, Lifecycle,
    LifecycleStatus, Name, NewLifecycle, NewUser, Patch, Photo, User, UserPatch,
};

#[cfg(test)]
mod tests;
