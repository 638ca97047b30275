# Mails an Benutzer. $name ist der Benutzername, $brand der Name, den die Seiten tragen.

mail-greeting = Guten Tag { $name },

mail-recovery-subject = Ihr Wiederherstellungscode
mail-recovery-heading = Neues Passwort wählen
mail-recovery-text = jemand, vermutlich Sie selbst, hat ein neues Passwort für das Konto { $name } bei { $brand } angefordert oder wollte sich mit dieser Adresse registrieren, zu der es dieses Konto schon gibt. Geben Sie diesen Code ein, um ein neues Passwort zu wählen:
mail-recovery-lifetime = Der Code gilt { $minutes } Minuten und nur einmal.
mail-recovery-unasked = Wenn Sie ihn nicht angefordert haben, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist. Geben Sie den Code niemandem weiter.

mail-verification-subject = Ihr Bestätigungscode
mail-verification-heading = E‑Mail-Adresse bestätigen
mail-verification-text = geben Sie diesen Code ein, um Ihre E‑Mail-Adresse für das Konto { $name } bei { $brand } zu bestätigen:
mail-verification-lifetime = Der Code gilt { $hours } Stunden und nur einmal. Ein neuerer Code ersetzt ihn.
mail-verification-unasked = Wenn Sie sich nicht registriert haben, brauchen Sie nichts zu tun. Geben Sie den Code niemandem weiter.

mail-device-subject = Ihr Einmalpasswort
mail-device-heading = Gerät bestätigen
mail-device-text = geben Sie dieses Einmalpasswort ein, um zu bestätigen, dass diese Adresse zum Konto { $name } bei { $brand } gehört:
mail-device-lifetime = Das Einmalpasswort gilt { $minutes } Minuten und nur einmal. Ein neueres ersetzt es.
mail-device-unasked = Wenn Sie es nicht angefordert haben, brauchen Sie nichts zu tun. Geben Sie das Einmalpasswort niemandem weiter.

mail-second-factor-subject = Ihr Einmalpasswort
mail-second-factor-heading = Bestätigen Sie, dass Sie es sind
mail-second-factor-text = geben Sie dieses Einmalpasswort ein, um sich mit dem Konto { $name } bei { $brand } anzumelden:
mail-second-factor-lifetime = Das Einmalpasswort gilt { $minutes } Minuten und nur einmal. Ein neueres ersetzt es.
mail-second-factor-unasked = Wenn Sie sich nicht anmelden, kennt vielleicht jemand anderes Ihr Passwort: Ändern Sie es. Geben Sie das Einmalpasswort niemandem weiter.

mail-already-registered-subject = Sie haben schon ein Konto
mail-already-registered-heading = Sie haben schon ein Konto
mail-already-registered-text = jemand, vermutlich Sie selbst, wollte mit dieser E‑Mail-Adresse ein Konto bei { $brand } anlegen. Es gibt schon eines, und sein Benutzername ist { $name }. Melden Sie sich damit an. Wenn Sie das Passwort nicht mehr wissen, wählen Sie dort „Passwort vergessen?“ und geben Sie diese Adresse ein.
mail-already-registered-unasked = Wenn Sie es nicht waren, brauchen Sie nichts zu tun: Es wurde kein Konto angelegt, und Ihres bleibt, wie es ist.

mail-password-changed-subject = Ihr Passwort wurde geändert
mail-password-changed-heading = Ihr Passwort wurde geändert
mail-password-changed-text = das Passwort des Kontos { $name } bei { $brand } wurde soeben von jemandem geändert, der das bisherige kannte.
mail-password-changed-unasked = Wenn Sie es nicht waren, wählen Sie jetzt auf der Anmeldeseite „Passwort vergessen?“: Dann gehört das Konto wieder Ihnen.

