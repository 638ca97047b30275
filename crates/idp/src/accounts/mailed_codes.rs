//! What is kept of a mailed code, and the comparison with what came back.

use protocol::id::UserId;
use protocol::secret::{RecoveryCode, VerificationCode};

use crate::core::Core;
use crate::stores::codes::CodeTag;

/// A code that was mailed to a user.
pub(super) trait MailedCode {
    /// The column that keeps its tag: a tag of one kind is nothing to the other.
    const PLACE: &'static str;

    /// The code itself.
    fn text(&self) -> &str;

    /// What is kept of it.
    fn tag(&self, core: &Core, user: UserId) -> CodeTag {
        let context = context::<Self>(user);
        CodeTag::new(
            core.keyring()
                .authenticate(&context, self.text().as_bytes()),
        )
    }

    /// Whether it is the code of which this was kept.
    fn is_kept_as(&self, tag: &CodeTag, core: &Core, user: UserId) -> bool {
        let (context, text) = (context::<Self>(user), self.text().as_bytes());
        core.keyring().verify(&context, text, tag.as_str()).is_ok()
    }
}

fn context<C: MailedCode + ?Sized>(user: UserId) -> String {
    format!("{}:{user}", C::PLACE)
}

impl MailedCode for RecoveryCode {
    const PLACE: &'static str = "recovery_codes.digest";

    fn text(&self) -> &str {
        self.expose()
    }
}

impl MailedCode for VerificationCode {
    const PLACE: &'static str = "verification_codes.digest";

    fn text(&self) -> &str {
        self.expose()
    }
}
