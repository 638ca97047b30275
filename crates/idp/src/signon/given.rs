//! What was given for a name, and why a name and a password that were given are refused.

use protocol::params::FormParams;

use super::{HostedPage, minutes};
use crate::accounts::Refusal;
use crate::requests::failures::page::PageFailure;

/// A typed name counts up to this length: longer than any name that somebody has.
const LONGEST_NAME: usize = 256;

/// What was typed for a name.
pub(super) fn name(params: &FormParams) -> String {
    let typed = params.text("username").trim();
    typed.chars().take(LONGEST_NAME).collect()
}

/// Why nobody is signed on, in words.
pub(super) fn explain(hosted: &HostedPage, refusal: Refusal) -> Result<String, PageFailure> {
    match refusal {
        Refusal::AccountNotUsable => Ok(hosted.text("signon-not-usable")),
        Refusal::LockedOut {
            seconds_until_unlock,
        } => Ok(hosted.texts().format(
            "signon-locked",
            &[("minutes", minutes(seconds_until_unlock))],
        )),
        Refusal::Wrong { .. } | Refusal::NoPassword => Ok(hosted.text("signon-wrong")),
        refusal => Err(refusal.into()),
    }
}
