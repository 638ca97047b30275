### Texte, die alle Seiten und Mails gemeinsam haben.

## Der Rahmen einer Seite

document-title = { $title } · { $brand }
document-title-invalid = Fehler: { $title } · { $brand }
skip-to-content = Zum Inhalt springen
navigation = Hauptnavigation
menu = Menü
menu-close = Schließen
signed-on-as = Angemeldet als { $name }
sign-off = Abmelden
footer-terms = Nutzungsbedingungen
footer-privacy = Datenschutz
footer-support = Hilfe
notice = Hinweis

## Meldungen: das Wort vor dem Text, für alle, die die Farbe nicht sehen

flash-danger = Fehler:
flash-info = Hinweis:
flash-success = Erledigt:
flash-warning = Achtung:

## Formulare

summary-title = { $count ->
    [one] Bitte korrigieren Sie eine Angabe
   *[other] Bitte korrigieren Sie { $count } Angaben
 }
field-error = Fehler:
field-optional = optional
password-show = Anzeigen
password-hide = Verbergen
password-show-label = Anzeigen: { $label }
password-hide-label = Verbergen: { $label }
form-post-title = Sie werden zurückgeleitet
form-post-lead = Falls nichts geschieht, klicken Sie auf die Schaltfläche.
form-post-submit = Weiter
fragment-title = Anmeldung wird abgeschlossen
fragment-lead = Das dauert nur einen Augenblick.
fragment-needs-script = Diese Art der Anmeldung braucht JavaScript. Schalten Sie es ein und versuchen Sie es noch einmal, oder bitten Sie den Betreiber dieser Anwendung, stattdessen den Authorization Code oder form_post zu verwenden.

## Listen

pager = Seiten
pager-previous = Zurück
pager-next = Weiter

## Anmeldung, Registrierung und Wiederherstellung: was die Seiten der Anmeldung und das Portal gleich sagen

signon-title = Anmelden
signon-submit = Anmelden
signon-forgot = Passwort vergessen?
signon-register = Konto anlegen
signon-username = Benutzername oder E‑Mail-Adresse
signon-username-missing = Geben Sie Ihren Benutzernamen oder Ihre E‑Mail-Adresse ein.
register-title = Konto anlegen
register-email = E‑Mail-Adresse
register-email-hint = Wir senden eine E‑Mail dorthin, in der steht, wie es weitergeht.
register-given-name = Vorname
register-family-name = Nachname
register-name-invalid = Ein Name besteht nur aus Buchstaben, Ziffern, Leerzeichen, Apostrophen, Punkten und Bindestrichen.
register-username = Benutzername
register-username-hint = Ohne ihn melden Sie sich mit Ihrer E‑Mail-Adresse an.
register-password = Passwort
register-confirm = Passwort wiederholen
register-submit = Konto anlegen
register-have-account = Sie haben schon ein Konto?
register-username-missing = Wählen Sie einen Benutzernamen.
register-username-invalid = Ein Benutzername hat 1 bis 128 Zeichen.
register-username-foreign = Eine E‑Mail-Adresse kann nur Benutzername sein, wenn es Ihre eigene ist. Wählen Sie einen anderen.
register-username-taken = Dieser Benutzername ist vergeben. Wählen Sie einen anderen.
register-email-missing = Geben Sie Ihre E‑Mail-Adresse ein.
register-email-invalid = Geben Sie eine E‑Mail-Adresse wie name@example.com ein.
register-email-no-username = Diese E‑Mail-Adresse kann hier kein Benutzername sein. Geben Sie eine andere ein oder wählen Sie einen Benutzernamen.
register-email-unusable = Diese E‑Mail-Adresse kann hier nicht verwendet werden. Geben Sie eine andere ein.
register-password-missing = Wählen Sie ein Passwort.
change-current = Bisheriges Passwort
change-new = Neues Passwort
change-confirm = Neues Passwort wiederholen
change-submit = Passwort ändern
change-current-missing = Geben Sie Ihr bisheriges Passwort ein.
change-current-wrong = Das ist nicht Ihr bisheriges Passwort.
change-new-missing = Wählen Sie ein neues Passwort.
change-confirm-differs = Die beiden Passwörter sind nicht gleich.
forgot-title = Passwort vergessen?
forgot-lead = Sagen Sie uns, wer Sie sind, und wir senden Ihnen einen Wiederherstellungscode per E‑Mail.
forgot-submit = Code senden
recover-title = Neues Passwort wählen
recover-code = Wiederherstellungscode
recover-code-hint = Acht Buchstaben und Ziffern, aus der E‑Mail.
recover-submit = Neues Passwort setzen
recover-no-mail = Keine E‑Mail? Sehen Sie auch im Spam-Ordner nach, oder lassen Sie einen weiteren Code senden.
recover-send-again = Noch einen Code senden
recover-code-missing = Geben Sie den Code aus der E‑Mail ein.
recover-code-wrong = Der Code ist falsch oder abgelaufen.
recover-code-exhausted = Zu viele falsche Codes. Fordern Sie einen neuen an.
verify-title = E‑Mail-Adresse bestätigen
verify-code = Bestätigungscode
verify-code-hint = Acht Buchstaben und Ziffern, aus der E‑Mail.
verify-submit = Bestätigen

