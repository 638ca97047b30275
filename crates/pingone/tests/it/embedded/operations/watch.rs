//! Which calls succeeded, as the client's spans tell it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// A call: path with ids left out, and the media type of the body.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Called {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) media_type: Option<String>,
}

/// All calls of this thread that succeeded since it began.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<BTreeSet<Called>>>);

impl Watch {
    /// Watches this thread until the guard is dropped.
    pub(super) fn begin(&self) -> DefaultGuard {
        let is_call = |metadata: &Metadata<'_>| metadata.name() == "pingone";
        let layer = self.clone().with_filter(filter_fn(is_call));
        tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
    }

    pub(super) fn calls(&self) -> Vec<Called> {
        self.0.lock().unwrap().iter().cloned().collect()
    }
}

/// What a span has told so far.
#[derive(Default)]
struct Told {
    call: Called,
    status: u64,
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "media_type" {
            self.call.media_type = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "method" => self.call.method = format!("{value:?}"),
            "path" => self.call.path = format!("{value:?}"),
            _ => {}
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Watch {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut told = Told::default();
        attributes.record(&mut told);
        context.span(id).unwrap().extensions_mut().insert(told);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        if let Some(told) = span.extensions_mut().get_mut::<Told>() {
            values.record(told);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let told = span.extensions_mut().remove::<Told>();
        if let Some(Told { call, status }) = told
            && (200..300).contains(&status)
        {
            self.0.lock().unwrap().insert(call);
        }
    }
}
