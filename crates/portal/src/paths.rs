//! Every page of the portal, one line each: where it is, which methods it takes, what limits it, and
//! where it is shown again after a failure.
//!
//! The router, the limits, the way out of an error page and the check of the redirect path read this
//! one table, so that none of them can forget a page.

use std::borrow::Cow;

use http::Method;

pub(crate) const HOME: &str = "/";
pub(crate) const SIGN_ON: &str = "/login";
pub(crate) const SIGN_OFF: &str = "/logout";
pub(crate) const USER_INFO: &str = "/user/info";
pub(crate) const PROFILE: &str = "/profile";
pub(crate) const EMAIL: &str = "/profile/email";
pub(crate) const EMAIL_CONFIRM: &str = "/profile/email/confirm";
pub(crate) const EMAIL_RESEND: &str = "/profile/email/resend";
pub(crate) const EMAIL_UNDO: &str = "/profile/email/undo";
pub(crate) const SECURITY: &str = "/security";
pub(crate) const SESSION_END: &str = "/security/end";
pub(crate) const SESSIONS_END_OTHERS: &str = "/security/end-others";
pub(crate) const DATA: &str = "/data";
pub(crate) const DATA_DOWNLOAD: &str = "/data/download";
pub(crate) const DELETE: &str = "/account/delete";
pub(crate) const KEEP: &str = "/account/keep";
pub(crate) const CHANGE_PASSWORD: &str = "/password/change";
pub(crate) const RULES: &str = "/password/rules";
pub(crate) const FORGOT: &str = "/password/forgot";
pub(crate) const RECOVER: &str = "/password/recover";
pub(crate) const RESEND: &str = "/password/recover/resend";
pub(crate) const REGISTER: &str = "/register";
pub(crate) const REGISTERED: &str = "/register/done";
pub(crate) const USERS: &str = "/users";
pub(crate) const USER_NEW: &str = "/users/new";
pub(crate) const USER: &str = "/users/{id}";
pub(crate) const USER_EDIT: &str = "/users/{id}/edit";
pub(crate) const USER_DELETE: &str = "/users/{id}/delete";
pub(crate) const USER_PASSWORD: &str = "/users/{id}/password";
pub(crate) const USER_UNLOCK: &str = "/users/{id}/unlock";
pub(crate) const USER_ENABLED: &str = "/users/{id}/enabled";
pub(crate) const USER_RECOVERY: &str = "/users/{id}/recovery-code";
pub(crate) const USER_VERIFICATION: &str = "/users/{id}/verification-code";
pub(crate) const USER_SESSION_END: &str = "/users/{id}/sessions/end";
pub(crate) const USER_SESSIONS_END: &str = "/users/{id}/sessions/end-all";
pub(crate) const ACTIVITY: &str = "/activity";
pub(crate) const EXPLAIN: &str = "/explain";
pub(crate) const EXPLAINED: &str = "/explain/{id}";
pub(crate) const WELL_KNOWN_CHANGE: &str = "/.well-known/change-password";

/// The names of the pages, for the router: a page without a handler does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Home,
    SignOn,
    SignOff,
    UserInfo,
    Profile,
    Email,
    EmailConfirm,
    EmailResend,
    EmailUndo,
    Security,
    SessionEnd,
    SessionsEndOthers,
    Data,
    DataDownload,
    Delete,
    Keep,
    ChangePassword,
    Rules,
    Forgot,
    Recover,
    Resend,
    Register,
    Registered,
    Users,
    UserNew,
    User,
    UserEdit,
    UserDelete,
    UserPassword,
    UserUnlock,
    UserEnabled,
    UserRecovery,
    UserVerification,
    UserSessionEnd,
    UserSessionsEnd,
    Activity,
    Explain,
    Explained,
    WellKnownChange,
}

/// The methods that a page takes. `HEAD` is a `GET` without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Get,
    GetAndPost,
    Post,
}

/// What the requests of one address are counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Nothing: the page costs little and tries no secret.
    None,
    Recovery,
    Registration,
    Rules,
    SignOn,
}

/// A page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) name: Name,
    /// The path, with `{…}` for parts that differ.
    pub(crate) path: &'static str,
    pub(crate) takes: Takes,
    pub(crate) limit: Limit,
    /// Where to ask for it again, by a GET, with the parts that differ kept.
    again: &'static str,
}