mail-password-recovered-subject = Ihr Passwort wurde geändert
mail-password-recovered-heading = Ihr Passwort wurde geändert
mail-password-recovered-text = das Passwort des Kontos { $name } bei { $brand } wurde soeben mit einem Code geändert, der an diese Adresse gesendet worden war.
mail-password-recovered-unasked = Wenn Sie es nicht waren, liest jemand anderes Ihre E‑Mails: Sichern Sie zuerst Ihr Postfach, und wählen Sie dann auf der Anmeldeseite „Passwort vergessen?“.

mail-password-set-subject = Ein neues Passwort wurde gesetzt
mail-password-set-heading = Ein neues Passwort wurde gesetzt
mail-password-set-text = ein Administrator von { $brand } hat soeben ein neues Passwort für das Konto { $name } gesetzt.
mail-password-set-unasked = Wenn Sie das nicht erwartet haben, fragen Sie den Administrator, oder wählen Sie auf der Anmeldeseite „Passwort vergessen?“.

mail-password-removed-subject = Ihr Passwort wurde entfernt
mail-password-removed-heading = Ihr Passwort wurde entfernt
mail-password-removed-text = ein Administrator von { $brand } hat soeben das Passwort des Kontos { $name } entfernt.
mail-password-removed-unasked = Wenn Sie das nicht erwartet haben, fragen Sie den Administrator. Mit „Passwort vergessen?“ auf der Anmeldeseite bekommen Sie ein neues.

mail-address-changed-subject = Ihre E‑Mail-Adresse wurde geändert
mail-address-changed-heading = Ihre E‑Mail-Adresse wurde geändert
mail-address-changed-text = das Konto { $name } bei { $brand } hat jetzt eine andere E‑Mail-Adresse. An diese gehen dazu keine E‑Mails mehr.
mail-address-changed-unasked = Wenn Sie das nicht erwartet haben, sagen Sie sofort dem Administrator von { $brand } Bescheid.
mail-address-changed-by-owner-subject = { mail-address-changed-subject }
mail-address-changed-by-owner-heading = { mail-address-changed-heading }
mail-address-changed-by-owner-text = { mail-address-changed-text }
mail-address-changed-by-owner-unasked = Wenn Sie das nicht erwartet haben, wählen Sie dort, wo Sie sich bei { $brand } anmelden, „Passwort vergessen?“ und geben Sie diese Adresse ein. Der Code, der hierher kommt, gibt Ihnen das Konto zurück, bis eine Woche nach der Bestätigung der neuen Adresse.

mail-device-added-subject = Ihrem Konto wurde ein Gerät hinzugefügt
mail-device-added-heading = Ihrem Konto wurde ein Gerät hinzugefügt
mail-device-added-text = dem Konto { $name } bei { $brand } wurde soeben ein Gerät hinzugefügt, das bestätigt, dass Sie es sind.
mail-device-added-unasked = Wenn Sie es nicht waren, ist jemand anderes in Ihrem Konto: Wählen Sie jetzt auf der Anmeldeseite „Passwort vergessen?“ und bitten Sie dann den Administrator, das Gerät zu entfernen.

mail-device-removed-subject = Aus Ihrem Konto wurde ein Gerät entfernt
mail-device-removed-heading = Aus Ihrem Konto wurde ein Gerät entfernt
mail-device-removed-text = aus dem Konto { $name } bei { $brand } wurde soeben ein Gerät entfernt, das bestätigte, dass Sie es sind.
mail-device-removed-unasked = Wenn Sie es nicht waren, sagen Sie es sofort dem Administrator von { $brand } und ändern Sie Ihr Passwort.

mail-device-locked-subject = Jemand rät Ihre Einmalpasswörter
mail-device-locked-heading = Jemand rät Ihre Einmalpasswörter
mail-device-locked-text = jemand, der das Passwort des Kontos { $name } bei { $brand } kennt, hat so viele falsche Einmalpasswörter eingegeben, dass Ihr Gerät mehrmals hintereinander gesperrt wurde.
mail-device-locked-unasked = Wenn Sie es nicht waren, ändern Sie jetzt Ihr Passwort: Jemand anderes kennt es.
