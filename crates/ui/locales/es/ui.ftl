### Los textos comunes a todas las páginas y correos.

## El marco de una página

document-title = { $title } · { $brand }
document-title-invalid = Error: { $title } · { $brand }
skip-to-content = Ir al contenido
navigation = Navegación principal
menu = Menú
menu-close = Cerrar
signed-on-as = Sesión iniciada como { $name }
sign-off = Cerrar sesión
footer-terms = Condiciones de uso
footer-privacy = Privacidad
footer-support = Ayuda
notice = Aviso

## Mensajes: la palabra que precede al texto, para quien no ve el color

flash-danger = Error:
flash-info = Aviso:
flash-success = Hecho:
flash-warning = Atención:

## Formularios

summary-title = { $count ->
    [one] Corrija un campo
   *[other] Corrija { $count } campos
 }
field-error = Error:
field-optional = opcional
password-show = Mostrar
password-hide = Ocultar
password-show-label = Mostrar: { $label }
password-hide-label = Ocultar: { $label }
form-post-title = Volviendo a la aplicación
form-post-lead = Si no ocurre nada, pulse el botón.
form-post-submit = Continuar
fragment-title = Completando el inicio de sesión
fragment-lead = Solo tarda un momento.
fragment-needs-script = Este tipo de inicio de sesión necesita JavaScript. Actívelo e inténtelo de nuevo, o pida a quien gestiona esta aplicación que use el código de autorización o form_post.

## Listas

pager = Páginas
pager-previous = Anterior
pager-next = Siguiente

## Inicio de sesión, registro y recuperación: lo que las páginas alojadas y el portal dicen igual

signon-title = Iniciar sesión
signon-submit = Iniciar sesión
signon-forgot = ¿Ha olvidado su contraseña?
signon-register = Crear una cuenta
signon-username = Nombre de usuario o correo electrónico
signon-username-missing = Introduzca su nombre de usuario o su correo electrónico.
register-title = Crear una cuenta
register-email = Correo electrónico
register-email-hint = Enviamos allí un correo que explica cómo continuar.
register-given-name = Nombre
register-family-name = Apellidos
register-name-invalid = Un nombre solo tiene letras, cifras, espacios, apóstrofos, puntos y guiones.
register-username = Nombre de usuario
register-username-hint = Déjelo vacío para iniciar sesión con su correo electrónico.
register-password = Contraseña
register-confirm = Repita la contraseña
register-submit = Crear una cuenta
register-have-account = ¿Ya tiene una cuenta?
register-username-missing = Elija un nombre de usuario.
register-username-invalid = Un nombre de usuario tiene de 1 a 128 caracteres.
register-username-foreign = Un correo electrónico solo puede ser nombre de usuario si es el suyo. Elija otro.
register-username-taken = Este nombre de usuario ya está en uso. Elija otro.
register-email-missing = Introduzca su correo electrónico.
register-email-invalid = Introduzca un correo electrónico como nombre@example.com.
register-email-no-username = Esta dirección de correo electrónico no puede ser aquí un nombre de usuario. Introduzca otra o elija un nombre de usuario.
register-email-unusable = Esta dirección de correo electrónico no se puede usar aquí. Introduzca otra.
register-password-missing = Elija una contraseña.
change-current = Contraseña actual
change-new = Nueva contraseña
change-confirm = Repita la nueva contraseña
change-submit = Cambiar la contraseña
change-current-missing = Introduzca su contraseña actual.
change-current-wrong = Esta no es su contraseña actual.
change-new-missing = Elija una nueva contraseña.
change-confirm-differs = Las dos contraseñas no coinciden.
forgot-title = ¿Ha olvidado su contraseña?
forgot-lead = Díganos quién es y le enviamos un código de recuperación por correo electrónico.
forgot-submit = Enviar el código
recover-title = Elija una nueva contraseña
recover-code = Código de recuperación
recover-code-hint = Ocho letras y cifras, del correo electrónico.
recover-submit = Establecer la nueva contraseña
recover-no-mail = ¿No hay correo? Mire también en la carpeta de spam o pida otro código.
recover-send-again = Enviar otro código
recover-code-missing = Introduzca el código del correo electrónico.
recover-code-wrong = El código es incorrecto o ha caducado.
recover-code-exhausted = Demasiados códigos incorrectos. Solicite uno nuevo.
verify-title = Confirme su correo electrónico
verify-code = Código de verificación
verify-code-hint = Ocho letras y cifras, del correo electrónico.
verify-submit = Confirmar

## Reglas de las contraseñas; los identificadores son los de la política de contraseñas

rules-title = Su contraseña necesita
rules-more = Más reglas
rules-status = { "{" }met{ "}" } de { $count } reglas cumplidas
rule-is-satisfied = Cumplida:
rule-is-unsatisfied = No cumplida:
rule-is-not-judged = Aún sin comprobar:
rule-length = Entre { $min } y { $max } caracteres
rule-minCharacters-upper = { $min ->
    [one] Al menos una letra mayúscula (A–Z)
   *[other] Al menos { $min } letras mayúsculas (A–Z)
 }
