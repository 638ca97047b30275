### Las páginas de inicio de sesión.

## Inicio de sesión

signon-lead = Para continuar con { $application }.
signon-password = Contraseña
signon-next = Siguiente
signon-other-name = Usar otro nombre
signon-password-missing = Introduzca su contraseña.
signon-wrong = El nombre de usuario o la contraseña no son correctos.
signon-locked = Demasiadas contraseñas incorrectas. Inténtelo de nuevo dentro de { $minutes ->
    [one] un minuto
   *[other] { $minutes } minutos
 }, o elija una nueva contraseña con «¿Ha olvidado su contraseña?».
signon-not-usable = Esta cuenta está desactivada o bloqueada. Consulte a quien gestiona este servicio.
signon-back = Volver al inicio de sesión

## Inicio de sesión con un proveedor de identidad

external-or = O bien
external-ways = Otras formas de iniciar sesión
external-with = Continuar con { $provider }
external-title = Iniciar sesión en otro lugar
external-lead = Inicie sesión con { $provider } para continuar con { $application }.
external-other-way = Iniciar sesión de otra forma
external-cancelled = El inicio de sesión se ha interrumpido en el otro lugar. Puede intentarlo de nuevo.
external-failed = No se ha podido iniciar sesión en el otro lugar. Puede intentarlo de nuevo.
external-not-usable = Esta cuenta no se puede usar de esta forma. Consulte a quien gestiona este servicio.
external-of-another-account = La identidad con la que ha iniciado sesión pertenece aquí a otra cuenta. Use la que pertenece a esta cuenta.
link-title = Conecte su cuenta
link-lead = Ha iniciado sesión con { $provider } aquí por primera vez. Si tiene una cuenta, inicie sesión con ella una vez más para conectar ambas y continuar con { $application }.
link-submit = Iniciar sesión y conectar
link-create = Crear una cuenta
confirm-title = Crear una cuenta
confirm-lead = Esto es lo que { $provider } dice de usted. Corrija lo que no sea correcto para continuar con { $application }.

## Una contraseña que se debe cambiar

change-title-forced = Elija una nueva contraseña
change-lead-forced = Su contraseña es provisional. Elija una propia para continuar con { $application }.
change-title-expired = Su contraseña ha caducado
change-lead-expired = Elija una nueva contraseña para continuar con { $application }.
change-too-young = { $days ->
    [one] Su contraseña solo se puede cambiar una vez al día.
   *[other] Su contraseña solo se puede cambiar { $days } días después del último cambio.
 }
change-locked = Demasiadas contraseñas incorrectas. Inténtelo de nuevo dentro de { $minutes ->
    [one] un minuto
   *[other] { $minutes } minutos
 }.

## Una contraseña olvidada

recover-lead = Si existe una cuenta con este nombre o dirección y no está desactivada, un código está en camino a su correo electrónico. Es válido durante cinco minutos.
recover-sent-again = Si existe tal cuenta, otro código está en camino. Los de los últimos cinco minutos siguen siendo válidos.

## Registro

register-lead = Para continuar con { $application }.

## La comprobación de un correo electrónico

second-factor-title = Confirme que es usted
second-factor-mailed = Hemos enviado un correo a { $email }. Introduzca la contraseña de un solo uso que contiene.
second-factor-made = Introduzca la contraseña de un solo uso que muestra su aplicación de autenticación.
second-factor-choose = Elija cómo quiere confirmarlo.
second-factor-otp = Contraseña de un solo uso
second-factor-hint = { $digits } cifras.
second-factor-submit = Confirmar
second-factor-missing = Introduzca la contraseña de un solo uso.
second-factor-wrong = La contraseña de un solo uso es incorrecta, ya se ha usado o ya no es válida.
second-factor-too-many = Ha habido demasiadas contraseñas de un solo uso incorrectas. Elija cómo continuar o inténtelo más tarde.
second-factor-too-many-mails = Esta dirección ha recibido demasiados correos. Inténtelo más tarde o elija otro medio.
second-factor-locked = Ninguno de sus dispositivos se puede usar ahora. Inténtelo más tarde.
second-factor-send-again = Enviar otra contraseña de un solo uso
second-factor-sent = Otro correo está en camino. Una contraseña de un solo uso anterior ya no es válida.
second-factor-use-application = Usar la aplicación de autenticación
second-factor-use-named = Usar { $name }
second-factor-use-email = Enviar un correo a { $email }

verify-lead = Hemos enviado un correo a { $email }. Introduzca el código que contiene para continuar con { $application }. Si no contiene ninguno, indica qué hacer.
verify-code-missing = Introduzca el código del correo electrónico.
verify-code-wrong = El código es incorrecto, o se envió uno más reciente.
verify-send-again = Enviar otro código
verify-sent-again = Otro correo está en camino, salvo que esta dirección ya haya recibido demasiados. Puede que un código anterior ya no sea válido.

## Un consentimiento

agreement-title = No queda nada que aceptar
agreement-lead = Para continuar a { $application }, lea esto y diga si está de acuerdo.
agreement-agree = He leído esto y estoy de acuerdo.
agreement-agree-missing = Marque la casilla si está de acuerdo.
agreement-submit = Continuar
agreement-decline = No estoy de acuerdo
agreement-another-text = El texto ha cambiado entretanto. Léalo de nuevo.