## Passwortregeln; die Kennungen sind die der Passwortrichtlinie

rules-title = Ihr Passwort braucht
rules-more = Weitere Regeln
rules-status = { "{" }met{ "}" } von { $count } Regeln eingehalten
rule-is-satisfied = Eingehalten:
rule-is-unsatisfied = Nicht eingehalten:
rule-is-not-judged = Noch nicht geprüft:
rule-length = Zwischen { $min } und { $max } Zeichen
rule-minCharacters-upper = { $min ->
    [one] Mindestens einen Großbuchstaben (A–Z)
   *[other] Mindestens { $min } Großbuchstaben (A–Z)
 }
rule-minCharacters-lower = { $min ->
    [one] Mindestens einen Kleinbuchstaben (a–z)
   *[other] Mindestens { $min } Kleinbuchstaben (a–z)
 }
rule-minCharacters-digits = { $min ->
    [one] Mindestens eine Ziffer (0–9)
   *[other] Mindestens { $min } Ziffern (0–9)
 }
rule-minCharacters-symbols = { $min ->
    [one] Mindestens ein Sonderzeichen, zum Beispiel ! # % & ?
   *[other] Mindestens { $min } Sonderzeichen, zum Beispiel ! # % & ?
 }
rule-minCharacters-other = { $min ->
    [one] Mindestens eines dieser Zeichen: { $characters }
   *[other] Mindestens { $min } dieser Zeichen: { $characters }
 }
rule-minUniqueCharacters = { $min ->
    [one] Mindestens ein Zeichen
   *[other] Mindestens { $min } verschiedene Zeichen
 }
rule-maxRepeatedCharacters = { $max ->
    [one] Kein Zeichen zweimal hintereinander
   *[other] Kein Zeichen mehr als { $max }-mal hintereinander
 }
rule-excludesCommonlyUsed = Kein häufig verwendetes Passwort
rule-excludesProfileData = Nicht Ihren Namen, Ihre E‑Mail-Adresse oder andere Profildaten
rule-notSimilarToCurrent = Nicht ähnlich wie Ihr bisheriges Passwort
rule-minComplexity = { $days ->
    [one] Schwer zu erraten: Alle solchen Passwörter durchzuprobieren dauert mindestens einen Tag
   *[other] Schwer zu erraten: Alle solchen Passwörter durchzuprobieren dauert mindestens { $days } Tage
 }
rule-history = { $count ->
    [one] Nicht Ihr letztes Passwort
   *[other] Keines Ihrer letzten { $count } Passwörter
 }
