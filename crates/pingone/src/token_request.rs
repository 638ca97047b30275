//! Requests to a token endpoint and its neighbours: a form and the application's credentials.

use http::{HeaderValue, Method, header};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::transport::Call;
use crate::{Credentials, Error};

/// A form that an application posts in its own name.
///
/// It is sent again only when it surely was not carried out, since codes and refresh tokens work
/// once.
pub(crate) fn form_call(
    endpoint: &Url,
    credentials: &Credentials,
    fields: &[(&str, &str)],
) -> Result<Call, Error> {
    let mut call = Call::new(Method::POST, endpoint.clone());
    let mut form = Serializer::new(String::new());
    form.extend_pairs(fields);
    credentials.prove(&mut form, &mut call.headers)?;
    call.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    call.headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    call.body = form.finish().into();
    Ok(call)
}
