### Texts of the portal.

## Navigation

nav-home = Home
nav-users = Users

## Start page

home-title = Welcome
home-lead = Sign on to look after your account.
home-who = You are signed on as { $name }.
home-who-and-username = You are signed on as { $name } ({ $username }).
home-since = Signed on since
home-application = The application signs on for itself here (client_credentials), so no user is present.
home-application-signed-on = The application has signed on for itself (client_credentials) on { $time }, so no user is present.
home-missing = What is not configured

tile-user-info-title = Your profile
tile-user-info-text = See and change your name, your phone number and your address.
tile-change-password-title = Change your password
tile-change-password-text = Choose a new one. You need your current password.
tile-users-title = Users
tile-users-text = Find, create and change users, set passwords, unlock and disable accounts.
tile-application-title = Sign the application on
tile-application-text = Get an access token for the application itself.

missing-sign-on = Signing on, user information and changing the own password
missing-management = Registration, recovery and the pages for operators
missing-registration = Registration
missing-users = Pages of users: the grant type client_credentials has none

## User information

user-info-title = Your profile
user-info-lead = What this site knows about you.
user-info-userinfo = Userinfo
user-info-userinfo-lead = From the userinfo endpoint, asked for just now.
user-info-id-token = ID token
user-info-id-token-lead = From the ID token, as it was when you signed on.

claim-value-yes = Yes
claim-value-no = No
claim-name = Full name
claim-given_name = Given name
claim-middle_name = Middle name
claim-family_name = Family name
claim-nickname = Nickname
claim-preferred_username = Username
claim-email = Email address
claim-email_verified = Email address confirmed
claim-phone_number = Telephone number
claim-phone_number_verified = Telephone number confirmed
claim-address = Address
claim-formatted = As a whole
claim-street_address = Street
claim-locality = Town
claim-region = Region
claim-postal_code = Postal code
claim-country = Country
claim-birthdate = Date of birth
claim-gender = Gender
claim-locale = Language and region
claim-zoneinfo = Time zone
claim-picture = Picture
claim-profile = Profile page
claim-website = Website
claim-updated_at = Last changed
claim-sub = Your id at the sign-on service
claim-auth_time = You proved who you are
claim-acr = Sign-on policy that was met
claim-amr = How you proved who you are
claim-iss = Who issued the token
claim-aud = Whom the token is for
claim-azp = Who asked for the token
claim-iat = Issued
claim-nbf = Not valid before
claim-exp = Valid until
claim-sid = Session at the sign-on service
claim-nonce = Ties the token to this sign-on
claim-at_hash = Ties the access token to this token
claim-c_hash = Ties the code to this token
claim-env = Environment
claim-org = Organization
claim-p1-region = PingOne region
claim-p1-population_id = Population

## Labels and hints

label-population = Kind of account
label-search = Name, email address or username
label-force-change = Must be changed at the next sign-on
hint-force-change = The user then chooses a password that only they know.

## Change the own password

password-change-title = Change your password
password-change-lead = You need your current password for this.

## Forgotten password

password-recover-lead = Enter the code from the email, and your new password.

## Registration

registered-title = Check your email
registered-lead = We sent an email to { $email }. It says how to go on.
registered-title-unverified = One more step
registered-lead-unverified = Sign on with your new password. If there was an account with the address { $email } before, we sent an email there instead.
registered-step-mail = Take the code from the email.
registered-step-sign-on = Sign on with your password. The page that follows asks for the code, and you are in.
registered-known = The email says that you have an account already?
registered-known-text = Then sign on to that one, or choose a new password for it with the code in the email.
registered-no-mail = No email? Look into the spam folder as well, or check the address:
registered-again = Begin again

## Operators

users-title = Users
users-lead = Each word that you type is looked for in names, usernames and email addresses.
users-search = Search
users-caption = Users
users-count = { $count ->
    [one] One user
   *[other] { $count } users
 }
