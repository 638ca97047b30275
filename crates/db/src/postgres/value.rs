//! Values to and from PostgreSQL's types.

use std::{error::Error, sync::Arc};

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::{error::StoreError, row::Row, value::Value};

impl ToSql for Value {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, wanted) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Bool(boolean), &Type::BOOL) => boolean.to_sql(wanted, out),
            (Self::Integer(integer), &Type::INT8) => integer.to_sql(wanted, out),
            (Self::Integer(integer), &Type::INT4) => i32::try_from(*integer)?.to_sql(wanted, out),
            (Self::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::UNKNOWN) => {
                text.to_sql(wanted, out)
            }
            (value, wanted) => {
                Err(format!("{} was bound where {wanted} is wanted", value.kind()).into())
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

pub(super) fn rows(
    prepared: &tokio_postgres::Statement,
    rows: &[tokio_postgres::Row],
) -> Result<Vec<Row>, StoreError> {
    let columns: Arc<[String]> = prepared
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    let rows = rows.iter().map(|row| {
        let values = (0..row.len()).map(|position| value(row, position));
        Ok(Row::new(
            Arc::clone(&columns),
            values.collect::<Result<_, _>>()?,
        ))
    });
    rows.collect()
}

fn value(row: &tokio_postgres::Row, position: usize) -> Result<Value, StoreError> {
    let Some(column) = row.columns().get(position) else {
        return Err(StoreError::inconsistent(
            "a row with fewer columns than announced",
        ));
    };
    let value = match *column.type_() {
        Type::BOOL => row.try_get::<_, Option<bool>>(position).map(Value::from),
        Type::INT4 => row.try_get::<_, Option<i32>>(position).map(Value::from),
        Type::INT8 => row.try_get::<_, Option<i64>>(position).map(Value::from),
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN => {
            row.try_get::<_, Option<String>>(position).map(Value::from)
        }
        ref other => {
            return Err(StoreError::inconsistent(format!(
                "column `{}` has type {other}; cast it to BIGINT, TEXT or BOOLEAN",
                column.name()
            )));
        }
    };
    value.map_err(|error| {
        StoreError::inconsistent(format!("column `{}`", column.name())).because(error)
    })
}
