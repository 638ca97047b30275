//! A row as the database gave it, read column by column into Rust types.

use std::{error::Error, sync::Arc};

use crate::{
    error::{Kind, StoreError},
    value::{FromValue, Value},
};

/// One row of an answer. The names of its columns are shared with its neighbours.
#[derive(Clone, Debug)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// Reads a column as `T`; `Option<T>` where it may be null.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no such column, or it holds something else. That is a defect of
    /// ours or a damaged database, so it names the column.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T, StoreError> {
        let value = self.value(column)?;
        T::from_value(value).map_err(|expected| {
            StoreError::inconsistent(format!(
                "column `{column}` should be {expected} and is {}",
                value.kind()
            ))
        })
    }

    /// Reads a text column through the parser of a domain type.
    ///
    /// # Errors
    ///
    /// [`StoreError`] naming the column, with the parser's complaint as its source.
    pub fn parse<T, E>(
        &self,
        column: &str,
        parser: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, StoreError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        match self.parse_optional(column, parser)? {
            Some(parsed) => Ok(parsed),
            None => Err(StoreError::inconsistent(format!(
                "column `{column}` is null"
            ))),
        }
    }

    /// Reads a text column that may be null through the parser of a domain type.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), except that null is `None`.
    pub fn parse_optional<T, E>(
        &self,
        column: &str,
        parser: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => parser(text).map(Some).map_err(|cause| {
                let what = format!("column `{column}` does not parse");
                StoreError::new(Kind::Inconsistent(what)).because(cause)
            }),
            other => {
                let found = other.kind();
                let what = format!("column `{column}` should be text and is {found}");
                Err(StoreError::inconsistent(what))
            }
        }
    }

    /// All values, in the order of the columns.
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    pub(crate) fn value(&self, column: &str) -> Result<&Value, StoreError> {
        let position = self.columns.iter().position(|name| name == column);
        position
            .and_then(|position| self.values.get(position))
            .ok_or_else(|| StoreError::inconsistent(format!("no column `{column}` in the answer")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let columns = ["name", "count", "nothing", "flag"].map(str::to_owned);
        let values = vec![
            "ada".into(),
            Value::Integer(7),
            Value::Null,
            Value::Integer(1),
        ];
        Row::new(columns.into(), values)
    }

    #[test]
    fn columns_are_found_by_name() {
        assert_eq!(row().get::<String>("name").unwrap(), "ada");
        assert_eq!(row().get::<Option<i64>>("count").unwrap(), Some(7));
        assert_eq!(row().get::<Option<String>>("nothing").unwrap(), None);
        assert!(row().get::<bool>("flag").unwrap());
    }

    #[test]
    fn a_wrong_kind_names_the_column_and_hides_the_value() {
        let error = row().get::<i64>("name").unwrap_err().to_string();

        assert!(
            error.contains("column `name` should be an integer and is text"),
            "{error}"
        );
        assert!(!error.contains("ada"), "{error}");
    }

    #[test]
    fn a_missing_column_is_an_error() {
        let error = row().get::<i64>("age").unwrap_err();

        assert!(error.to_string().contains("no column `age`"), "{error}");
    }

    #[test]
    fn a_parser_that_refuses_becomes_the_source() {
        let error = row()
            .parse("name", |_| Err::<(), _>("not a number"))
            .unwrap_err();

        assert!(
            error.to_string().contains("column `name` does not parse"),
            "{error}"
        );
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("not a number")
        );
        assert_eq!(
            row().parse_optional("nothing", str::parse::<u8>).unwrap(),
            None
        );
    }
}