users-none = Nobody was found.
users-among = { $count ->
    [0] None among the first { $read } users that were looked at. The next page looks further.
    [one] One user among the { $read } that were looked at. The next page looks further.
   *[other] { $count } users among the { $read } that were looked at. The next page looks further.
 }
users-place = Words stand
users-place-beginning = At the beginning
users-place-anywhere = Anywhere
users-look-anywhere = Look for it anywhere in names and addresses
users-state = State
users-state-any = Any
users-never = Never
users-create = Create user
user-back = All users
user-profile = Account
user-state-enabled = Enabled
user-state-disabled = Disabled
user-state-locked = Locked
user-fact-name = Name
user-fact-created = Created
user-fact-last-sign-on = Last sign-on
user-fact-id = Id
user-unlock = Unlock
user-send-code = Send recovery code
user-send-verification = Send verification code
user-edit = Edit
user-delete = Delete
user-disable = Disable
user-enable = Enable
user-own-account = This is your own account. Another operator can disable it; your password is changed under “Security”.
user-sessions = Where the user is signed on
user-sessions-none = Nowhere at the moment.
user-sessions-end-all = End all
user-edit-title = Edit { $username }
user-edit-back = Back to the user
user-edit-hint = Another address is not confirmed until its owner enters a code that is sent there.
user-delete-title = Delete { $username }?
user-delete-lead = The account and everything in it is deleted at once, and cannot be brought back.
user-delete-submit = Delete this user
user-delete-stay = Keep this user
user-new-title = Create user
user-new-submit = Create user
label-verify = Send verification code
hint-verify = It goes to the email address, and is asked for at the first sign-on.
user-set-password = Set password
user-set-password-lead = For somebody who cannot do it themselves.
password-state-ok = The password is good.
password-state-must-change = The password must be changed at the next sign-on.
password-state-expired = The password has expired.
password-state-locked-out = The password is locked after too many wrong attempts.
password-state-none = There is no password.
password-state-external = The password is kept elsewhere.
password-state-other = The password is in a state that this portal does not know.

## Signing on and off

sign-off-title = Sign off
sign-off-question = Do you want to sign off, here and at the sign-on service?
sign-off-at-provider = You have signed off here. The sign-on service ends its session now.
sign-off-stay = Stay signed on
sign-on-refused-title = You are not signed on
sign-on-refused-denied = The sign-on was cancelled, or it is not allowed for you.
sign-on-refused-interaction = The sign-on service needs you to do something first. Please sign on again.
sign-on-refused-unavailable = The sign-on service cannot do it right now. Please try again in a moment.
sign-on-refused-other = The sign-on service refused the request of this site.
sign-on-refused-code = What the service calls it
sign-on-refused-description = What it says about it

## Messages for the next page

flash-signed-on = You have signed on.
flash-application-signed-on = The application has signed on for itself.
flash-signed-off = You have signed off.
flash-signed-off-here = You have signed off here. The sign-on service may still know you in this browser.
flash-session-ended = Your session has ended. Please sign on again.
flash-password-changed = Your password has been changed.
flash-password-recovered = Your new password is set.
flash-recovery-begun = If there is an account with this name or address that can get a code now, it is on its way to its email address. An account that is disabled gets none, and with some sign-on services one that is locked gets none until it is unlocked.
flash-recovery-begin-first = Please tell us first whose password it is.
flash-code-sent-again = If there is an account with this name or address that can get a code now, another one is on its way.
flash-code-not-sent-again = No further code can be sent for this request. Please wait a while and begin again.
flash-password-set = The password of { $username } is set.
flash-password-set-forced = The password of { $username } is set, and has to be changed at the next sign-on.
flash-user-unlocked = { $username } is unlocked.
flash-user-enabled = { $username } is enabled.
flash-user-disabled = { $username } is disabled.
flash-user-created = { $username } was created.
flash-user-saved = The changes to { $username } are saved.
flash-user-deleted = { $username } was deleted.
flash-user-verified-already = The address of { $username } is confirmed already.
flash-verification-sent = A verification code was sent to { $username }, and is asked for at the next sign-on.
flash-user-session-ended = { $username } is signed off there.
flash-user-session-gone = That sign-on of { $username } has ended already.
flash-user-sessions-ended = { $username } is signed off everywhere.
flash-code-sent = A recovery code was sent to { $username }.

