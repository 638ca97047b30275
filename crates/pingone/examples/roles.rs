//! Makes a role of the environment's own, and gives it to a user for one population.
//!
//! `cargo run -p pingone --example roles`; the module `environment` says which variables it takes.

#![expect(clippy::print_stdout, reason = "an example tells what it did")]

mod environment;

use std::error::Error;

use pingone::management::Client;
use pingone::{NewRole, NewRoleAssignment, NewUser, RoleAssignment, RoleScope, RoleScopeType};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&environment::connect()?).await?;
    Ok(())
}

/// Makes the role and a user who holds it.
///
/// Nobody can give what they lack: the worker holds `Environment Admin`, which is allowed to give
/// the role, and itself may do what the role permits.
pub(crate) async fn run(pingone: &Client) -> Result<RoleAssignment, Box<dyn Error>> {
    let roles = pingone.environment_roles();
    let built_in = roles.list().all().await?;
    let admin = built_in
        .iter()
        .find(|role| role.name == "Environment Admin");
    let admin = admin.ok_or("there is no Environment Admin")?.id;
    let kinds = [RoleScopeType::Environment, RoleScopeType::Population];
    let reader = NewRole::new("Crew reader", kinds, ["dir:read:user"]).assigned_by(admin);
    let reader = roles.create(&reader).await?;

    let desk = NewUser::new("desk", "desk@example.com");
    let desk = pingone.users().create(&desk).await?;
    let population = desk.population.ok_or("the user is in no population")?.id;
    let scope = RoleScope::new(RoleScopeType::Population, population.as_uuid());
    let given = NewRoleAssignment::new(reader.id, scope);
    let given = pingone.role_assignments(desk.id).create(&given).await?;
    println!("{} for {}", reader.name, given.scope.scope_type);
    Ok(given)
}
