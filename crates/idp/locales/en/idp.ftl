### The hosted pages.

## Sign-on

signon-lead = To go on to { $application }.
signon-password = Password
signon-next = Next
signon-other-name = Use another name
signon-password-missing = Enter your password.
signon-wrong = The username or the password is wrong.
signon-locked = Too many wrong passwords. Try again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
 }, or choose a new password with “Forgot your password?”.
signon-not-usable = This account is disabled or locked. Ask whoever runs this service.
signon-back = Back to sign on

## Sign-on by an identity provider elsewhere

external-or = Or
external-ways = Other ways to sign on
external-with = Continue with { $provider }
external-title = Sign on elsewhere
external-lead = Sign on with { $provider } to go on to { $application }.
external-other-way = Sign on in another way
external-cancelled = The sign-on was stopped elsewhere. You can try again.
external-failed = The sign-on elsewhere did not work. You can try again.
external-not-usable = This account cannot be used in this way. Ask whoever runs this service.
external-of-another-account = What you signed on with elsewhere belongs to another account here. Use the one that belongs to this account.
link-title = Connect your account
link-lead = You signed on with { $provider }, here for the first time. If you have an account, sign on to it once more to connect the two and to go on to { $application }.
link-submit = Sign on and connect
link-create = Create account
confirm-title = Create account
confirm-lead = This is what { $provider } says about you. Correct what is wrong to go on to { $application }.

## A password that has to be changed

change-title-forced = Choose a new password
change-lead-forced = Your password is temporary. Choose one of your own to go on to { $application }.
change-title-expired = Your password has expired
change-lead-expired = Choose a new password to go on to { $application }.
change-too-young = { $days ->
    [one] Your password can be changed once a day.
   *[other] Your password can be changed { $days } days after the last change.
 }
change-locked = Too many wrong passwords. Try again in { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
 }.

## A forgotten password

recover-lead = If there is an account with this name or address, and it is not disabled, a code is on its way to its email address. It is good for five minutes.
recover-sent-again = If there is such an account, another code is on its way. Those of the last five minutes stay good.

## Registration

register-lead = To go on to { $application }.

## The proof of an email address

second-factor-title = Confirm that it is you
second-factor-mailed = We sent an email to { $email }. Enter the one-time password in it.
second-factor-made = Enter the one-time password that your authenticator application shows.
second-factor-choose = Choose how you want to confirm it.
second-factor-otp = One-time password
second-factor-hint = { $digits } digits.
second-factor-submit = Confirm
second-factor-missing = Enter the one-time password.
second-factor-wrong = The one-time password is wrong, was used already, or is not good any more.
second-factor-too-many = There were too many wrong one-time passwords. Choose how to go on, or try again later.
second-factor-too-many-mails = This address has had too many emails. Try again later, or choose another way.
second-factor-locked = None of your devices can be used now. Try again later.
second-factor-send-again = Send another one-time password
second-factor-sent = Another email is on its way. A one-time password that came before no longer works.
second-factor-use-application = Use the authenticator application
second-factor-use-named = Use { $name }
second-factor-use-email = Send an email to { $email }

verify-lead = We sent an email to { $email }. Enter the code in it to go on to { $application }. If there is none in it, it says what to do instead.
verify-code-missing = Enter the code from the email.
verify-code-wrong = The code is wrong, or a newer one was sent.
verify-send-again = Send another code
verify-sent-again = Another email is on its way, unless this address has had too many already. A code that came before may no longer work.

## Something to agree to

agreement-title = Nothing is left to agree to
agreement-lead = To go on to { $application }, read this and say whether you agree.
agreement-agree = I have read this and agree to it.
agreement-agree-missing = Tick the box if you agree.
agreement-submit = Continue
agreement-decline = I do not agree
agreement-another-text = The text has changed meanwhile. Read it again.

## What the profile lacks

