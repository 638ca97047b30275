# Mails to users. $name is the username, $environment the environment's name.

mail-recovery-subject = Your recovery code
mail-recovery-heading = Choose a new password
mail-recovery-greeting = Hello { $name },
mail-recovery-text = you told us that you forgot your password for { $environment }. Enter this code to choose a new one:
mail-recovery-lifetime = The code is good for { $minutes } minutes and for one use.
mail-recovery-unasked = If you did not ask for it, there is nothing to do: your password stays as it is. Do not give the code to anybody.

mail-verification-subject = Your verification code
mail-verification-heading = Confirm your e-mail address
mail-verification-greeting = Hello { $name },
mail-verification-text = enter this code to confirm your e-mail address for { $environment }:
mail-verification-lifetime = The code is good for one use. A newer code replaces it.
mail-verification-unasked = If you did not register, there is nothing to do. Do not give the code to anybody.