rule-alphabetSequenceRule = Höchstens { $max } Buchstaben in alphabetischer Folge, wie abcd
rule-numberSequenceRule = Höchstens { $max } Ziffern in Folge, wie 1234
rule-qwertySequenceRule = Höchstens { $max } benachbarte Tasten, wie qwer
rule-shiftedNumberRowSequenceRule = Höchstens { $max } benachbarte Zeichen der Zahlenreihe, wie !@#$

password-breaks-policy = Dieses Passwort hält die Regeln nicht ein.
password-breaks-rules = Dieses Passwort hält diese Regeln nicht ein: { $rules }.

## Wann ein Passwort geändert werden darf und muss

password-min-age = { $days ->
    [one] Das Passwort kann einmal am Tag geändert werden.
   *[other] Das Passwort kann alle { $days } Tage einmal geändert werden.
 }
password-max-age = { $days ->
    [one] Das Passwort muss jeden Tag geändert werden.
   *[other] Das Passwort muss alle { $days } Tage geändert werden.
 }

## Fehlerseiten

error-status = Fehler { $status }
error-home = Zur Startseite
error-id = Fehlerkennung
error-id-hint = Geben Sie diese Kennung an, wenn Sie um Hilfe bitten.
error-explain = Diese Anfrage erklären: was geprüft wurde und was nicht stimmte
error-causes = Was geschehen ist, Schritt für Schritt
error-causes-hint = Wird nur im Entwicklungsmodus gezeigt.
error-400-title = Diese Anfrage ist nicht zu verstehen
error-400-sentence = In der Anfrage fehlt etwas, oder etwas darin ist falsch.
error-401-title = Bitte melden Sie sich an
error-401-sentence = Um diese Seite zu sehen, müssen Sie angemeldet sein.
error-403-title = Das ist nicht erlaubt
error-403-sentence = Sie haben keine Berechtigung dafür.
error-404-title = Seite nicht gefunden
error-404-sentence = Unter dieser Adresse gibt es keine Seite.
error-405-title = Das ist hier nicht möglich
error-405-sentence = Diese Adresse nimmt diese Art von Anfragen nicht an.
error-408-title = Das hat zu lange gedauert
error-408-sentence = Ihre Anfrage ist nicht rechtzeitig angekommen. Bitte versuchen Sie es noch einmal.
error-410-title = Das gilt nicht mehr
error-410-sentence = Die Seite, von der Sie kommen, ist abgelaufen. Bitte beginnen Sie noch einmal.
error-413-title = Das ist zu groß
error-413-sentence = Die Anfrage ist größer, als diese Seite annimmt.
error-415-title = Dieses Format wird nicht angenommen
error-415-sentence = Die Anfrage hat ein Format, das diese Seite nicht liest.
error-429-title = Zu viele Versuche
error-429-sentence = Es waren zu viele Versuche in kurzer Zeit. Bitte warten Sie einen Augenblick und versuchen Sie es dann noch einmal.
error-500-title = Etwas ist schiefgegangen
error-500-sentence = Der Fehler liegt bei uns und ist festgehalten. Bitte versuchen Sie es noch einmal.
error-502-title = Wir haben keine brauchbare Antwort bekommen
error-502-sentence = Der Anmeldedienst hat eine Antwort gegeben, die nicht zu gebrauchen ist. Bitte versuchen Sie es noch einmal.
error-503-title = Zurzeit nicht verfügbar
error-503-sentence = Der Dienst kann gerade nicht antworten. Bitte versuchen Sie es gleich noch einmal.
error-504-title = Wir haben nicht rechtzeitig eine Antwort bekommen
error-504-sentence = Der Anmeldedienst hat nicht rechtzeitig geantwortet. Bitte versuchen Sie es noch einmal.

## Mails

mail-footer = Diese Nachricht hat { $brand } gesendet. Niemand wird Sie jemals am Telefon oder per E‑Mail nach einem Code oder Passwort fragen.
