//! How one body or one answer looks, for the document of the API.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// How a body or an answer looks.
///
/// A release carries the finished document and nothing to make it of: there it is empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape(Option<fn(&mut SchemaGenerator) -> Schema>);

impl Shape {
    /// That of a type.
    pub(crate) fn of<T: JsonSchema>() -> Self {
        let describe: fn(&mut SchemaGenerator) -> Schema = SchemaGenerator::subschema_for::<T>;
        Self(cfg!(debug_assertions).then_some(describe))
    }

    /// The schema, which refers to those that the generator collects.
    pub(crate) fn schema(self, generator: &mut SchemaGenerator) -> Schema {
        self.0.map_or_else(Schema::default, |make| make(generator))
    }
}