## Errors at fields and in forms

error-email-domain = Registration is not open for addresses of this domain.
error-population-not-offered = Choose one of the kinds of account.
error-current-password-wrong-count = { $count ->
    [0] This is not your current password. It is locked now.
    [one] This is not your current password. You have one attempt left before it is locked.
   *[other] This is not your current password. You have { $count } attempts left before it is locked.
 }
error-password-unchanged = The new password is the same as the current one. Choose another one.
error-too-many-mails = Too many emails were sent to this address. Please try again later.
error-password-locked = Your password is locked after too many wrong attempts. Please try again later.
error-password-locked-minutes = { $minutes ->
    [one] Your password is locked after too many wrong attempts. It will be unlocked in one minute.
   *[other] Your password is locked after too many wrong attempts. It will be unlocked in { $minutes } minutes.
 }
error-password-too-young = Your password was changed too short a time ago to be changed again. Please try again tomorrow.
error-no-password = Your account has no password, so there is nothing to change here.
error-pingone = The sign-on service does not accept this: { $message }
error-account-not-usable = This account is disabled or locked, so no recovery code can be sent.
error-own-account = This is your own account. Ask another operator to disable it.
error-own-profile = This is your own account. Change it under “Profile”.
error-own-deletion = This is your own account. Delete it under “Your data”.
error-own-sessions = This is your own account. End its sessions under “Security”.
error-own-password = This is your own account. Change your password under “Security”, with the current one.
error-user-has-no-password = This account has no password.
error-user-locked-out = The password of this account is locked. Unlock it first.

## Error pages

failure-try-again = Try again
failure-pingone-says = The service says: { $message }
failure-environment-unavailable = The sign-on service does not answer at the moment.
failure-sign-on-not-configured = Signing on is not set up here: portal.sign_on.issuer and portal.sign_on.client_id are missing.
failure-management-not-configured = This page is not set up here: portal.pingone.worker_client_id is missing.
failure-recovery-not-configured = Recovering a password is not set up here: portal.pingone.worker_client_id is missing.
failure-registration-not-configured = Registration is not set up here: portal.pingone.worker_client_id is missing.
failure-registration-disabled = Registration is closed.
failure-no-user = The application signs on for itself here (client_credentials), so there is no user whose page this could be.
failure-explain-off = Nothing is kept to explain requests with: the setting explain.keep says how many sign-ons are.
failure-not-pingone = This needs a user of PingOne, and the one who is signed on has no PingOne id.
failure-operators-only = Only operators see this page.
failure-password-scopes = The application is not allowed to change passwords. It needs the scopes p1:read:userPassword and p1:reset:userPassword.
failure-token-refused = The sign-on service refuses the access that it gave a moment ago. Please tell whoever runs this site.
failure-user-unknown = There is no such user, or no longer.
failure-page-unknown = This page of the list cannot be opened again. Please search anew.
failure-sign-on-again = Sign on again
failure-sign-on-expired = You took longer to sign on than this site waits.
failure-sign-on-unknown-state = This answer belongs to no sign-on that was begun in this browser, or it has been used already.
failure-sign-on-not-proven = What the sign-on service said could not be verified, so nobody was signed on.
failure-sign-on-malformed = The answer of the sign-on service is not complete.
failure-sign-on-no-identity = The sign-on service did not say who you are. The scope openid may be missing.
failure-sign-on-provider = The sign-on service did not complete your sign-on.
