### Les textes communs à toutes les pages et à tous les e‑mails.

## Le cadre d’une page

document-title = { $title } · { $brand }
document-title-invalid = Erreur : { $title } · { $brand }
skip-to-content = Aller au contenu
navigation = Navigation principale
menu = Menu
menu-close = Fermer
signed-on-as = Connecté en tant que { $name }
sign-off = Se déconnecter
footer-terms = Conditions d’utilisation
footer-privacy = Confidentialité
footer-support = Aide
notice = Remarque

## Messages : le mot qui précède le texte, pour qui ne voit pas la couleur

flash-danger = Erreur :
flash-info = Remarque :
flash-success = C’est fait :
flash-warning = Attention :

## Formulaires

summary-title = { $count ->
    [one] Veuillez corriger un champ
   *[other] Veuillez corriger { $count } champs
 }
field-error = Erreur :
field-optional = facultatif
password-show = Afficher
password-hide = Masquer
password-show-label = Afficher : { $label }
password-hide-label = Masquer : { $label }
form-post-title = Retour à l’application
form-post-lead = Si rien ne se passe, appuyez sur le bouton.
form-post-submit = Continuer
fragment-title = Fin de la connexion
fragment-lead = Cela ne prend qu’un instant.
fragment-needs-script = Ce type de connexion nécessite JavaScript. Activez-le et réessayez, ou demandez au responsable de cette application d’utiliser plutôt le code d’autorisation ou form_post.

## Listes

pager = Pages
pager-previous = Précédent
pager-next = Suivant

## Connexion, inscription et récupération : ce que les pages hébergées et le portail disent de la même façon

signon-title = Connexion
signon-submit = Se connecter
signon-forgot = Mot de passe oublié ?
signon-register = Créer un compte
signon-username = Nom d’utilisateur ou adresse e‑mail
signon-username-missing = Saisissez votre nom d’utilisateur ou votre adresse e‑mail.
register-title = Créer un compte
register-email = Adresse e‑mail
register-email-hint = Nous y envoyons un e‑mail qui explique la suite.
register-given-name = Prénom
register-family-name = Nom
register-name-invalid = Un nom ne contient que des lettres, des chiffres, des espaces, des apostrophes, des points et des traits d’union.
register-username = Nom d’utilisateur
register-username-hint = Laissez ce champ vide pour vous connecter avec votre adresse e‑mail.
register-password = Mot de passe
register-confirm = Confirmez le mot de passe
register-submit = Créer un compte
register-have-account = Vous avez déjà un compte ?
register-username-missing = Choisissez un nom d’utilisateur.
register-username-invalid = Un nom d’utilisateur comporte de 1 à 128 caractères.
register-username-foreign = Une adresse e‑mail ne peut servir de nom d’utilisateur que si c’est la vôtre. Choisissez-en un autre.
register-username-taken = Ce nom d’utilisateur est déjà pris. Choisissez-en un autre.
register-email-missing = Saisissez votre adresse e‑mail.
register-email-invalid = Saisissez une adresse e‑mail telle que nom@example.com.
register-email-no-username = Cette adresse e‑mail ne peut pas servir ici de nom d’utilisateur. Saisissez-en une autre ou choisissez un nom d’utilisateur.
register-email-unusable = Cette adresse e‑mail ne peut pas être utilisée ici. Saisissez-en une autre.
register-password-missing = Choisissez un mot de passe.
change-current = Mot de passe actuel
change-new = Nouveau mot de passe
change-confirm = Confirmez le nouveau mot de passe
change-submit = Changer le mot de passe
change-current-missing = Saisissez votre mot de passe actuel.
change-current-wrong = Ce n’est pas votre mot de passe actuel.
change-new-missing = Choisissez un nouveau mot de passe.
change-confirm-differs = Les deux mots de passe ne sont pas identiques.
forgot-title = Mot de passe oublié ?
forgot-lead = Dites-nous qui vous êtes, et nous vous envoyons un code de récupération par e‑mail.
forgot-submit = Envoyer le code
recover-title = Choisissez un nouveau mot de passe
recover-code = Code de récupération
recover-code-hint = Huit lettres et chiffres, dans l’e‑mail.
recover-submit = Définir le nouveau mot de passe
recover-no-mail = Pas d’e‑mail ? Regardez aussi dans les indésirables, ou demandez un autre code.
recover-send-again = Envoyer un autre code
recover-code-missing = Saisissez le code reçu par e‑mail.
recover-code-wrong = Le code est incorrect ou a expiré.
recover-code-exhausted = Trop de codes incorrects. Demandez-en un nouveau.
verify-title = Confirmez votre adresse e‑mail
verify-code = Code de vérification
verify-code-hint = Huit lettres et chiffres, dans l’e‑mail.
verify-submit = Confirmer

## Règles des mots de passe ; les identifiants sont ceux de la politique de mots de passe

rules-title = Votre mot de passe doit respecter
rules-more = Autres règles
rules-status = { "{" }met{ "}" } règles respectées sur { $count }
rule-is-satisfied = Respectée :
rule-is-unsatisfied = Non respectée :
rule-is-not-judged = Pas encore vérifiée :
rule-length = Entre { $min } et { $max } caractères
rule-minCharacters-upper = { $min ->
    [one] Au moins une majuscule (A–Z)
   *[other] Au moins { $min } majuscules (A–Z)
 }
