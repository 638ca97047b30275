//! The SQL: one file per table or small group of tables, over [`db::Db`].
//!
//! A store borrows the database; those whose answers every request needs own it and keep what they
//! read for a moment. One set of verbs: `find` may be absent, `load` may not, `list` and `page`,
//! `insert`, `update`, `delete`. What changes something returns a [`Change`](change::Change), which
//! its caller commits with an entry in the audit log; what uses something up for one caller alone
//! is carried out at once. The time is an argument.

pub(crate) mod activities;
pub(crate) mod application_secrets;
pub(crate) mod applications;
pub(crate) mod authorization_codes;
pub(crate) mod change;
pub(crate) mod codes;
pub(crate) mod endings;
pub(crate) mod environments;
pub(crate) mod expired;
pub(crate) mod filter_sql;
pub(crate) mod flows;
pub(crate) mod grants;
pub(crate) mod groups;
pub(crate) mod mails;
pub(crate) mod password_policies;
pub(crate) mod passwords;
pub(crate) mod population_users;
pub(crate) mod populations;
pub(crate) mod record;
pub(crate) mod refresh_tokens;
pub(crate) mod resources;
pub(crate) mod role_assignments;
pub(crate) mod sessions;
pub(crate) mod signing_keys;
pub(crate) mod user_search;
pub(crate) mod users;

use db::Migration;

/// What made the tables, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "init",
        sql: include_str!("../migrations/0001_init.sql"),
    },
    Migration {
        version: 2,
        name: "groups",
        sql: include_str!("../migrations/0002_groups.sql"),
    },
    Migration {
        version: 3,
        name: "operators",
        sql: include_str!("../migrations/0003_operators.sql"),
    },
    Migration {
        version: 4,
        name: "also",
        sql: include_str!("../migrations/0004_also.sql"),
    },
    Migration {
        version: 5,
        name: "population_users",
        sql: include_str!("../migrations/0005_population_users.sql"),
    },
    Migration {
        version: 6,
        name: "mail_addresses",
        sql: include_str!("../migrations/0006_mail_addresses.sql"),
    },
    Migration {
        version: 7,
        name: "live_recovery_codes",
        sql: include_str!("../migrations/0007_live_recovery_codes.sql"),
    },
];

/// Brings a name into the form in which names are kept and compared, that of the address where it
/// is one. Two names with one key are one name, so no alias escapes uniqueness or lockout.
pub(crate) fn fold(text: &str) -> String {
    protocol::names::name_key(text)
}
