//! The checks of an authorization request and of the sign-on behind it, as they are told of to
//! whoever wants one explained ([`protocol::trail`]).

use protocol::trail::Check;

const CORE_REQUEST: &str = "OpenID Connect Core 1.0, 3.1.2.1";

pub(crate) static APPLICATION: Check = Check::new(
    "`client_id` is an application of this environment",
    "RFC 6749, 4.1.1 and 2.2",
    "Send the id that the application has here; `latchkey application list` shows them. Look whether \
     the address names the right environment",
);
pub(crate) static ENABLED: Check = Check::new(
    "The application is enabled",
    "PingOne, Applications",
    "Enable the application (`\"enabled\": true`)",
);
pub(crate) static REDIRECT_URI: Check = Check::new(
    "`redirect_uri` is one that the application registered, character by character",
    "RFC 6749, 3.1.2.3; RFC 9700, 2.1",
    "Register exactly the address that is sent, or send one that is registered: scheme, host, port, \
     path and a slash at the end all count",
);
pub(crate) static NO_REQUEST_OBJECT: Check = Check::new(
    "The parameters are sent themselves, not as a request object",
    "OpenID Connect Core 1.0, 6.1",
    "Send the parameters in the query or the form",
);
pub(crate) static NO_REQUEST_URI: Check = Check::new(
    "The parameters are sent themselves, not by reference",
    "OpenID Connect Core 1.0, 6.2",
    "Send the parameters in the query or the form",
);
pub(crate) static PROTECTED: Check = Check::new(
    "The application demands no signed or pushed request",
    "RFC 9101, 10.5; RFC 9126, 5",
    "Set `requireSignedRequestObject` to false and `parRequirement` to OPTIONAL: neither is provided",
);
pub(crate) static BOUNDED: Check = Check::new(
    "What has to be kept of the request fits into an address",
    "RFC 6749, 4.1.1",
    "Keep what `state` stands for at the client, and send a random value that leads to it",
);
pub(crate) static RESPONSE_TYPE: Check = Check::new(
    "`response_type` is one that exists",
    "RFC 6749, 3.1.1; OAuth 2.0 Multiple Response Type Encoding Practices, 3 and 5",
    "Send `response_type=code`",
);
pub(crate) static RESPONSE_TYPE_ALLOWED: Check = Check::new(
    "The application may use this `response_type`",
    "RFC 6749, 4.1.2.1 (unauthorized_client)",
    "Add it to the application's `responseTypes`, and the grant type that it needs to `grantTypes`",
);
pub(crate) static RESPONSE_MODE: Check = Check::new(
    "`response_mode` exists and suits what is asked for",
    "OAuth 2.0 Multiple Response Type Encoding Practices, 2.1 and 5",
    "Leave `response_mode` out, or send fragment or form_post where tokens are asked for",
);
pub(crate) static PROMPT: Check = Check::new(
    "`prompt` holds known values, and `none` stands alone",
    CORE_REQUEST,
    "Send none, login, consent or select_account, and `none` without another",
);
pub(crate) static MAX_AGE: Check = Check::new(
    "`max_age` is a number of seconds",
    CORE_REQUEST,
    "Send a whole number that is not negative, or leave it out",
);
pub(crate) static SCOPE: Check = Check::new(
    "`scope` can be read",
    "RFC 6749, 3.3",
    "Separate scopes by one space each",
);
pub(crate) static SCOPE_GRANTED: Check = Check::new(
    "The application was granted the scopes, and they are of one resource",
    "RFC 6749, 3.3; PingOne, Resource grants",
    "Grant the application the scope at its resource, or ask for fewer",
);
pub(crate) static OPENID: Check = Check::new(
    "An ID token is asked for with the scope `openid`",
    CORE_REQUEST,
    "Add `openid` to `scope`",
);
pub(crate) static NONCE: Check = Check::new(
    "`nonce` is there where an ID token travels through the browser",
    "OpenID Connect Core 1.0, 3.2.2.1 and 3.3.2.11",
    "Send a new random `nonce` with each request, and compare it with the ID token's",
);
pub(crate) static PKCE: Check = Check::new(
    "`code_challenge` is as the application demands",
    "RFC 7636, 4.3 and 4.4.1",
    "Send a `code_challenge` with `code_challenge_method=S256`, or relax the application's \
     `pkceEnforcement`",
);
pub(crate) static POLICY: Check = Check::new(
    "A sign-on policy that is assigned to the application answers the request",
    "OpenID Connect Core 1.0, 3.1.2.1 (acr_values); PingOne, Sign-on policies",
    "Assign the policy to the application, or leave `acr_values` out",
);
pub(crate) static HINT: Check = Check::new(
    "`id_token_hint` is an ID token that this application was given here",
    CORE_REQUEST,
    "Send the ID token as it came, of the same application and environment",
);
pub(crate) static PROMPT_NONE: Check = Check::new(
    "Nobody has to be asked, where `prompt=none` forbids asking",
    "OpenID Connect Core 1.0, 3.1.2.6 (login_required, interaction_required)",
    "Send the request again without `prompt=none` when this answer comes",
);
pub(crate) static FLOW: Check = Check::new(
    "The sign-on is under way",
    "PingOne, Flows",
    "Begin at the application: a sign-on that is done, or had no activity for a quarter of an hour, is \
     over",
);
pub(crate) static SAME_BROWSER: Check = Check::new(
    "The browser is the one that signed on",
    "RFC 9700, 4.7",
    "End the sign-on in the browser that began it; let it keep cookies for this host",
);
pub(crate) static CREDENTIALS: Check = Check::new(
    "Name and password are accepted",
    "OpenID Connect Core 1.0, 3.1.2.3",
    "Type the password again, or set another one; too many wrong tries have to be waited out. Whether \
     there is such a person is told to nobody",
);
pub(crate) static LET_IN: Check = Check::new(
    "The application lets this user in",
    "PingOne, Application access control",
    "Add the user to a group that the application lets in, or change its `accessControl`",
);
pub(crate) static EXPECTED_USER: Check = Check::new(
    "The user is the one of `id_token_hint`",
    CORE_REQUEST,
    "Sign on as that user, or send no hint",
);
