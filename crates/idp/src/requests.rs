//! How a request is received and a failure leaves: extractors, the request's origin, the failures
//! of each surface and the layer that renders them.

pub(crate) mod absent;
pub(crate) mod correlate;
pub(crate) mod extract;
pub(crate) mod failures;
pub(crate) mod never_stored;
pub(crate) mod origin;
pub(crate) mod speech;