## Lo que falta en el perfil

profile-title = Complete su perfil
profile-lead = Para continuar a { $application }, cuéntenos más sobre usted.
profile-submit = Continuar
profile-choose = Elegir
profile-missing = { $label }: hace falta para continuar.
profile-wrong = { $label }: no se acepta así (must { $must }).
profile-taken = Otra persona tiene este valor.
profile-attribute-accountId = Cuenta
profile-attribute-address-countryCode = País (dos letras)
profile-attribute-address-locality = Localidad
profile-attribute-address-postalCode = Código postal
profile-attribute-address-region = Región
profile-attribute-address-streetAddress = Calle y número
profile-attribute-externalId = Identificador externo
profile-attribute-locale = Configuración regional
profile-attribute-mobilePhone = Teléfono móvil
profile-attribute-name-family = Apellidos
profile-attribute-name-formatted = Nombre completo
profile-attribute-name-given = Nombre
profile-attribute-name-honorificPrefix = Tratamiento
profile-attribute-name-honorificSuffix = Sufijo del nombre
profile-attribute-name-middle = Segundo nombre
profile-attribute-nickname = Apodo
profile-attribute-photo-href = Dirección de una foto
profile-attribute-preferredLanguage = Idioma preferido
profile-attribute-primaryPhone = Teléfono
profile-attribute-timezone = Zona horaria
profile-attribute-title = Cargo
profile-attribute-type = Tipo

## Cierre de sesión

signoff-title = Cerrar sesión
signoff-lead = ¿Quiere cerrar la sesión en { $brand }? Se termina su sesión en todas las aplicaciones de este navegador.
signoff-submit = Cerrar sesión
signed-off-title = Sesión cerrada
signed-off-sentence = Ha cerrado la sesión. Puede cerrar esta ventana.

## Páginas de error: cada caso tiene una frase fija

page-error-application-disabled = La aplicación que le ha enviado aquí está desactivada.
page-error-application-unknown = La aplicación que le ha enviado aquí no se conoce.
page-error-cross-site = El formulario se envió desde otro sitio. Abra la página de nuevo y repítalo.
page-error-environment-unknown = No hay ningún entorno en esta dirección.
page-error-factor-not-provided = Esta aplicación exige otra prueba de quién es usted, que aquí no se puede dar. Consulte a quien gestiona la aplicación.
page-error-flow-gone = Este inicio de sesión ha caducado o ya está completo. Vuelva a la aplicación y empiece de nuevo.
page-error-invalid-hint = La indicación de token de identidad de esta solicitud no es válida.
page-error-invalid-parameters = Los parámetros de esta solicitud no se pueden leer: uno está repetido o no es texto.
page-error-not-provided = PingOne ofrece en esta dirección algo que este entorno no ofrece. Vuelva a la aplicación e informe a quien la gestiona.
page-error-post-logout-redirect-uri = La dirección a la que ir tras cerrar sesión no está registrada para la aplicación.
page-error-redirect-uri = La dirección de redirección no está registrada para la aplicación.
page-error-redirect-uri-missing = Falta la dirección de redirección de esta solicitud.
page-error-wrong-browser = Este inicio de sesión pertenece a otro navegador. Vuelva a la aplicación y empiece de nuevo.
page-way-on = Continuar con { $application }
page-error-uri-title = Esta dirección no está registrada
page-error-uri-application = Aplicación
page-error-uri-sent = Enviada
page-error-uri-registered = Registrada
page-error-uri-differs = difiere a partir del carácter { $position }
page-error-uri-none = La aplicación no tiene ninguna dirección registrada.
page-error-uri-hint = Registre exactamente la dirección que envía la aplicación, o envíe exactamente una registrada. Se muestra solo en modo de desarrollo.

## El buzón

mailbox-title = Buzón
mailbox-lead = Todos los correos que se escribieron aquí, el más reciente primero. Se muestra solo en modo de desarrollo; no se envió nada.
mailbox-empty = Aún no hay correos. Recupere una contraseña o regístrese, y el código aparecerá aquí.
mailbox-to = Para
mailbox-subject = Asunto
mailbox-written = Escrito
mailbox-back = Todos los correos
mailbox-html = Como lo ve el destinatario
mailbox-text = Como texto sin formato

## La página de inicio

start-title = El inicio de sesión empieza en su aplicación
start-lead = Aquí se inicia sesión en las aplicaciones de { $brand }. Abra la aplicación que quiera usar: le traerá aquí y le llevará de vuelta.
start-forgotten = ¿Ha olvidado su contraseña?
start-forgotten-text = Empiece a iniciar sesión en la aplicación y elija «¿Ha olvidado su contraseña?» en la página siguiente.
start-account = ¿Aún no tiene una cuenta?
start-account-text = Si una aplicación permite registrarse, su página de inicio de sesión lo indica.
start-mailbox = Abrir el buzón
start-mailbox-text = Durante el desarrollo, allí llegan los correos con códigos.
start-discovery = Para desarrolladores
start-discovery-text = Cada entorno tiene su documento de descubrimiento en /environmentId/as/.well-known/openid-configuration, y la API de gestión está en /v1/.
