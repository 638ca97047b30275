# Correos a los usuarios. $name es el nombre de usuario, $brand el nombre que llevan las páginas.

mail-greeting = Hola, { $name }:

mail-recovery-subject = Su código de recuperación
mail-recovery-heading = Elija una nueva contraseña
mail-recovery-text = Alguien, probablemente usted, ha pedido una nueva contraseña para la cuenta { $name } de { $brand }, o ha querido registrarse con esta dirección, que ya tiene esa cuenta. Introduzca este código para elegir una nueva contraseña:
mail-recovery-lifetime = El código es válido durante { $minutes } minutos y para un solo uso.
mail-recovery-unasked = Si no lo ha pedido, no tiene que hacer nada: su contraseña queda como está. No dé el código a nadie.

mail-verification-subject = Su código de verificación
mail-verification-heading = Confirme su correo electrónico
mail-verification-text = Introduzca este código para confirmar su correo electrónico para la cuenta { $name } de { $brand }:
mail-verification-lifetime = El código es válido durante { $hours } horas y para un solo uso. Un código más reciente lo sustituye.
mail-verification-unasked = Si no se ha registrado, no tiene que hacer nada. No dé el código a nadie.

mail-device-subject = Su contraseña de un solo uso
mail-device-heading = Confirme este dispositivo
mail-device-text = Introduzca esta contraseña de un solo uso para confirmar que esta dirección pertenece a la cuenta { $name } de { $brand }:
mail-device-lifetime = La contraseña de un solo uso es válida durante { $minutes } minutos y para un solo uso. Una más reciente la sustituye.
mail-device-unasked = Si no la ha pedido, no tiene que hacer nada. No dé la contraseña de un solo uso a nadie.

mail-second-factor-subject = Su contraseña de un solo uso
mail-second-factor-heading = Confirme que es usted
mail-second-factor-text = Introduzca esta contraseña de un solo uso para iniciar sesión con la cuenta { $name } de { $brand }:
mail-second-factor-lifetime = La contraseña de un solo uso es válida durante { $minutes } minutos y para un solo uso. Una más reciente la sustituye.
mail-second-factor-unasked = Si no está iniciando sesión, puede que otra persona conozca su contraseña: cámbiela. No dé la contraseña de un solo uso a nadie.

mail-already-registered-subject = Ya tiene una cuenta
mail-already-registered-heading = Ya tiene una cuenta
mail-already-registered-text = Alguien, probablemente usted, ha querido crear una cuenta para { $brand } con este correo electrónico. Ya existe una, y su nombre de usuario es { $name }. Inicie sesión con ella. Si ya no sabe la contraseña, elija «¿Ha olvidado su contraseña?» e introduzca esta dirección.
mail-already-registered-unasked = Si no ha sido usted, no tiene que hacer nada: no se ha creado ninguna cuenta y la suya queda como está.

mail-password-changed-subject = Se ha cambiado su contraseña
mail-password-changed-heading = Se ha cambiado su contraseña
mail-password-changed-text = Alguien que conocía la contraseña anterior acaba de cambiar la de la cuenta { $name } de { $brand }.
mail-password-changed-unasked = Si no ha sido usted, elija ahora «¿Ha olvidado su contraseña?» en la página de inicio de sesión: así la cuenta volverá a ser suya.

mail-password-recovered-subject = Se ha cambiado su contraseña
mail-password-recovered-heading = Se ha cambiado su contraseña
mail-password-recovered-text = La contraseña de la cuenta { $name } de { $brand } se acaba de cambiar con un código que se envió a esta dirección.
mail-password-recovered-unasked = Si no ha sido usted, otra persona lee su correo: proteja primero su buzón y después elija «¿Ha olvidado su contraseña?» en la página de inicio de sesión.

mail-password-set-subject = Se ha establecido una nueva contraseña
mail-password-set-heading = Se ha establecido una nueva contraseña
mail-password-set-text = Un administrador de { $brand } acaba de establecer una nueva contraseña para la cuenta { $name }.
mail-password-set-unasked = Si no lo esperaba, pregunte al administrador o elija «¿Ha olvidado su contraseña?» en la página de inicio de sesión.

mail-password-removed-subject = Se ha eliminado su contraseña
mail-password-removed-heading = Se ha eliminado su contraseña
mail-password-removed-text = Un administrador de { $brand } acaba de eliminar la contraseña de la cuenta { $name }.
mail-password-removed-unasked = Si no lo esperaba, pregunte al administrador. «¿Ha olvidado su contraseña?» en la página de inicio de sesión le da una nueva.

mail-address-changed-subject = Se ha cambiado su correo electrónico
mail-address-changed-heading = Se ha cambiado su correo electrónico
mail-address-changed-text = La cuenta { $name } de { $brand } tiene ahora otro correo electrónico. Ya no se enviarán mensajes sobre ella a esta dirección.
mail-address-changed-unasked = Si no lo esperaba, avise de inmediato al administrador de { $brand }.
mail-address-changed-by-owner-subject = { mail-address-changed-subject }
mail-address-changed-by-owner-heading = { mail-address-changed-heading }
mail-address-changed-by-owner-text = { mail-address-changed-text }
mail-address-changed-by-owner-unasked = Si no lo esperaba, elija «¿Ha olvidado su contraseña?» donde inicia sesión en { $brand } y escriba esta dirección. El código que llegue aquí le devuelve la cuenta, hasta una semana después de que se confirme la nueva dirección.

mail-device-added-subject = Se ha añadido un dispositivo a su cuenta
mail-device-added-heading = Se ha añadido un dispositivo a su cuenta
mail-device-added-text = Se acaba de añadir a la cuenta { $name } de { $brand } un dispositivo que confirma que es usted.
mail-device-added-unasked = Si no ha sido usted, otra persona está en su cuenta: elija ahora «¿Ha olvidado su contraseña?» en la página de inicio de sesión y pida después al administrador que elimine el dispositivo.

mail-device-removed-subject = Se ha eliminado un dispositivo de su cuenta
mail-device-removed-heading = Se ha eliminado un dispositivo de su cuenta
mail-device-removed-text = Se acaba de eliminar de la cuenta { $name } de { $brand } un dispositivo que confirmaba que es usted.
mail-device-removed-unasked = Si no ha sido usted, avise enseguida al administrador de { $brand } y cambie su contraseña.

mail-device-locked-subject = Alguien intenta adivinar sus contraseñas de un solo uso
mail-device-locked-heading = Alguien intenta adivinar sus contraseñas de un solo uso
mail-device-locked-text = Alguien que conoce la contraseña de la cuenta { $name } de { $brand } ha introducido tantas contraseñas de un solo uso incorrectas que su dispositivo se ha bloqueado varias veces seguidas.
mail-device-locked-unasked = Si no ha sido usted, cambie ahora su contraseña: otra persona la conoce.