rule-minCharacters-lower = { $min ->
    [one] Al menos una letra minúscula (a–z)
   *[other] Al menos { $min } letras minúsculas (a–z)
 }
rule-minCharacters-digits = { $min ->
    [one] Al menos una cifra (0–9)
   *[other] Al menos { $min } cifras (0–9)
 }
rule-minCharacters-symbols = { $min ->
    [one] Al menos un carácter especial, como ! # % & ?
   *[other] Al menos { $min } caracteres especiales, como ! # % & ?
 }
rule-minCharacters-other = { $min ->
    [one] Al menos uno de estos caracteres: { $characters }
   *[other] Al menos { $min } de estos caracteres: { $characters }
 }
rule-minUniqueCharacters = { $min ->
    [one] Al menos un carácter
   *[other] Al menos { $min } caracteres distintos
 }
rule-maxRepeatedCharacters = { $max ->
    [one] Ningún carácter dos veces seguidas
   *[other] Ningún carácter más de { $max } veces seguidas
 }
rule-excludesCommonlyUsed = Que no sea una contraseña de uso común
rule-excludesProfileData = Ni su nombre, ni su dirección de correo electrónico, ni otros datos de su perfil
rule-notSimilarToCurrent = Que no se parezca a su contraseña actual
rule-minComplexity = { $days ->
    [one] Difícil de adivinar: probar todas las contraseñas de este tipo lleva al menos un día
   *[other] Difícil de adivinar: probar todas las contraseñas de este tipo lleva al menos { $days } días
 }
rule-history = { $count ->
    [one] Que no sea su última contraseña
   *[other] Que no sea ninguna de sus últimas { $count } contraseñas
 }
rule-alphabetSequenceRule = No más de { $max } letras en orden alfabético, como abcd
rule-numberSequenceRule = No más de { $max } cifras seguidas, como 1234
rule-qwertySequenceRule = No más de { $max } teclas vecinas, como qwer
rule-shiftedNumberRowSequenceRule = No más de { $max } signos vecinos de la fila de números, como !@#$

password-breaks-policy = Esta contraseña no cumple las reglas.
password-breaks-rules = Esta contraseña no cumple estas reglas: { $rules }.

## Cuándo se puede y se debe cambiar una contraseña

password-min-age = { $days ->
    [one] La contraseña se puede cambiar una vez al día.
   *[other] La contraseña se puede cambiar una vez cada { $days } días.
 }
password-max-age = { $days ->
    [one] La contraseña se debe cambiar cada día.
   *[other] La contraseña se debe cambiar cada { $days } días.
 }

## Páginas de error

error-status = Error { $status }
error-home = Ir a la página de inicio
error-id = Identificador del error
error-id-hint = Indique este identificador cuando pida ayuda.
error-explain = Explicar esta solicitud: qué se comprobó y qué falló
error-causes = Qué ha ocurrido, paso a paso
error-causes-hint = Se muestra solo en modo de desarrollo.
error-400-title = No se entiende esta solicitud
error-400-sentence = Falta algo en la solicitud o algo en ella es incorrecto.
error-401-title = Inicie sesión
error-401-sentence = Debe iniciar sesión para ver esta página.
error-403-title = Esto no está permitido
error-403-sentence = No tiene permiso para hacer esto.
error-404-title = Página no encontrada
error-404-sentence = No hay ninguna página en esta dirección.
error-405-title = Esto no es posible aquí
error-405-sentence = Esta dirección no acepta este tipo de solicitudes.
error-408-title = Ha tardado demasiado
error-408-sentence = Su solicitud no llegó a tiempo. Inténtelo de nuevo.
error-410-title = Esto ya no es válido
error-410-sentence = La página de la que viene ha caducado. Empiece de nuevo.
error-413-title = Es demasiado grande
error-413-sentence = La solicitud es mayor de lo que acepta esta página.
error-415-title = Este formato no se acepta
error-415-sentence = La solicitud tiene un formato que esta página no lee.
error-429-title = Demasiados intentos
error-429-sentence = Ha habido demasiados intentos en poco tiempo. Espere un momento e inténtelo de nuevo.
error-500-title = Algo ha salido mal
error-500-sentence = El fallo es nuestro y ha quedado registrado. Inténtelo de nuevo.
error-502-title = No hemos recibido una respuesta válida
error-502-sentence = El servicio de inicio de sesión ha dado una respuesta que no se puede usar. Inténtelo de nuevo.
error-503-title = No disponible en este momento
error-503-sentence = El servicio no puede responder ahora. Inténtelo de nuevo dentro de un momento.
error-504-title = No hemos recibido respuesta a tiempo
error-504-sentence = El servicio de inicio de sesión no respondió a tiempo. Inténtelo de nuevo.

## Correos

mail-footer = Este mensaje lo ha enviado { $brand }. Nadie le pedirá nunca un código o una contraseña por teléfono o por correo electrónico.
