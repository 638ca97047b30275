//! Which answers of the provider this process has seen.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use protocol::secret::sha256;

use crate::ReturnTo;

/// So many states are remembered as used, against two requests at the same moment.
const MOST_ANSWERED: usize = 1_024;

/// States that this process has seen an answer to.
///
/// The session forgets a state when it is taken, but two requests that arrive together have both
/// read the session before. The second one would redeem the code again, which providers take for a
/// theft, revoking what the first one got.
#[derive(Debug, Default)]
pub(crate) struct Answered(Mutex<VecDeque<Seen>>);

#[derive(Debug)]
struct Seen {
    digest: String,
    /// Absent when the sign-on failed.
    return_to: Option<ReturnTo>,
}

impl Answered {
    pub(crate) fn is_first(&self, state: &str, return_to: &ReturnTo) -> bool {
        let digest = sha256(state);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.iter().any(|one| one.digest == digest) {
            return false;
        }
        if seen.len() == MOST_ANSWERED {
            seen.pop_front();
        }
        seen.push_back(Seen {
            digest,
            return_to: Some(return_to.clone()),
        });
        true
    }

    /// Remembers that the sign-on with this state leads nowhere.
    pub(crate) fn fail(&self, state: &str) {
        let digest = sha256(state);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = seen.iter_mut().find(|one| one.digest == digest) {
            one.return_to = None;
        }
    }

    /// The page that the sign-on with this state led to, or is about to.
    pub(crate) fn find(&self, state: &str) -> Option<ReturnTo> {
        let digest = sha256(state);
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = seen.iter().find(|one| one.digest == digest);
        found.and_then(|one| one.return_to.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_answers_at_the_same_moment_one_is_first() {
        let answered = Answered::default();
        let page = ReturnTo::parse("/me").unwrap();
        assert!(answered.is_first("a", &page));
        assert!(!answered.is_first("a", &page));
        assert_eq!(answered.find("a"), Some(page.clone()));
        answered.is_first("failed", &page);
        answered.fail("failed");
        assert_eq!(answered.find("failed"), None);
        for n in 0..MOST_ANSWERED {
            assert!(answered.is_first(&format!("other {n}"), &page));
        }
        assert_eq!(answered.find("a"), None, "the memory is bounded");
    }
}