rule-minCharacters-lower = { $min ->
    [one] Au moins une minuscule (a–z)
   *[other] Au moins { $min } minuscules (a–z)
 }
rule-minCharacters-digits = { $min ->
    [one] Au moins un chiffre (0–9)
   *[other] Au moins { $min } chiffres (0–9)
 }
rule-minCharacters-symbols = { $min ->
    [one] Au moins un caractère spécial, comme ! # % & ?
   *[other] Au moins { $min } caractères spéciaux, comme ! # % & ?
 }
rule-minCharacters-other = { $min ->
    [one] Au moins un de ces caractères : { $characters }
   *[other] Au moins { $min } de ces caractères : { $characters }
 }
rule-minUniqueCharacters = { $min ->
    [one] Au moins un caractère
   *[other] Au moins { $min } caractères différents
 }
rule-maxRepeatedCharacters = { $max ->
    [one] Aucun caractère deux fois de suite
   *[other] Aucun caractère plus de { $max } fois de suite
 }
rule-excludesCommonlyUsed = Pas un mot de passe courant
rule-excludesProfileData = Ni votre nom, ni votre adresse e‑mail, ni d’autres données de votre profil
rule-notSimilarToCurrent = Pas semblable à votre mot de passe actuel
rule-minComplexity = { $days ->
    [one] Difficile à deviner : il faut au moins un jour pour essayer tous les mots de passe de ce genre
   *[other] Difficile à deviner : il faut au moins { $days } jours pour essayer tous les mots de passe de ce genre
 }
rule-history = { $count ->
    [one] Pas votre dernier mot de passe
   *[other] Aucun de vos { $count } derniers mots de passe
 }
rule-alphabetSequenceRule = Pas plus de { $max } lettres dans l’ordre alphabétique, comme abcd
rule-numberSequenceRule = Pas plus de { $max } chiffres qui se suivent, comme 1234
rule-qwertySequenceRule = Pas plus de { $max } touches voisines, comme qwer
rule-shiftedNumberRowSequenceRule = Pas plus de { $max } signes voisins de la rangée des chiffres, comme !@#$

password-breaks-policy = Ce mot de passe ne respecte pas les règles.
password-breaks-rules = Ce mot de passe ne respecte pas ces règles : { $rules }.

## Quand un mot de passe peut et doit être changé

password-min-age = { $days ->
    [one] Le mot de passe peut être changé une fois par jour.
   *[other] Le mot de passe peut être changé une fois tous les { $days } jours.
 }
password-max-age = { $days ->
    [one] Le mot de passe doit être changé chaque jour.
   *[other] Le mot de passe doit être changé tous les { $days } jours.
 }

## Pages d’erreur

error-status = Erreur { $status }
error-home = Aller à la page d’accueil
error-id = Identifiant de l’erreur
error-id-hint = Indiquez cet identifiant lorsque vous demandez de l’aide.
error-explain = Expliquer cette requête : ce qui a été vérifié et ce qui a échoué
error-causes = Ce qui s’est passé, étape par étape
error-causes-hint = Affiché uniquement en mode développement.
error-400-title = Cette demande est incompréhensible
error-400-sentence = Il manque quelque chose dans la demande, ou quelque chose y est incorrect.
error-401-title = Veuillez vous connecter
error-401-sentence = Vous devez être connecté pour voir cette page.
error-403-title = Ce n’est pas autorisé
error-403-sentence = Vous n’avez pas l’autorisation de faire cela.
error-404-title = Page introuvable
error-404-sentence = Il n’y a pas de page à cette adresse.
error-405-title = Ce n’est pas possible ici
error-405-sentence = Cette adresse n’accepte pas ce type de demande.
error-408-title = Cela a pris trop de temps
error-408-sentence = Votre demande n’est pas arrivée à temps. Veuillez réessayer.
error-410-title = Ce n’est plus valable
error-410-sentence = La page d’où vous venez a expiré. Veuillez recommencer.
error-413-title = C’est trop volumineux
error-413-sentence = La demande est plus volumineuse que ce que cette page accepte.
error-415-title = Ce format n’est pas accepté
error-415-sentence = La demande est dans un format que cette page ne lit pas.
error-429-title = Trop de tentatives
error-429-sentence = Il y a eu trop de tentatives en peu de temps. Veuillez patienter un instant, puis réessayer.
error-500-title = Une erreur s’est produite
error-500-sentence = L’erreur vient de nous et a été enregistrée. Veuillez réessayer.
error-502-title = Nous n’avons pas reçu de réponse utilisable
error-502-sentence = Le service de connexion a donné une réponse inutilisable. Veuillez réessayer.
error-503-title = Indisponible pour le moment
error-503-sentence = Le service ne peut pas répondre actuellement. Veuillez réessayer dans un instant.
error-504-title = Nous n’avons pas reçu de réponse à temps
error-504-sentence = Le service de connexion n’a pas répondu à temps. Veuillez réessayer.

## E‑mails

mail-footer = Ce message a été envoyé par { $brand }. Personne ne vous demandera jamais un code ou un mot de passe par téléphone ou par e‑mail.
