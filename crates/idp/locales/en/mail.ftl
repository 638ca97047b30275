# Mails to users. $name is the username, $brand whose pages they are.

mail-greeting = Hello { $name },

mail-recovery-subject = Your recovery code
mail-recovery-heading = Choose a new password
mail-recovery-text = Somebody, most likely you, asked for a new password of the account { $name } at { $brand }, or wanted to register with this address, which has that account already. Enter this code to choose a new password:
mail-recovery-lifetime = The code is good for { $minutes } minutes and for one use.
mail-recovery-unasked = If you did not ask for it, there is nothing to do: your password stays as it is. Do not give the code to anybody.

mail-verification-subject = Your verification code
mail-verification-heading = Confirm your email address
mail-verification-text = Enter this code to confirm your email address for the account { $name } at { $brand }:
mail-verification-lifetime = The code is good for { $hours } hours and for one use. A newer code replaces it.
mail-verification-unasked = If you did not register, there is nothing to do. Do not give the code to anybody.

mail-device-subject = Your one-time password
mail-device-heading = Confirm this device
mail-device-text = Enter this one-time password to confirm that this address belongs to the account { $name } at { $brand }:
mail-device-lifetime = The one-time password is good for { $minutes } minutes and for one use. A newer one replaces it.
mail-device-unasked = If you did not ask for it, there is nothing to do. Do not give the one-time password to anybody.

mail-second-factor-subject = Your one-time password
mail-second-factor-heading = Confirm that it is you
mail-second-factor-text = Enter this one-time password to sign on with the account { $name } at { $brand }:
mail-second-factor-lifetime = The one-time password is good for { $minutes } minutes and for one use. A newer one replaces it.
mail-second-factor-unasked = If you are not signing on, somebody else may know your password: change it. Do not give the one-time password to anybody.

mail-already-registered-subject = You have an account already
mail-already-registered-heading = You have an account already
mail-already-registered-text = Somebody, most likely you, wanted to create an account for { $brand } with this email address. There is one already, and its username is { $name }. Sign on with it. If you do not know the password any more, choose “Forgot your password?” there and enter this address.
mail-already-registered-unasked = If it was not you, there is nothing to do: no account was created, and yours stays as it is.

mail-password-changed-subject = Your password was changed
mail-password-changed-heading = Your password was changed
mail-password-changed-text = The password of the account { $name } at { $brand } was just changed by somebody who knew the one before.
mail-password-changed-unasked = If it was not you, choose “Forgot your password?” on the sign-on page now: the account is then yours again.

mail-password-recovered-subject = Your password was changed
mail-password-recovered-heading = Your password was changed
mail-password-recovered-text = The password of the account { $name } at { $brand } was just changed with a code that was mailed to this address.
mail-password-recovered-unasked = If it was not you, somebody else reads your mail: secure your mailbox first, then choose “Forgot your password?” on the sign-on page.

mail-password-set-subject = A new password was set
mail-password-set-heading = A new password was set
mail-password-set-text = An administrator of { $brand } just set a new password for the account { $name }.
mail-password-set-unasked = If you did not expect that, ask the administrator, or choose “Forgot your password?” on the sign-on page.

mail-password-removed-subject = Your password was removed
mail-password-removed-heading = Your password was removed
mail-password-removed-text = An administrator of { $brand } just removed the password of the account { $name }.
mail-password-removed-unasked = If you did not expect that, ask the administrator. “Forgot your password?” on the sign-on page gives you a new one.

mail-address-changed-subject = Your email address was changed
mail-address-changed-heading = Your email address was changed
mail-address-changed-text = The account { $name } at { $brand } now has another email address. No more mails about it go to this one.
mail-address-changed-unasked = If you did not expect that, tell the administrator of { $brand } at once.
mail-address-changed-by-owner-subject = { mail-address-changed-subject }
mail-address-changed-by-owner-heading = { mail-address-changed-heading }
mail-address-changed-by-owner-text = { mail-address-changed-text }
mail-address-changed-by-owner-unasked = If you did not expect that, choose “Forgot your password?” where you sign on to { $brand } and type this address. The code that comes here gives the account back to you, until a week after the new address was confirmed.

mail-device-added-subject = A device was added to your account
mail-device-added-heading = A device was added to your account
mail-device-added-text = A device that confirms who you are was just added to the account { $name } at { $brand }.
mail-device-added-unasked = If it was not you, somebody else is in your account: choose “Forgot your password?” on the sign-on page now, then ask the administrator to remove the device.

mail-device-removed-subject = A device was removed from your account
mail-device-removed-heading = A device was removed from your account
mail-device-removed-text = A device that confirmed who you are was just removed from the account { $name } at { $brand }.
mail-device-removed-unasked = If it was not you, tell the administrator of { $brand } at once, and change your password.

mail-device-locked-subject = Somebody is guessing your one-time passwords
mail-device-locked-heading = Somebody is guessing your one-time passwords
mail-device-locked-text = Somebody who knows the password of the account { $name } at { $brand } has entered so many wrong one-time passwords that your device was locked several times in a row.
mail-device-locked-unasked = If it was not you, change your password now: somebody else knows it.
