### Die Seiten der Anmeldung.

## Anmeldung

signon-lead = Um mit { $application } weiterzumachen.
signon-password = Passwort
signon-next = Weiter
signon-other-name = Anderen Namen verwenden
signon-password-missing = Geben Sie Ihr Passwort ein.
signon-wrong = Der Benutzername oder das Passwort ist falsch.
signon-locked = Zu viele falsche Passwörter. Versuchen Sie es in { $minutes ->
    [one] einer Minute
   *[other] { $minutes } Minuten
 } noch einmal, oder wählen Sie mit „Passwort vergessen?“ ein neues Passwort.
signon-not-usable = Dieses Konto ist deaktiviert oder gesperrt. Wenden Sie sich an den Betreiber dieses Dienstes.
signon-back = Zurück zur Anmeldung

## Anmeldung über einen Identitätsanbieter

external-or = Oder
external-ways = Andere Wege zur Anmeldung
external-with = Weiter mit { $provider }
external-title = Anderswo anmelden
external-lead = Melden Sie sich bei { $provider } an, um mit { $application } weiterzumachen.
external-other-way = Auf anderem Weg anmelden
external-cancelled = Die Anmeldung wurde anderswo abgebrochen. Sie können es noch einmal versuchen.
external-failed = Die Anmeldung anderswo ist nicht gelungen. Sie können es noch einmal versuchen.
external-not-usable = Dieses Konto kann auf diesem Weg nicht benutzt werden. Wenden Sie sich an den Betreiber dieses Dienstes.
external-of-another-account = Womit Sie sich anderswo angemeldet haben, gehört hier zu einem anderen Konto. Nehmen Sie das, was zu diesem Konto gehört.
link-title = Konto verbinden
link-lead = Sie haben sich mit { $provider } angemeldet, hier zum ersten Mal. Wenn Sie ein Konto haben, melden Sie sich noch einmal damit an, um beides zu verbinden und mit { $application } weiterzumachen.
link-submit = Anmelden und verbinden
link-create = Konto anlegen
confirm-title = Konto anlegen
confirm-lead = Das sagt { $provider } über Sie. Berichtigen Sie, was nicht stimmt, um mit { $application } weiterzumachen.

## Ein Passwort, das geändert werden muss

change-title-forced = Neues Passwort wählen
change-lead-forced = Ihr Passwort ist vorläufig. Wählen Sie ein eigenes, um mit { $application } weiterzumachen.
change-title-expired = Ihr Passwort ist abgelaufen
change-lead-expired = Wählen Sie ein neues Passwort, um mit { $application } weiterzumachen.
change-too-young = { $days ->
    [one] Ihr Passwort kann nur einmal am Tag geändert werden.
   *[other] Ihr Passwort kann erst { $days } Tage nach der letzten Änderung wieder geändert werden.
 }
change-locked = Zu viele falsche Passwörter. Versuchen Sie es in { $minutes ->
    [one] einer Minute
   *[other] { $minutes } Minuten
 } noch einmal.

## Ein vergessenes Passwort

recover-lead = Wenn es ein Konto mit diesem Namen oder dieser Adresse gibt und es nicht deaktiviert ist, ist ein Code an seine E‑Mail-Adresse unterwegs. Er gilt fünf Minuten.
recover-sent-again = Wenn es ein solches Konto gibt, ist ein weiterer Code unterwegs. Die der letzten fünf Minuten gelten weiter.

## Registrierung

register-lead = Um mit { $application } weiterzumachen.

## Der Nachweis einer E‑Mail-Adresse

