### Les pages de connexion.

## Connexion

signon-lead = Pour continuer vers { $application }.
signon-password = Mot de passe
signon-next = Suivant
signon-other-name = Utiliser un autre nom
signon-password-missing = Saisissez votre mot de passe.
signon-wrong = Le nom d’utilisateur ou le mot de passe est incorrect.
signon-locked = Trop de mots de passe incorrects. Réessayez dans { $minutes ->
    [one] une minute
   *[other] { $minutes } minutes
 }, ou choisissez un nouveau mot de passe avec « Mot de passe oublié ? ».
signon-not-usable = Ce compte est désactivé ou verrouillé. Adressez-vous au responsable de ce service.
signon-back = Retour à la connexion

## Connexion par un fournisseur d’identité

external-or = Ou
external-ways = Autres moyens de se connecter
external-with = Continuer avec { $provider }
external-title = Se connecter ailleurs
external-lead = Connectez-vous avec { $provider } pour continuer vers { $application }.
external-other-way = Se connecter autrement
external-cancelled = La connexion a été interrompue ailleurs. Vous pouvez réessayer.
external-failed = La connexion ailleurs n’a pas abouti. Vous pouvez réessayer.
external-not-usable = Ce compte ne peut pas être utilisé de cette façon. Adressez-vous au responsable de ce service.
external-of-another-account = L’identité avec laquelle vous vous êtes connecté appartient ici à un autre compte. Utilisez celle qui appartient à ce compte.
link-title = Reliez votre compte
link-lead = Vous vous êtes connecté avec { $provider }, ici pour la première fois. Si vous avez un compte, connectez-vous encore une fois avec celui-ci pour relier les deux et continuer vers { $application }.
link-submit = Se connecter et relier
link-create = Créer un compte
confirm-title = Créer un compte
confirm-lead = Voici ce que { $provider } dit de vous. Corrigez ce qui est inexact pour continuer vers { $application }.

## Un mot de passe à changer

change-title-forced = Choisissez un nouveau mot de passe
change-lead-forced = Votre mot de passe est provisoire. Choisissez-en un pour continuer vers { $application }.
change-title-expired = Votre mot de passe a expiré
change-lead-expired = Choisissez un nouveau mot de passe pour continuer vers { $application }.
change-too-young = { $days ->
    [one] Votre mot de passe ne peut être changé qu’une fois par jour.
   *[other] Votre mot de passe ne peut être changé que { $days } jours après le dernier changement.
 }
change-locked = Trop de mots de passe incorrects. Réessayez dans { $minutes ->
    [one] une minute
   *[other] { $minutes } minutes
 }.

## Un mot de passe oublié

recover-lead = S’il existe un compte avec ce nom ou cette adresse et qu’il n’est pas désactivé, un code est en route vers son adresse e‑mail. Il est valable cinq minutes.
recover-sent-again = Si un tel compte existe, un autre code est en route. Ceux des cinq dernières minutes restent valables.

## Inscription

register-lead = Pour continuer vers { $application }.

## La preuve d’une adresse e‑mail

second-factor-title = Confirmez que c’est bien vous
second-factor-mailed = Nous avons envoyé un e‑mail à { $email }. Saisissez le mot de passe à usage unique qu’il contient.
second-factor-made = Saisissez le mot de passe à usage unique affiché par votre application d’authentification.
second-factor-choose = Choisissez comment le confirmer.
second-factor-otp = Mot de passe à usage unique
second-factor-hint = { $digits } chiffres.
second-factor-submit = Confirmer
second-factor-missing = Saisissez le mot de passe à usage unique.
second-factor-wrong = Le mot de passe à usage unique est incorrect, a déjà été utilisé ou n’est plus valable.
second-factor-too-many = Il y a eu trop de mots de passe à usage unique incorrects. Choisissez comment continuer, ou réessayez plus tard.
second-factor-too-many-mails = Cette adresse a reçu trop d’e‑mails. Réessayez plus tard, ou choisissez un autre moyen.
second-factor-locked = Aucun de vos appareils ne peut être utilisé maintenant. Réessayez plus tard.
second-factor-send-again = Envoyer un autre mot de passe à usage unique
second-factor-sent = Un autre e‑mail est en route. Un mot de passe à usage unique précédent n’est plus valable.
second-factor-use-application = Utiliser l’application d’authentification
second-factor-use-named = Utiliser { $name }
second-factor-use-email = Envoyer un e‑mail à { $email }

verify-lead = Nous avons envoyé un e‑mail à { $email }. Saisissez le code qu’il contient pour continuer vers { $application }. S’il n’en contient pas, il indique quoi faire.
verify-code-missing = Saisissez le code reçu par e‑mail.
verify-code-wrong = Le code est incorrect, ou un plus récent a été envoyé.
verify-send-again = Envoyer un autre code
verify-sent-again = Un autre e‑mail est en route, sauf si cette adresse en a déjà reçu trop. Un code antérieur n’est peut-être plus valable.

## Un consentement

agreement-title = Il n’y a plus rien à accepter
agreement-lead = Pour continuer vers { $application }, lisez ceci et dites si vous êtes d’accord.
agreement-agree = J’ai lu ceci et je suis d’accord.
agreement-agree-missing = Cochez la case si vous êtes d’accord.
agreement-submit = Continuer
agreement-decline = Je ne suis pas d’accord
agreement-another-text = Le texte a changé entre-temps. Relisez-le.

