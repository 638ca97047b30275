### Texts that all pages and mails share.

## The frame of a page

document-title = { $title } · { $brand }
document-title-invalid = Error: { $title } · { $brand }
skip-to-content = Skip to the content
navigation = Main navigation
menu = Menu
menu-close = Close
signed-on-as = Signed on as { $name }
sign-off = Sign off
footer-terms = Terms of use
footer-privacy = Privacy
footer-support = Help
notice = Note

## Messages: the word before the text, for those who do not see the colour

flash-danger = Error:
flash-info = Note:
flash-success = Done:
flash-warning = Warning:

## Forms

summary-title = { $count ->
    [one] Please correct one thing
   *[other] Please correct { $count } things
 }
field-error = Error:
field-optional = optional
password-show = Show
password-hide = Hide
password-show-label = Show: { $label }
password-hide-label = Hide: { $label }
form-post-title = Sending you back
form-post-lead = If nothing happens, press the button.
form-post-submit = Continue
fragment-title = Finishing sign-on
fragment-lead = This takes a moment only.
fragment-needs-script = This kind of sign-on needs JavaScript. Switch it on and try again, or ask whoever runs this application to use the authorization code or form_post instead.

## Lists

pager = Pages
pager-previous = Previous
pager-next = Next

## Signing on, registration and recovery: what the hosted pages and the portal say alike

signon-title = Sign on
signon-submit = Sign on
signon-forgot = Forgot your password?
signon-register = Create account
signon-username = Username or email address
signon-username-missing = Enter your username or email address.
register-title = Create account
register-email = Email address
register-email-hint = We send an email there that says how to go on.
register-given-name = Given name
register-family-name = Family name
register-name-invalid = A name has letters, digits, spaces, apostrophes, full stops and hyphens only.
register-username = Username
register-username-hint = Leave it empty to sign on with your email address.
register-password = Password
register-confirm = Password again
register-submit = Create account
register-have-account = You have an account already?
register-username-missing = Choose a username.
register-username-invalid = A username has 1 to 128 characters.
register-username-foreign = An email address can only be a username when it is your own. Choose another one.
register-username-taken = This username is taken. Choose another one.
register-email-missing = Enter your email address.
register-email-invalid = Enter an email address such as name@example.com.
register-email-no-username = This email address cannot be a username here. Enter another one, or choose a username.
register-email-unusable = This email address cannot be used here. Enter another one.
register-password-missing = Choose a password.
change-current = Current password
change-new = New password
change-confirm = New password again
change-submit = Change password
change-current-missing = Enter your current password.
change-current-wrong = This is not your current password.
change-new-missing = Choose a new password.
change-confirm-differs = The two passwords are not the same.
forgot-title = Forgot your password?
forgot-lead = Tell us who you are, and we send a recovery code by email.
forgot-submit = Send the code
recover-title = Choose a new password
recover-code = Recovery code
recover-code-hint = Eight letters and digits, from the email.
recover-submit = Set the new password
recover-no-mail = No email? Look into the spam folder as well, or have another code sent.
recover-send-again = Send another code
recover-code-missing = Enter the code from the email.
recover-code-wrong = The code is wrong or has expired.
recover-code-exhausted = Too many wrong codes. Ask for a new one.
verify-title = Confirm your email address
verify-code = Verification code
verify-code-hint = Eight letters and digits, from the email.
verify-submit = Confirm

## Password rules; the ids are those of the password policy

rules-title = Your password needs
rules-more = More rules
rules-status = { "{" }met{ "}" } of { $count } rules kept
rule-is-satisfied = Kept:
rule-is-unsatisfied = Not kept:
rule-is-not-judged = Not checked yet:
rule-length = Between { $min } and { $max } characters
rule-minCharacters-upper = { $min ->
    [one] At least one capital letter (A–Z)
   *[other] At least { $min } capital letters (A–Z)
 }
rule-minCharacters-lower = { $min ->
    [one] At least one small letter (a–z)
   *[other] At least { $min } small letters (a–z)
 }
rule-minCharacters-digits = { $min ->
    [one] At least one digit (0–9)
   *[other] At least { $min } digits (0–9)
 }
rule-minCharacters-symbols = { $min ->
    [one] At least one special character, such as ! # % & ?
   *[other] At least { $min } special characters, such as ! # % & ?
 }
rule-minCharacters-other = { $min ->
    [one] At least one of these characters: { $characters }
   *[other] At least { $min } of these characters: { $characters }
 }
rule-minUniqueCharacters = { $min ->
    [one] At least one character
   *[other] At least { $min } different characters
 }
rule-maxRepeatedCharacters = { $max ->
    [one] No character twice in a row
   *[other] No character more than { $max } times in a row
 }
rule-excludesCommonlyUsed = Not a commonly used password
rule-excludesProfileData = Not your name, email address or other profile data
rule-notSimilarToCurrent = Not similar to your current password
rule-minComplexity = { $days ->
    [one] Hard to guess: trying all such passwords takes at least one day
   *[other] Hard to guess: trying all such passwords takes at least { $days } days
 }
rule-history = { $count ->
    [one] Not your last password
   *[other] Not one of your last { $count } passwords
 }
rule-alphabetSequenceRule = No more than { $max } letters in alphabetical order, such as abcd
rule-numberSequenceRule = No more than { $max } digits in sequence, such as 1234
rule-qwertySequenceRule = No more than { $max } neighbouring keys, such as qwer
rule-shiftedNumberRowSequenceRule = No more than { $max } neighbouring signs of the number row, such as !@#$

password-breaks-policy = This password does not keep the rules.
password-breaks-rules = This password does not keep these rules: { $rules }.

## When a password may and must be changed

password-min-age = { $days ->
    [one] The password can be changed once a day.
   *[other] The password can be changed once in { $days } days.
 }
password-max-age = { $days ->
    [one] The password has to be changed every day.
   *[other] The password has to be changed every { $days } days.
 }

## Error pages: titles and sentences are fixed, tests of other programs look for them

error-status = Error { $status }
error-home = Go to the start page
error-id = Error id
error-id-hint = Quote this id when you ask for help.
error-explain = Explain this request: what was checked, and what failed
error-causes = What happened, step by step
error-causes-hint = Shown in development mode only.
error-400-title = This request cannot be understood
error-400-sentence = Something in the request is missing or wrong.
error-401-title = Please sign on
error-401-sentence = You need to be signed on to see this page.
error-403-title = This is not allowed
error-403-sentence = You do not have permission to do this.
error-404-title = Page not found
error-404-sentence = There is no page at this address.
error-405-title = This is not possible here
error-405-sentence = This address does not accept this kind of request.
error-408-title = This took too long
error-408-sentence = Your request did not arrive in time. Please try again.
error-410-title = This is no longer valid
error-410-sentence = The page that you came from has expired. Please start again.
error-413-title = This is too large
error-413-sentence = The request is larger than this page accepts.
error-415-title = This format is not accepted
error-415-sentence = The request has a format that this page does not read.
error-429-title = Too many attempts
error-429-sentence = There were too many attempts in a short time. Please wait a moment and try again.
error-500-title = Something went wrong
error-500-sentence = The fault is ours, and it has been recorded. Please try again.
error-502-title = We got no usable answer
error-502-sentence = The sign-on service gave an answer that cannot be used. Please try again.
error-503-title = Not available at the moment
error-503-sentence = The service cannot answer right now. Please try again in a moment.
error-504-title = We got no answer in time
error-504-sentence = The sign-on service did not answer in time. Please try again.

## Mails

mail-footer = This message was sent by { $brand }. Nobody will ever ask you for a code or a password by telephone or email.