second-factor-title = Bestätigen Sie, dass Sie es sind
second-factor-mailed = Wir haben eine E‑Mail an { $email } gesendet. Geben Sie das Einmalpasswort daraus ein.
second-factor-made = Geben Sie das Einmalpasswort ein, das Ihre Authentifizierungs-App zeigt.
second-factor-choose = Wählen Sie, wie Sie es bestätigen möchten.
second-factor-otp = Einmalpasswort
second-factor-hint = { $digits } Ziffern.
second-factor-submit = Bestätigen
second-factor-missing = Geben Sie das Einmalpasswort ein.
second-factor-wrong = Das Einmalpasswort ist falsch, wurde schon benutzt oder gilt nicht mehr.
second-factor-too-many = Es gab zu viele falsche Einmalpasswörter. Wählen Sie, wie es weitergeht, oder versuchen Sie es später wieder.
second-factor-too-many-mails = Diese Adresse hat zu viele E‑Mails bekommen. Versuchen Sie es später wieder, oder wählen Sie einen anderen Weg.
second-factor-locked = Keines Ihrer Geräte kann jetzt benutzt werden. Versuchen Sie es später wieder.
second-factor-send-again = Ein anderes Einmalpasswort senden
second-factor-sent = Eine weitere E‑Mail ist unterwegs. Ein früheres Einmalpasswort gilt nicht mehr.
second-factor-use-application = Die Authentifizierungs-App benutzen
second-factor-use-named = { $name } benutzen
second-factor-use-email = Eine E‑Mail an { $email } senden

verify-lead = Wir haben eine E‑Mail an { $email } gesendet. Geben Sie den Code daraus ein, um mit { $application } weiterzumachen. Enthält sie keinen, steht darin, was stattdessen zu tun ist.
verify-code-missing = Geben Sie den Code aus der E‑Mail ein.
verify-code-wrong = Der Code ist falsch, oder es wurde ein neuerer gesendet.
verify-send-again = Noch einen Code senden
verify-sent-again = Eine weitere E‑Mail ist unterwegs, sofern diese Adresse nicht schon zu viele bekommen hat. Ein früherer Code gilt möglicherweise nicht mehr.

## Eine Zustimmung

agreement-title = Es ist nichts mehr zuzustimmen
agreement-lead = Um zu { $application } weiterzugehen, lesen Sie dies und sagen Sie, ob Sie zustimmen.
agreement-agree = Ich habe dies gelesen und stimme zu.
agreement-agree-missing = Setzen Sie den Haken, wenn Sie zustimmen.
agreement-submit = Weiter
agreement-decline = Ich stimme nicht zu
agreement-another-text = Der Text hat sich inzwischen geändert. Lesen Sie ihn noch einmal.

## Was im Profil fehlt

profile-title = Vervollständigen Sie Ihr Profil
profile-lead = Um zu { $application } weiterzugehen, sagen Sie uns mehr über sich.
profile-submit = Weiter
profile-choose = Wählen
profile-missing = { $label }: wird gebraucht, um weiterzugehen.
profile-wrong = { $label }: wird so nicht angenommen (must { $must }).
profile-taken = Jemand anderes hat diesen Wert.
profile-attribute-accountId = Konto
profile-attribute-address-countryCode = Land (zwei Buchstaben)
profile-attribute-address-locality = Ort
profile-attribute-address-postalCode = Postleitzahl
profile-attribute-address-region = Region
profile-attribute-address-streetAddress = Straße und Hausnummer
profile-attribute-externalId = Externe Kennung
profile-attribute-locale = Gebietsschema
profile-attribute-mobilePhone = Mobiltelefon
profile-attribute-name-family = Nachname
profile-attribute-name-formatted = Voller Name
profile-attribute-name-given = Vorname
profile-attribute-name-honorificPrefix = Anrede
profile-attribute-name-honorificSuffix = Namenszusatz
profile-attribute-name-middle = Weiterer Vorname
profile-attribute-nickname = Spitzname
profile-attribute-photo-href = Adresse eines Fotos
profile-attribute-preferredLanguage = Bevorzugte Sprache
profile-attribute-primaryPhone = Telefon
profile-attribute-timezone = Zeitzone
profile-attribute-title = Titel
profile-attribute-type = Art

## Abmeldung

signoff-title = Abmelden
signoff-lead = Möchten Sie sich von { $brand } abmelden? Das beendet Ihre Sitzung in allen Anwendungen dieses Browsers.
signoff-submit = Abmelden
signed-off-title = Abgemeldet
signed-off-sentence = Sie sind abgemeldet. Sie können dieses Fenster schließen.

