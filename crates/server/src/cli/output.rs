//! How objects are shown: as a table to read, as JSON or as CSV to go on with.

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use super::terminal;

/// How objects are shown.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Output {
    /// As what to print it [default: a table of many, JSON of one].
    #[arg(long, value_name = "FORM")]
    output: Option<Form>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// Columns, for reading.
    Table,
    /// Everything, as the management API gives it.
    Json,
    /// The columns of the table, for spreadsheets.
    Csv,
}

/// The members that a table shows, by their paths, such as `population.id`.
pub(super) type Columns = &'static [&'static str];

impl Output {
    /// A table.
    pub(super) const TABLE: Self = Self {
        output: Some(Form::Table),
    };

    /// Prints many objects.
    pub(super) fn many(self, columns: Columns, objects: &[impl Serialize]) -> anyhow::Result<()> {
        let objects: Vec<Value> = objects
            .iter()
            .map(serde_json::to_value)
            .collect::<Result<_, _>>()?;
        let text = match self.output.unwrap_or(Form::Table) {
            Form::Table => table(columns, &objects),
            Form::Json => pretty(&objects)?,
            Form::Csv => csv(columns, &objects)?,
        };
        terminal::print(&text)
    }

    /// Prints one object.
    pub(super) fn one(self, columns: Columns, object: &impl Serialize) -> anyhow::Result<()> {
        match self.output {
            // By way of a value, so that members are in the order of their names.
            None | Some(Form::Json) => terminal::print(&pretty(&serde_json::to_value(object)?)?),
            Some(_) => self.many(columns, std::slice::from_ref(object)),
        }
    }
}

fn pretty(value: &impl Serialize) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

/// The member at a path.
pub(super) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(object, |value, name| value.get(name))
}

/// What a cell says.
fn cell(object: &Value, column: &str) -> String {
    match at(object, column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// Text of others, without what would move a terminal's cursor.
pub(super) fn harmless(text: &str) -> String {
    let replaced = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(replaced).collect()
}

fn table(columns: Columns, objects: &[Value]) -> String {
    let heading = columns.iter().map(|column| column.to_uppercase()).collect();
    let row = |object: &Value| {
        let cells = columns.iter().map(|column| harmless(&cell(object, column)));
        cells.collect()
    };
    let rows = objects.iter().map(row);
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
    let mut widths = vec![0; columns.len()];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn csv(columns: Columns, objects: &[Value]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for object in objects {
        writer.write_record(columns.iter().map(|column| cell(object, column)))?;
    }
    let bytes = writer.into_inner().context("writing CSV failed")?;
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: Columns = &["name", "population.id", "enabled"];

    #[test]
    fn a_table_is_aligned_and_moves_no_cursor() {
        let objects = [
            json!({"name": "Ada\u{1b}[2J", "population": {"id": "7"}, "enabled": true}),
            json!({"name": "Bo", "enabled": ["x", "y"]}),
        ];
        assert_eq!(
            table(COLUMNS, &objects),
            "NAME     POPULATION.ID  ENABLED\nAda\u{fffd}[2J  7              true\nBo                      x, y\n"
        );
    }

    #[test]
    fn csv_quotes_what_would_be_read_as_more_cells() {
        let objects = [json!({"name": "Lovelace, \"Ada\"", "enabled": false})];
        assert_eq!(
            csv(COLUMNS, &objects).unwrap(),
            "name,population.id,enabled\n\"Lovelace, \"\"Ada\"\"\",,false\n"
        );
    }
}
