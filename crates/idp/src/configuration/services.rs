//! The configuration of PingOne's services that are not provided: Authorize, Credentials, Protect and
//! Verify, and authenticators. It is kept, checked and returned, so that whoever manages it can rehearse that; nothing
//! acts on it, as each kind says.

pub(crate) mod authorize;
mod credentials;
mod fido;
mod protect;
mod verify;

use serde_json::Value;

use crate::api::checks;
use crate::api::hal::Shown;
use crate::api::media_router::Resource;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference, to_json};

/// No list of these documents has more items.
const MOST_ITEMS: usize = 200;

/// What distinguishes a kind from others that are kept.
trait Kept: Sized + Clone {
    /// Whether two with the same parent may have the same name.
    const IS_UNIQUE: bool = true;
    /// Whether one of them is the default.
    const DEFAULT: bool = false;

    /// What the audit log calls one.
    fn label(&self) -> &str;

    /// Whether it is the default.
    fn is_the_default(&self) -> bool {
        false
    }

    /// What it refers to.
    fn refers_to(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// Checks what the type alone does not say, and fills in what was left out.
    fn complete(
        &mut self,
        _replaced: Option<&Self>,
        _new_id: &mut NewId<'_>,
    ) -> Result<(), ApiFailure> {
        Ok(())
    }

    /// Adds what is shown and not kept.
    fn present(_object: &Object<Self>, shown: Shown) -> Shown {
        shown
    }
}

/// Makes ids of what is inside a document.
type NewId<'a> = dyn FnMut() -> uuid::Uuid + Send + 'a;

/// Declares that a type is a kind of configuration object which is kept: what the audit log calls it,
/// where it is, what it hangs off, who may read and change it, and what is not provided.
macro_rules! kept {
    (
        $type:ty, $event:literal at $path:literal, $item:literal in $key:literal, unique $unique:literal,
        $parent:ty, $read:ident, $manage:ident, $kept:expr $(, takes along $along:literal)?
    ) => {
        impl Document for $type {
            const EVENTS: Events = events!($event);
            const HAS_DEFAULT: bool = <Self as Kept>::DEFAULT;
            $(const TAKES_ALONG: &'static [&'static str] = &[$along];)?

            fn name(&self) -> &str {
                self.label()
            }

            fn unique(&self) -> Option<String> {
                <Self as Kept>::IS_UNIQUE.then(|| fold(self.label()))
            }

            fn is_default(&self) -> bool {
                self.is_the_default()
            }

            fn references(&self) -> Vec<Reference> {
                self.refers_to()
            }
        }

        impl Configuration for $type {
            const PATH: &'static str = $path;
            const ITEM: &'static str = $item;
            const KEY: &'static str = $key;
            const UNIQUE: &'static str = $unique;
            const FILTERS: &'static [&'static str] = &[$unique];
            const KEPT: Option<&'static str> = Some($kept);
            type Parent = $parent;
            type Read = may::$read;
            type Manage = may::$manage;

            async fn check(
                &mut self,
                managing: &Managing<Self>,
                replaced: Option<&Object<Self>>,
            ) -> Result<(), ApiFailure> {
                bounded(self)?;
                let mut parts = managing.new_parts();
                let mut new_id = || parts.next_id();
                self.complete(replaced.map(|object| &object.document), &mut new_id)
            }

            fn show(object: &Object<Self>, shown: Shown) -> Shown {
                <Self as Kept>::present(object, shown)
            }
        }
    };
}

use kept;

/// Refuses a document that is larger than anything that it could be for.
fn bounded<D: Document>(document: &D) -> Result<(), ApiFailure> {
    let document: Value = to_json(document)?;
    checks::bounded(&document, MOST_ITEMS)
}

/// The routes of all services.
pub(super) fn routes() -> Vec<Resource> {
    let services = [
        authorize::routes(),
        credentials::routes(),
        fido::routes(),
        protect::routes(),
        verify::routes(),
    ];
    services.into_iter().flatten().collect()
}