## Fehlerseiten: jede Art hat einen festen Satz

page-error-application-disabled = Die Anwendung, die Sie hierher geleitet hat, ist deaktiviert.
page-error-application-unknown = Die Anwendung, die Sie hierher geleitet hat, ist nicht bekannt.
page-error-cross-site = Das Formular wurde von einer anderen Website gesendet. Öffnen Sie die Seite noch einmal und wiederholen Sie es.
page-error-environment-unknown = Unter dieser Adresse gibt es keine Umgebung.
page-error-factor-not-provided = Diese Anwendung verlangt einen weiteren Nachweis, wer Sie sind, der hier nicht erbracht werden kann. Wenden Sie sich an den Betreiber der Anwendung.
page-error-flow-gone = Diese Anmeldung ist abgelaufen oder schon abgeschlossen. Gehen Sie zur Anwendung zurück und beginnen Sie noch einmal.
page-error-invalid-hint = Der ID-Token-Hinweis dieser Anfrage ist nicht gültig.
page-error-invalid-parameters = Die Parameter dieser Anfrage sind nicht lesbar: einer kommt mehrfach vor oder ist kein Text.
page-error-not-provided = PingOne bietet unter dieser Adresse etwas an, das es hier nicht gibt. Gehen Sie zur Anwendung zurück und sagen Sie es ihrem Betreiber.
page-error-post-logout-redirect-uri = Die Adresse, zu der es nach der Abmeldung gehen soll, ist für die Anwendung nicht eingetragen.
page-error-redirect-uri = Die Weiterleitungsadresse ist für die Anwendung nicht eingetragen.
page-error-redirect-uri-missing = Die Weiterleitungsadresse dieser Anfrage fehlt.
page-error-wrong-browser = Diese Anmeldung gehört zu einem anderen Browser. Gehen Sie zur Anwendung zurück und beginnen Sie noch einmal.
page-way-on = Weiter zu { $application }
page-error-uri-title = Diese Adresse ist nicht eingetragen
page-error-uri-application = Anwendung
page-error-uri-sent = Gesendet
page-error-uri-registered = Eingetragen
page-error-uri-differs = weicht ab Zeichen { $position } ab
page-error-uri-none = Für die Anwendung ist keine Adresse eingetragen.
page-error-uri-hint = Tragen Sie genau die Adresse ein, die die Anwendung sendet, oder senden Sie genau eine eingetragene. Wird nur im Entwicklungsmodus gezeigt.

## Das Postfach

mailbox-title = Postfach
mailbox-lead = Alle hier geschriebenen Mails, die neueste zuerst. Wird nur im Entwicklungsmodus gezeigt; nichts wurde versendet.
mailbox-empty = Noch keine Mail. Stellen Sie ein Passwort wieder her oder registrieren Sie sich, dann erscheint der Code hier.
mailbox-to = An
mailbox-subject = Betreff
mailbox-written = Geschrieben
mailbox-back = Alle Mails
mailbox-html = Wie der Empfänger sie sieht
mailbox-text = Als reiner Text

## Die Startseite

start-title = Die Anmeldung beginnt bei Ihrer Anwendung
start-lead = Hier melden sich Menschen bei den Anwendungen von { $brand } an. Öffnen Sie die Anwendung, die Sie verwenden möchten: Sie bringt Sie hierher und wieder zurück.
start-forgotten = Sie haben Ihr Passwort vergessen?
start-forgotten-text = Beginnen Sie die Anmeldung bei der Anwendung und wählen Sie auf der folgenden Seite „Passwort vergessen?“.
start-account = Sie haben noch kein Konto?
start-account-text = Wo eine Anwendung die Registrierung erlaubt, steht es auf ihrer Anmeldeseite.
start-mailbox = Postfach öffnen
start-mailbox-text = Während der Entwicklung landen dort Mails mit Codes.
start-discovery = Für Entwickler
start-discovery-text = Jede Umgebung hat ihr Discovery-Dokument unter /environmentId/as/.well-known/openid-configuration, und die Management-API steht unter /v1/.