const fn page(
    name: Name,
    path: &'static str,
    takes: Takes,
    limit: Limit,
    again: &'static str,
) -> Page {
    Page {
        name,
        path,
        takes,
        limit,
        again,
    }
}

/// All pages.
#[rustfmt::skip]
pub(crate) const PAGES: &[Page] = &[
    page(Name::Home,            HOME,              Takes::Get,        Limit::None,         HOME),
    page(Name::SignOn,          SIGN_ON,           Takes::Get,        Limit::SignOn,       SIGN_ON),
    page(Name::SignOff,         SIGN_OFF,          Takes::GetAndPost, Limit::None,         HOME),
    page(Name::UserInfo,        USER_INFO,         Takes::Get,        Limit::None,         USER_INFO),
    page(Name::Profile,         PROFILE,           Takes::GetAndPost, Limit::None,         PROFILE),
    page(Name::Email,           EMAIL,             Takes::GetAndPost, Limit::Recovery,     EMAIL),
    page(Name::EmailConfirm,    EMAIL_CONFIRM,     Takes::GetAndPost, Limit::Recovery,     EMAIL_CONFIRM),
    page(Name::EmailResend,     EMAIL_RESEND,      Takes::Post,       Limit::Recovery,     EMAIL_CONFIRM),
    page(Name::EmailUndo,       EMAIL_UNDO,        Takes::Post,       Limit::Recovery,     USER_INFO),
    page(Name::Security,        SECURITY,          Takes::Get,        Limit::None,         SECURITY),
    page(Name::SessionEnd,      SESSION_END,       Takes::Post,       Limit::None,         SECURITY),
    page(Name::SessionsEndOthers, SESSIONS_END_OTHERS, Takes::Post,   Limit::None,         SECURITY),
    page(Name::Data,            DATA,              Takes::Get,        Limit::None,         DATA),
    page(Name::DataDownload,    DATA_DOWNLOAD,     Takes::Get,        Limit::None,         DATA),
    page(Name::Delete,          DELETE,            Takes::GetAndPost, Limit::None,         DELETE),
    page(Name::Keep,            KEEP,              Takes::Post,       Limit::None,         HOME),
    page(Name::ChangePassword,  CHANGE_PASSWORD,   Takes::GetAndPost, Limit::None,         CHANGE_PASSWORD),
    page(Name::Rules,           RULES,             Takes::Post,       Limit::Rules,        HOME),
    page(Name::Forgot,          FORGOT,            Takes::GetAndPost, Limit::Recovery,     FORGOT),
    page(Name::Recover,         RECOVER,           Takes::GetAndPost, Limit::Recovery,     RECOVER),
    page(Name::Resend,          RESEND,            Takes::Post,       Limit::Recovery,     RECOVER),
    page(Name::Register,        REGISTER,          Takes::GetAndPost, Limit::Registration, REGISTER),
    page(Name::Registered,      REGISTERED,        Takes::Get,        Limit::None,         REGISTERED),
    page(Name::Users,           USERS,             Takes::Get,        Limit::None,         USERS),
    // Before those whose paths have an id there.
    page(Name::UserNew,         USER_NEW,          Takes::GetAndPost, Limit::None,         USER_NEW),
    page(Name::User,            USER,              Takes::Get,        Limit::None,         USER),
    page(Name::UserEdit,        USER_EDIT,         Takes::GetAndPost, Limit::None,         USER_EDIT),
    page(Name::UserDelete,      USER_DELETE,       Takes::GetAndPost, Limit::None,         USER_DELETE),
    page(Name::UserPassword,    USER_PASSWORD,     Takes::Post,       Limit::None,         USER),
    page(Name::UserUnlock,      USER_UNLOCK,       Takes::Post,       Limit::None,         USER),
    page(Name::UserEnabled,     USER_ENABLED,      Takes::Post,       Limit::None,         USER),
    page(Name::UserRecovery,    USER_RECOVERY,     Takes::Post,       Limit::None,         USER),
    page(Name::UserVerification, USER_VERIFICATION, Takes::Post,      Limit::None,         USER),
    page(Name::UserSessionEnd,  USER_SESSION_END,  Takes::Post,       Limit::None,         USER),
    page(Name::UserSessionsEnd, USER_SESSIONS_END, Takes::Post,       Limit::None,         USER),
    page(Name::Activity,        ACTIVITY,          Takes::Get,        Limit::None,         ACTIVITY),
    page(Name::Explain,         EXPLAIN,           Takes::Get,        Limit::None,         EXPLAIN),
    page(Name::Explained,       EXPLAINED,         Takes::Get,        Limit::None,         EXPLAINED),
    page(Name::WellKnownChange, WELL_KNOWN_CHANGE, Takes::Get,        Limit::None,         CHANGE_PASSWORD),
];

