//! `/environments/{environment}/users/{user}/linkedAccounts`: the accounts elsewhere by which a user
//! signs on (PingOne, "Linked accounts"). They come about at sign-on alone.

use crate::access::permissions::may;
use crate::api::configuration::{BelowUser, Configuration};
use crate::stores::linked_accounts::LinkedAccount;

impl Configuration for LinkedAccount {
    const PATH: &'static str = "users/{user}/linkedAccounts";
    const ITEM: &'static str = "account";
    const KEY: &'static str = "linkedAccounts";
    const UNIQUE: &'static str = "externalId";
    const FILTERS: &'static [&'static str] = &["externalId", "identityProvider.id"];
    type Parent = BelowUser;
    type Read = may::ReadUsers;
    type Manage = may::ManageUsers;
}
