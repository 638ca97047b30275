//! What is kept of a mailed code, and the comparison with what came back.

use protocol::id::UserId;
use protocol::names::fold;
use protocol::secret::{RecoveryCode, VerificationCode};

use crate::core::Core;
use crate::stores::codes::CodeTag;

/// A code that was mailed to a user.
pub(super) trait MailedCode {
    /// The column that keeps its tag: a tag of one kind is nothing to the other.
    const PLACE: &'static str;

    /// The code itself.
    fn text(&self) -> &str;

    /// What a tag is made for: the same code for another user, or another mailbox, has another one.
    fn context(&self, user: UserId) -> String {
        format!("{}:{user}", Self::PLACE)
    }

    /// What is kept of it.
    fn tag(&self, core: &Core, user: UserId) -> CodeTag {
        let context = self.context(user);
        CodeTag::new(
            core.keyring()
                .authenticate(&context, self.text().as_bytes()),
        )
    }

    /// Whether it is the code of which this was kept.
    fn is_kept_as(&self, tag: &CodeTag, core: &Core, user: UserId) -> bool {
        let (context, text) = (self.context(user), self.text().as_bytes());
        core.keyring().verify(&context, text, tag.as_str()).is_ok()
    }
}

/// A recovery code with the mailbox that it went to, elsewhere it is nothing: the account may have moved
/// from there while the mail was written.
pub(super) struct ToMailbox<'a> {
    pub(super) code: &'a RecoveryCode,
    pub(super) address: &'a str,
}

impl MailedCode for ToMailbox<'_> {
    const PLACE: &'static str = "recovery_codes.digest";

    fn text(&self) -> &str {
        self.code.expose()
    }

    fn context(&self, user: UserId) -> String {
        format!("{}:{user}:{}", Self::PLACE, fold(self.address))
    }
}

impl MailedCode for VerificationCode {
    const PLACE: &'static str = "verification_codes.digest";

    fn text(&self) -> &str {
        self.expose()
    }
}