profile-title = Complete your profile
profile-lead = To go on to { $application }, tell us more about you.
profile-submit = Continue
profile-choose = Choose
profile-missing = { $label } is needed to go on.
profile-wrong = { $label } must { $must }.
profile-taken = Somebody else has this value.
profile-attribute-accountId = Account
profile-attribute-address-countryCode = Country (two letters)
profile-attribute-address-locality = Town
profile-attribute-address-postalCode = Postal code
profile-attribute-address-region = Region
profile-attribute-address-streetAddress = Street address
profile-attribute-externalId = External identifier
profile-attribute-locale = Locale
profile-attribute-mobilePhone = Mobile phone
profile-attribute-name-family = Family name
profile-attribute-name-formatted = Full name
profile-attribute-name-given = Given name
profile-attribute-name-honorificPrefix = Form of address
profile-attribute-name-honorificSuffix = Suffix of the name
profile-attribute-name-middle = Middle name
profile-attribute-nickname = Nickname
profile-attribute-photo-href = Address of a photo
profile-attribute-preferredLanguage = Preferred language
profile-attribute-primaryPhone = Phone
profile-attribute-timezone = Time zone
profile-attribute-title = Title
profile-attribute-type = Type

## Sign-off

signoff-title = Sign off
signoff-lead = Do you want to sign off from { $brand }? It ends your session in every application of this browser.
signoff-submit = Sign off
signed-off-title = Signed off
signed-off-sentence = You have been signed off. You can close this window.

## Error pages: each kind has one fixed sentence

page-error-application-disabled = The application that sent you here is disabled.
page-error-application-unknown = The application that sent you here is not known.
page-error-cross-site = The form was sent from another site. Open the page again and repeat it.
page-error-environment-unknown = There is no environment at this address.
page-error-factor-not-provided = This application needs a further proof of who you are, which cannot be given here. Ask whoever runs the application.
page-error-flow-gone = This sign-on has expired or is already complete. Go back to the application and start again.
page-error-invalid-hint = The ID token hint of this request is not valid.
page-error-invalid-parameters = The parameters of this request cannot be read: one is repeated, or is no text.
page-error-not-provided = PingOne has something at this address that this environment does not provide. Go back to the application, and tell whoever runs it.
page-error-post-logout-redirect-uri = The address to go to after sign-off is not registered for the application.
page-error-redirect-uri = The redirect URI is not registered for the application.
page-error-redirect-uri-missing = The redirect URI of this request is missing.
page-error-wrong-browser = This sign-on belongs to another browser. Go back to the application and start again.
page-way-on = Go on to { $application }
page-error-uri-title = This address is not registered
page-error-uri-application = Application
page-error-uri-sent = Sent
page-error-uri-registered = Registered
page-error-uri-differs = differs from character { $position } on
page-error-uri-none = The application has no registered address.
page-error-uri-hint = Register exactly the address that the application sends, or send exactly a registered one. Shown in development mode only.

## The mailbox

mailbox-title = Mailbox
mailbox-lead = Every mail that was written here, newest first. Shown in development mode only; nothing was sent.
mailbox-empty = No mail yet. Recover a password or register, and the code appears here.
mailbox-to = To
mailbox-subject = Subject
mailbox-written = Written
mailbox-back = All mails
mailbox-html = As the recipient sees it
mailbox-text = As plain text

## The start page

start-title = Sign-on begins at your application
start-lead = This is where people sign on to the applications of { $brand }. Open the application that you want to use: it brings you here, and back again.
start-forgotten = Forgot your password?
start-forgotten-text = Begin to sign on at the application, and choose “Forgot your password?” on the page that follows.
start-account = You have no account yet?
start-account-text = Where an application lets people register, its sign-on page says so.
start-mailbox = Open the mailbox
start-mailbox-text = Mails with codes land there while in development.
start-discovery = For developers
start-discovery-text = Each environment has its discovery document under /environmentId/as/.well-known/openid-configuration, and the management API stands under /v1/.