## Ce qui manque au profil

profile-title = Complétez votre profil
profile-lead = Pour continuer vers { $application }, dites-nous-en plus sur vous.
profile-submit = Continuer
profile-choose = Choisir
profile-missing = { $label } : nécessaire pour continuer.
profile-wrong = { $label } : cette valeur n’est pas acceptée (must { $must }).
profile-taken = Quelqu’un d’autre a cette valeur.
profile-attribute-accountId = Compte
profile-attribute-address-countryCode = Pays (deux lettres)
profile-attribute-address-locality = Ville
profile-attribute-address-postalCode = Code postal
profile-attribute-address-region = Région
profile-attribute-address-streetAddress = Rue et numéro
profile-attribute-externalId = Identifiant externe
profile-attribute-locale = Paramètres régionaux
profile-attribute-mobilePhone = Téléphone mobile
profile-attribute-name-family = Nom de famille
profile-attribute-name-formatted = Nom complet
profile-attribute-name-given = Prénom
profile-attribute-name-honorificPrefix = Civilité
profile-attribute-name-honorificSuffix = Suffixe du nom
profile-attribute-name-middle = Deuxième prénom
profile-attribute-nickname = Surnom
profile-attribute-photo-href = Adresse d’une photo
profile-attribute-preferredLanguage = Langue préférée
profile-attribute-primaryPhone = Téléphone
profile-attribute-timezone = Fuseau horaire
profile-attribute-title = Fonction
profile-attribute-type = Type

## Déconnexion

signoff-title = Déconnexion
signoff-lead = Voulez-vous vous déconnecter de { $brand } ? Cela met fin à votre session dans toutes les applications de ce navigateur.
signoff-submit = Se déconnecter
signed-off-title = Déconnecté
signed-off-sentence = Vous êtes déconnecté. Vous pouvez fermer cette fenêtre.

## Pages d’erreur : chaque cas a une phrase fixe

page-error-application-disabled = L’application qui vous a envoyé ici est désactivée.
page-error-application-unknown = L’application qui vous a envoyé ici n’est pas connue.
page-error-cross-site = Le formulaire a été envoyé depuis un autre site. Rouvrez la page et recommencez.
page-error-environment-unknown = Il n’y a pas d’environnement à cette adresse.
page-error-factor-not-provided = Cette application exige une preuve supplémentaire de votre identité, qui ne peut pas être fournie ici. Adressez-vous au responsable de l’application.
page-error-flow-gone = Cette connexion a expiré ou est déjà terminée. Retournez à l’application et recommencez.
page-error-invalid-hint = L’indication de jeton d’identité de cette demande n’est pas valable.
page-error-invalid-parameters = Les paramètres de cette demande sont illisibles : l’un d’eux est répété ou n’est pas du texte.
page-error-not-provided = PingOne propose à cette adresse quelque chose que cet environnement ne propose pas. Retournez à l’application et prévenez son responsable.
page-error-post-logout-redirect-uri = L’adresse où aller après la déconnexion n’est pas enregistrée pour l’application.
page-error-redirect-uri = L’adresse de redirection n’est pas enregistrée pour l’application.
page-error-redirect-uri-missing = L’adresse de redirection de cette demande manque.
page-error-wrong-browser = Cette connexion appartient à un autre navigateur. Retournez à l’application et recommencez.
page-way-on = Continuer vers { $application }
page-error-uri-title = Cette adresse n’est pas enregistrée
page-error-uri-application = Application
page-error-uri-sent = Envoyée
page-error-uri-registered = Enregistrée
page-error-uri-differs = diffère à partir du caractère { $position }
page-error-uri-none = L’application n’a aucune adresse enregistrée.
page-error-uri-hint = Enregistrez exactement l’adresse que l’application envoie, ou envoyez exactement une adresse enregistrée. Affiché uniquement en mode développement.

## La boîte aux lettres

mailbox-title = Boîte aux lettres
mailbox-lead = Tous les e‑mails écrits ici, le plus récent en premier. Affiché uniquement en mode développement ; rien n’a été envoyé.
mailbox-empty = Pas encore d’e‑mail. Récupérez un mot de passe ou inscrivez-vous, et le code apparaît ici.
mailbox-to = À
mailbox-subject = Objet
mailbox-written = Écrit
mailbox-back = Tous les e‑mails
mailbox-html = Tel que le destinataire le voit
mailbox-text = En texte brut

## La page d’accueil

start-title = La connexion commence dans votre application
start-lead = C’est ici que l’on se connecte aux applications de { $brand }. Ouvrez l’application que vous voulez utiliser : elle vous amène ici, puis vous ramène.
start-forgotten = Vous avez oublié votre mot de passe ?
start-forgotten-text = Commencez à vous connecter dans l’application, puis choisissez « Mot de passe oublié ? » sur la page qui suit.
start-account = Vous n’avez pas encore de compte ?
start-account-text = Lorsqu’une application permet de s’inscrire, sa page de connexion l’indique.
start-mailbox = Ouvrir la boîte aux lettres
start-mailbox-text = Pendant le développement, les e‑mails contenant des codes y arrivent.
start-discovery = Pour les développeurs
start-discovery-text = Chaque environnement a son document de découverte sous /environmentId/as/.well-known/openid-configuration, et l’API de gestion se trouve sous /v1/.
