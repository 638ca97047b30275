# E‑mails aux utilisateurs. $name est le nom d’utilisateur, $brand le nom que portent les pages.

mail-greeting = Bonjour { $name },

mail-recovery-subject = Votre code de récupération
mail-recovery-heading = Choisissez un nouveau mot de passe
mail-recovery-text = Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour le compte { $name } de { $brand }, ou a voulu s’inscrire avec cette adresse, qui a déjà ce compte. Saisissez ce code pour choisir un nouveau mot de passe :
mail-recovery-lifetime = Le code est valable { $minutes } minutes et ne peut servir qu’une fois.
mail-recovery-unasked = Si vous ne l’avez pas demandé, vous n’avez rien à faire : votre mot de passe reste inchangé. Ne donnez ce code à personne.

mail-verification-subject = Votre code de vérification
mail-verification-heading = Confirmez votre adresse e‑mail
mail-verification-text = Saisissez ce code pour confirmer votre adresse e‑mail pour le compte { $name } de { $brand } :
mail-verification-lifetime = Le code est valable { $hours } heures et ne peut servir qu’une fois. Un code plus récent le remplace.
mail-verification-unasked = Si vous ne vous êtes pas inscrit, vous n’avez rien à faire. Ne donnez ce code à personne.

mail-device-subject = Votre mot de passe à usage unique
mail-device-heading = Confirmez cet appareil
mail-device-text = Saisissez ce mot de passe à usage unique pour confirmer que cette adresse appartient au compte { $name } de { $brand } :
mail-device-lifetime = Le mot de passe à usage unique est valable { $minutes } minutes et ne peut servir qu’une fois. Un plus récent le remplace.
mail-device-unasked = Si vous ne l’avez pas demandé, vous n’avez rien à faire. Ne donnez ce mot de passe à personne.

mail-second-factor-subject = Votre mot de passe à usage unique
mail-second-factor-heading = Confirmez que c’est bien vous
mail-second-factor-text = Saisissez ce mot de passe à usage unique pour vous connecter avec le compte { $name } de { $brand } :
mail-second-factor-lifetime = Le mot de passe à usage unique est valable { $minutes } minutes et ne peut servir qu’une fois. Un plus récent le remplace.
mail-second-factor-unasked = Si vous n’êtes pas en train de vous connecter, quelqu’un d’autre connaît peut-être votre mot de passe : changez-le. Ne donnez ce mot de passe à usage unique à personne.

mail-already-registered-subject = Vous avez déjà un compte
mail-already-registered-heading = Vous avez déjà un compte
mail-already-registered-text = Quelqu’un, sans doute vous, a voulu créer un compte pour { $brand } avec cette adresse e‑mail. Il en existe déjà un, dont le nom d’utilisateur est { $name }. Connectez-vous avec celui-ci. Si vous ne connaissez plus le mot de passe, choisissez « Mot de passe oublié ? » et saisissez cette adresse.
mail-already-registered-unasked = Si ce n’était pas vous, vous n’avez rien à faire : aucun compte n’a été créé et le vôtre reste inchangé.

mail-password-changed-subject = Votre mot de passe a été changé
mail-password-changed-heading = Votre mot de passe a été changé
mail-password-changed-text = Le mot de passe du compte { $name } de { $brand } vient d’être changé par quelqu’un qui connaissait le précédent.
mail-password-changed-unasked = Si ce n’était pas vous, choisissez dès maintenant « Mot de passe oublié ? » sur la page de connexion : le compte sera de nouveau le vôtre.

mail-password-recovered-subject = Votre mot de passe a été changé
mail-password-recovered-heading = Votre mot de passe a été changé
mail-password-recovered-text = Le mot de passe du compte { $name } de { $brand } vient d’être changé avec un code envoyé à cette adresse.
mail-password-recovered-unasked = Si ce n’était pas vous, quelqu’un d’autre lit vos e‑mails : sécurisez d’abord votre messagerie, puis choisissez « Mot de passe oublié ? » sur la page de connexion.

mail-password-set-subject = Un nouveau mot de passe a été défini
mail-password-set-heading = Un nouveau mot de passe a été défini
mail-password-set-text = Un administrateur de { $brand } vient de définir un nouveau mot de passe pour le compte { $name }.
mail-password-set-unasked = Si vous ne vous y attendiez pas, interrogez l’administrateur ou choisissez « Mot de passe oublié ? » sur la page de connexion.

mail-password-removed-subject = Votre mot de passe a été supprimé
mail-password-removed-heading = Votre mot de passe a été supprimé
mail-password-removed-text = Un administrateur de { $brand } vient de supprimer le mot de passe du compte { $name }.
mail-password-removed-unasked = Si vous ne vous y attendiez pas, interrogez l’administrateur. « Mot de passe oublié ? » sur la page de connexion vous en donne un nouveau.

mail-address-changed-subject = Votre adresse e‑mail a été changée
mail-address-changed-heading = Votre adresse e‑mail a été changée
mail-address-changed-text = Le compte { $name } de { $brand } a maintenant une autre adresse e‑mail. Plus aucun e‑mail à son sujet ne sera envoyé à celle-ci.
mail-address-changed-unasked = Si vous ne vous y attendiez pas, prévenez immédiatement l’administrateur de { $brand }.
mail-address-changed-by-owner-subject = { mail-address-changed-subject }
mail-address-changed-by-owner-heading = { mail-address-changed-heading }
mail-address-changed-by-owner-text = { mail-address-changed-text }
mail-address-changed-by-owner-unasked = Si vous ne vous y attendiez pas, choisissez « Mot de passe oublié ? » là où vous vous connectez à { $brand } et saisissez cette adresse. Le code qui arrive ici vous rend le compte, jusqu’à une semaine après la confirmation de la nouvelle adresse.

mail-device-added-subject = Un appareil a été ajouté à votre compte
mail-device-added-heading = Un appareil a été ajouté à votre compte
mail-device-added-text = Un appareil qui confirme que c’est bien vous vient d’être ajouté au compte { $name } de { $brand }.
mail-device-added-unasked = Si ce n’était pas vous, quelqu’un d’autre est dans votre compte : choisissez dès maintenant « Mot de passe oublié ? » sur la page de connexion, puis demandez à l’administrateur de supprimer l’appareil.

mail-device-removed-subject = Un appareil a été supprimé de votre compte
mail-device-removed-heading = Un appareil a été supprimé de votre compte
mail-device-removed-text = Un appareil qui confirmait que c’est bien vous vient d’être supprimé du compte { $name } de { $brand }.
mail-device-removed-unasked = Si ce n’était pas vous, prévenez tout de suite l’administrateur de { $brand } et changez votre mot de passe.

mail-device-locked-subject = Quelqu’un essaie de deviner vos mots de passe à usage unique
mail-device-locked-heading = Quelqu’un essaie de deviner vos mots de passe à usage unique
mail-device-locked-text = Quelqu’un qui connaît le mot de passe du compte { $name } de { $brand } a saisi tant de mots de passe à usage unique erronés que votre appareil a été verrouillé plusieurs fois de suite.
mail-device-locked-unasked = Si ce n’était pas vous, changez dès maintenant votre mot de passe : quelqu’un d’autre le connaît.
