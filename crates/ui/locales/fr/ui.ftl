### Les textes communs à toutes les pages et à tous les e-mails.

## Le cadre d’une page

document-title = { $title } · { $brand }
document-title-invalid = Erreur : { $title } · { $brand }
skip-to-content = Aller au contenu
navigation = Navigation principale
signed-on-as = Connecté en tant que { $name }
sign-off = Se déconnecter
footer-environment = { $brand } · { $environment }
footer-brand = { $brand }
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

## Règles des mots de passe ; les identifiants sont ceux de la politique de mots de passe

rules-title = Votre mot de passe doit respecter
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
rule-excludesProfileData = Ni votre nom, ni votre adresse e-mail, ni d’autres données de votre profil
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

## E-mails

mail-footer = Ce message a été envoyé par { $brand } ({ $environment }). Personne ne vous demandera jamais un code ou un mot de passe par téléphone ou par e-mail.
