### Texts of the pages on which people look after their own account.

nav-profile = Profile
nav-security = Security
nav-data = Your data

## Start page

home-hello = Hello, { $name }
concern-deletion = Your account will be deleted on { $when }.
concern-deletion-action = Keep my account
concern-email = Your email address { $email } is not confirmed yet.
concern-email-action = Confirm address
concern-password-expired = Your password has expired.
concern-password-old = Your password is more than a year old.
tile-security-title = Security
tile-security-text = See where you are signed on, and what happened to your account.
tile-data-title = Your data
tile-data-text = Read and download what is kept about you, or delete your account.

## Profile

profile-about-you = About you
profile-email-confirmed = Confirmed
profile-email-unconfirmed = Not confirmed
profile-created = Member since
profile-last-sign-on = Last sign-on
profile-edit = Edit profile
profile-change-email = Change email address
profile-title = Edit your profile
profile-lead = What you leave empty is removed from your profile.
profile-submit = Save
profile-back = Back to your profile
profile-zone-of-browser = As in my browser
label-mobile-phone = Mobile phone
hint-zone = Times on these pages are shown in it.
user-info-developers = For developers: claims
user-info-developers-lead = This is what the sign-on service tells this application about you.
flash-profile-saved = Your profile is saved.
error-phone-invalid = This is not a telephone number. It looks like +44 20 7946 0018.
error-zone-unknown = Choose one of the time zones.

## Email address

email-title = Change your email address
email-lead = We send a code to the new address. Enter it on the next page.
email-present = Your address now:
email-submit = Change address
label-new-email = New email address
hint-new-email = For a week, you can take your present address back.
email-confirm-lead = Enter the code that we sent to your address.
email-confirm-no-mail = No email? Look into the spam folder as well, or have a code sent. An earlier one is then no longer good.
error-email-unchanged = This is your address already.
flash-email-code-sent = If this address can be used, a code is on its way to it.
flash-email-confirmed = Your email address is confirmed.
flash-email-restored = Your address is { $email } again.
flash-email-too-late = There is no address that could be taken back.
former-title = You changed your email address
former-text = It was { $email } before. You can take it back until
former-undo = Take it back

## Security

security-title = Security
security-lead = Your password, where you are signed on, and what happened lately.
security-password = Password
security-password-changed = Last changed
security-sessions = Where you are signed on
security-sessions-lead = End what you do not recognise, and change your password then.
security-this = This browser
security-seen = Last used
security-end = End
security-end-label = End the sign-on in { $device }
security-end-others = End all others
security-events = Recent events
security-events-lead = The newest of the last 30 days. Change your password if something was not you.
security-events-none = Nothing happened in the last 30 days.
security-events-absent = The sign-on service does not tell this site what happened.
security-look = Was it you?
device = { $browser } on { $system }
device-unknown = Unknown browser or program
event-signed-on = The password was entered
event-wrong-password = A wrong password was entered
event-password-changed = The password was changed
event-recovery = A new password was chosen with a code
event-password-set = A password was set
event-password-forced = A new password was demanded
event-unlocked = The account was unlocked
event-locked = The account was locked after wrong attempts
event-wrong-code = A wrong code was entered
event-code = A code was entered
event-disabled = Access to the account was denied
event-created = The account was created
event-profile = The profile was changed
flash-session-ended-there = You are signed off there.
flash-session-gone = That sign-on has ended already.
flash-sessions-ended = You are signed off everywhere else.

## Data and deletion

data-title = Your data
data-lead = What this site keeps about you, and what the sign-on service lets you read here.
data-download = Download as JSON
data-profile = Profile
data-password = Password (never the password itself)
data-sessions = Where you are signed on
data-groups = Groups that you are in
data-devices = Devices for a second step at sign-on
data-consents = What you agreed to
data-linked-accounts = Accounts elsewhere that sign you on
data-events = Events of the last 30 days (the newest 200 at most)
data-portal = This site
data-not-provided = Not provided by the sign-on service
data-further = { $part }: the rest, as the file has it
data-fact-last-address = Last sign-on from
data-fact-browser = Browser
data-fact-address = Network address
data-fact-signed-on = Signed on
data-fact-ends = Ends
data-fact-group = Group
data-fact-kind = Kind
data-fact-called = Name
data-fact-called-there = Your name there
data-fact-agreement = Agreement
data-fact-status = State
data-fact-provider = Where
data-fact-agreed = Agreed
data-status-accepted = In force
data-status-active = In use
data-status-unconfirmed = Not confirmed yet
data-status-expired = Expired
data-status-failed = Failed
data-status-revoked = Taken back
data-status-success = Succeeded
data-fact-when = When
data-fact-former-address = Former email address
data-fact-deletion = Will be deleted
data-fact-absent = Not told to this site
deletion-title = Delete your account
deletion-lead = Your account and everything in it is deleted after 14 days. Until then you can sign on and keep it.
deletion-due = It will be deleted on
deletion-download = Take what you want to keep along first:
deletion-submit = Delete my account
deletion-stay = Keep my account
label-deletion-confirm = I understand that my account cannot be brought back
error-deletion-unconfirmed = Tick the box if you want to delete your account.
flash-deletion-called-off = Your account stays.
flash-deletion-none = There is no deletion that could be called off.
failure-account-scopes = The application may not look after accounts. It needs the scopes p1:read:user, p1:update:user, p1:verify:user, p1:read:sessions and p1:delete:sessions.
failure-operator-deletion = You look after this site as an operator, so another operator has to delete your account.
