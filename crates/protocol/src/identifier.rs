//! Whom somebody means who typed a username or a mail address.
//!
//! The hosted pages, the SDK and whoever looks a user up through the management API decide by
//! these two functions, so that a name or an address never leads to one account on one path and to
//! another one elsewhere.
//!
//! An address belongs to the account that proved it. Anybody can write somebody else's address into
//! a profile or choose it as a username; as long as nobody proves it, that takes nothing from its
//! owner.

use jiff::Timestamp;

/// How an account fits what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// It is the account's username.
    pub is_username: bool,
    /// It is the account's mail address.
    pub is_email: bool,
    /// The account has proven its mail address.
    pub is_email_verified: bool,
    /// When it did, as far as that is known.
    pub proven_at: Option<Timestamp>,
}

impl Match {
    fn is_owner(self) -> bool {
        self.is_email && self.is_email_verified
    }
}

/// Whether a text is taken for a mail address; all others are usernames only.
pub fn is_address(typed: &str) -> bool {
    typed.contains('@')
}

/// The one account, by its place in `found`, that `typed` signs on to.
///
/// An address means the account that proved it; where several did, the one that also has it as its
/// username, or else the one that proved it first: another one's proof, or an operator's word for
/// another one, takes it from nobody. An address that nobody proved means the account that has it
/// as its username, or else the only one that has it in its profile. Otherwise nobody is meant: who it is cannot be told.
///
/// ```
/// use pingone_protocol::identifier::{Match, for_sign_on};
///
/// let owner = Match {
///     is_username: false,
///     is_email: true,
///     is_email_verified: true,
///     proven_at: None,
/// };
/// let squatter = Match {
///     is_username: true,
///     is_email: false,
///     is_email_verified: false,
///     proven_at: None,
/// };
/// assert_eq!(for_sign_on("ada@example.com", &[squatter, owner]), Some(1));
/// ```
pub fn for_sign_on(typed: &str, found: &[Match]) -> Option<usize> {
    let by_name = || only(found, |account| account.is_username);
    if !is_address(typed) {
        return by_name();
    }
    let owners = found.iter().filter(|account| account.is_owner()).count();
    match owners {
        0 => by_name().or_else(|| only(found, |account| account.is_email)),
        1 => only(found, Match::is_owner),
        _ => only(found, |account| account.is_owner() && account.is_username)
            .or_else(|| first_owner(found)),
    }
}

/// All accounts, by their places in `found`, that `typed` recovers: each gets a mail of its own.
///
/// An address means all accounts that proved it, and those that merely have it only where nobody
/// proved it: whoever reads the mailbox is then the first who does.
///
/// ```
/// use pingone_protocol::identifier::{Match, for_recovery};
///
/// let owner = Match {
///     is_username: false,
///     is_email: true,
///     is_email_verified: true,
///     proven_at: None,
/// };
/// let claims_it = Match { is_email_verified: false, ..owner };
/// assert_eq!(for_recovery("ada@example.com", &[owner, claims_it, owner]), [0, 2]);
/// ```
pub fn for_recovery(typed: &str, found: &[Match]) -> Vec<usize> {
    if !is_address(typed) {
        return for_sign_on(typed, found).into_iter().collect();
    }
    let places = |is_meant: fn(Match) -> bool| -> Vec<usize> {
        let all = found.iter().enumerate();
        all.filter(|(_, account)| is_meant(**account))
            .map(|(place, _)| place)
            .collect()
    };
    let owners = places(Match::is_owner);
    if owners.is_empty() {
        places(|account| account.is_username || account.is_email)
    } else {
        owners
    }
}

/// The place of the owner who was the first, where that can be told.
fn first_owner(found: &[Match]) -> Option<usize> {
    let mut owners = found.iter().filter(|account| account.is_owner());
    let first = owners.try_fold(Timestamp::MAX, |first, owner| {
        owner.proven_at.map(|at| at.min(first))
    })?;
    only(found, |account| {
        account.is_owner() && account.proven_at == Some(first)
    })
}

/// The place of the one account of a kind, if there is exactly one.
fn only(found: &[Match], is_meant: impl Fn(Match) -> bool) -> Option<usize> {
    let mut places = (0..).zip(found).filter(|(_, account)| is_meant(**account));
    match (places.next(), places.next()) {
        (Some((place, _)), None) => Some(place),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: Match = Match {
        is_username: true,
        is_email: false,
        is_email_verified: false,
        proven_at: None,
    };
    const MAILED: Match = Match {
        is_username: false,
        is_email: true,
        is_email_verified: false,
        proven_at: None,
    };
    const OWNER: Match = Match {
        is_email_verified: true,
        ..MAILED
    };
    const NAMED_OWNER: Match = Match {
        is_username: true,
        ..OWNER
    };
    const ADDRESS: &str = "ada@example.com";

    fn owner_since(second: i64) -> Match {
        Match {
            proven_at: Timestamp::from_second(second).ok(),
            ..OWNER
        }
    }

    #[test]
    fn an_address_signs_on_to_the_account_that_proved_it() {
        for (found, meant) in [
            (&[][..], None),
            (&[OWNER], Some(0)),
            // Somebody else wrote it into a profile, or took it as a username.
            (&[MAILED, OWNER], Some(1)),
            (&[NAMED, OWNER], Some(1)),
            (&[NAMED, MAILED, OWNER, MAILED], Some(2)),
            // Nobody proved it.
            (&[MAILED], Some(0)),
            (&[NAMED, MAILED], Some(0)),
            (&[MAILED, MAILED], None),
            // Several did.
            (&[OWNER, OWNER], None),
            (&[OWNER, NAMED_OWNER], Some(1)),
            (&[OWNER, OWNER, NAMED], None),
            (&[owner_since(2), owner_since(1), MAILED], Some(1)),
            (&[owner_since(2), owner_since(1), NAMED_OWNER], Some(2)),
            (&[owner_since(1), owner_since(1)], None),
            (&[owner_since(1), OWNER], None),
        ] {
            assert_eq!(for_sign_on(ADDRESS, found), meant, "{found:?}");
        }
    }

    #[test]
    fn an_address_recovers_every_account_that_proved_it() {
        for (found, meant) in [
            (&[][..], &[][..]),
            (&[MAILED, OWNER, NAMED, OWNER], &[1, 3]),
            (&[MAILED], &[0]),
            (&[MAILED, MAILED], &[0, 1]),
        ] {
            assert_eq!(for_recovery(ADDRESS, found), meant, "{found:?}");
        }
    }

    #[test]
    fn a_name_that_is_no_address_means_the_username_alone() {
        assert_eq!(for_sign_on("ada", &[MAILED, NAMED]), Some(1));
        assert_eq!(for_recovery("ada", &[MAILED, NAMED]), [1]);
        assert_eq!(for_sign_on("ada", &[OWNER]), None);
    }
}