/// The paths of all pages that a GET shows, with `{id}` for what differs: whoever looks at all pages
/// overlooks none.
pub fn shown_paths() -> impl Iterator<Item = &'static str> {
    let shown = PAGES.iter().filter(|page| page.takes != Takes::Post);
    shown.map(|page| page.path)
}

impl Takes {
    /// Whether a request of this method does the work of the page, and not only shows its form.
    fn is_work(self, method: &Method) -> bool {
        match self {
            Self::Get => method == Method::GET || method == Method::HEAD,
            Self::GetAndPost | Self::Post => method == Method::POST,
        }
    }
}

impl Page {
    /// The page at this path.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        PAGES.iter().find(|page| fits(page.path, path))
    }
}

/// What a request is counted as: showing a form is free, sending it is counted.
pub(crate) fn limit(method: &Method, path: &str) -> Limit {
    match Page::find(path) {
        Some(page) if page.takes.is_work(method) => page.limit,
        _ => Limit::None,
    }
}

/// Where a page that failed can be asked for again, by a GET. The provider's answer works once,
/// and leads to the start page like every path that is not in the table.
pub(crate) fn again(path: &str) -> Cow<'static, str> {
    let Some(page) = Page::find(path) else {
        return Cow::Borrowed(HOME);
    };
    if !page.again.contains('{') {
        return Cow::Borrowed(page.again);
    }
    let kept = page.again.split('/').zip(path.split('/'));
    let parts: Vec<&str> = kept
        .map(|(again, part)| if again.starts_with('{') { part } else { again })
        .collect();
    Cow::Owned(parts.join("/"))
}

/// The path of one user's page.
pub(crate) fn user(id: protocol::id::UserId) -> String {
    format!("{USERS}/{id}")
}

/// What was recorded about one user, by their name.
pub(crate) fn activity_of(username: &str) -> String {
    let mut params = url::form_urlencoded::Serializer::new(String::new());
    params
        .append_pair("days", "14")
        .append_pair("username", username);
    format!("{ACTIVITY}?{}", params.finish())
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let is_same = pattern.split('/').all(|expected| {
        parts.next().is_some_and(|part| {
            if expected.starts_with('{') {
                !part.is_empty()
            } else {
                part == expected
            }
        })
    });
    is_same && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_by_its_own_path_and_by_no_other() {
        for page in PAGES {
            let path = page.path.replace("{id}", "7d2f8f0e");
            assert_eq!(Page::find(&path).unwrap().name, page.name);
            assert!(Page::find(&format!("{path}-callback")).is_none_or(|other| {
                // Below `/users/` any text is somebody's place, below `/explain/` any request's.
                matches!(other.name, Name::User | Name::Explained)
            }));
        }
        for path in [
            "/users/",
            "/callback",
            "/users-callback",
            "/users/a/b/c",
            "",
        ] {
            assert!(Page::find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn trying_again_leads_to_a_page_that_takes_a_get() {
        for page in PAGES {
            let again = again(&page.path.replace("{id}", "7d2f8f0e"));
            let shown = Page::find(&again).unwrap();
            assert_ne!(shown.takes, Takes::Post, "{}", page.path);
        }
        for (failed, leads_to) in [
            ("/register", "/register"),
            ("/callback", "/"),
            ("/password/recover/resend", "/password/recover"),
            ("/users", "/users"),
            ("/users/7d2f8f0e/unlock", "/users/7d2f8f0e"),
            ("/users/a/b/c", "/"),
        ] {
            assert_eq!(again(failed), leads_to);
        }
    }

    #[test]
    fn reading_a_page_is_not_limited_and_sending_its_form_is() {
        assert_eq!(limit(&Method::GET, REGISTER), Limit::None);
        assert_eq!(limit(&Method::POST, REGISTER), Limit::Registration);
        assert_eq!(limit(&Method::HEAD, SIGN_ON), Limit::SignOn);
        assert_eq!(limit(&Method::POST, "/callback"), Limit::None);
    }
}
