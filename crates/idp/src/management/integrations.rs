//! `/environments/{environment}/integrations`: the catalogue of ready-made connections to other
//! people's applications, which is empty here (PingOne, "Integration catalog").

use crate::access::allowed::AllowedEverywhere;
use crate::access::permissions::may;
use crate::api::hal::{Page, Reply, Shown};
use crate::requests::failures::api::ApiFailure;

/// What is not provided.
pub(super) const EMPTY: &str = "The catalogue is empty.";

pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadApplications>,
) -> Result<Reply, ApiFailure> {
    let none: Vec<Shown> = Vec::new();
    Reply::ok(&Page::whole(
        allowed.url("integrations"),
        "integrations",
        none,
    ))
}
