//! A list that PingOne gives page by page. Its cursor goes to the browser sealed, bound to the operator
//! and to what was looked for: it carries a filter, and whoever could change it could ask for anything.

use http::StatusCode;
use pingone::management::Cursor;

use crate::failure::Failure;
use crate::visit::{Operator, Visit};

/// What a list shows, as its address says it.
pub(crate) trait Listed {
    /// The name of the list.
    const LIST: &'static str;

    /// The sealed cursor of a page that is not the first.
    fn page(&self) -> Option<&str>;

    /// The address of the page with this sealed cursor, or of the first one.
    fn address_of(&self, page: Option<String>) -> String;
}

/// Where an operator stands in a list.
pub(crate) struct Paging<'a, L> {
    visit: &'a Visit,
    listed: &'a L,
    /// What cursors are sealed for.
    context: String,
}

/// The links to the pages before and after.
pub(crate) struct Pager {
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}

impl<'a, L: Listed> Paging<'a, L> {
    pub(crate) fn new(visit: &'a Visit, operator: &Operator, listed: &'a L) -> Self {
        let (list, subject) = (L::LIST, &operator.subject);
        let first = listed.address_of(None);
        Self {
            visit,
            listed,
            context: format!("portal.{list}.cursor:{subject}:{first}"),
        }
    }

    /// From where on the list is asked for; `None` for its beginning.
    pub(crate) fn from(&self) -> Result<Option<Cursor>, Failure> {
        self.listed.page().map(|page| self.open(page)).transpose()
    }

    fn open(&self, sealed: &str) -> Result<Cursor, Failure> {
        let opened = self.visit.portal().keyring().open(&self.context, sealed);
        opened
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| Cursor::parse(&text).ok())
            .ok_or_else(|| Failure::new(StatusCode::BAD_REQUEST).detail("failure-page-unknown"))
    }

    /// The links of a page behind which the list goes on at this cursor. Cursors lead forward only;
    /// back is the browser's work, and the beginning is here.
    pub(crate) fn pager(&self, next: Option<&Cursor>) -> Pager {
        let portal = self.visit.portal();
        let seal = |cursor: &Cursor| {
            let bytes = cursor.as_str().as_bytes();
            portal.keyring().seal(&self.context, bytes, portal.random())
        };
        let next = next.map(|cursor| self.listed.address_of(Some(seal(cursor))));
        let previous = self.listed.page().map(|_| self.listed.address_of(None));
        Pager { previous, next }
    }
}
