//! The table that the measurements fill: printed, and kept as `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::fs;

use anyhow::Context;

use crate::root;

/// Where the table is kept.
const FILE: &str = "docs/benchmarks.md";

/// What stands below this line in the file is written by hand and kept.
const BY_HAND: &str = "<!-- Below this line the text is written by hand and kept. -->";

/// Figures with their bars.
pub(crate) struct Report {
    rows: Vec<Row>,
    /// Parts of the names of the rows that are wanted; none where all are.
    wanted: Vec<String>,
}

struct Row {
    what: String,
    measured: String,
    beside: String,
    bar: String,
    kept: Option<bool>,
}

/// What the same machine needs, in the same run, for what cannot be left out.
pub(crate) struct Limit<'a> {
    pub(crate) what: &'a str,
    pub(crate) figure: f64,
}

impl Report {
    /// An empty table for the rows whose names contain one of `words`, or for all.
    pub(crate) fn of_rows(words: &[&str]) -> Self {
        Self {
            rows: Vec::new(),
            wanted: words.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    /// Whether a row is to be measured.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|word| row.contains(word.as_str()))
    }

    /// Whether the whole table is measured.
    pub(crate) fn wants_all(&self) -> bool {
        self.wanted.is_empty()
    }

    /// A figure that must not be larger than `bar`.
    pub(crate) fn at_most(&mut self, what: &str, measured: f64, bar: f64, unit: &str) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{measured:.1} {unit}"),
            beside: String::new(),
            bar: format!("≤ {bar:.0} {unit}"),
            kept: Some(measured <= bar),
        });
    }

    /// The same, with what it stands beside.
    pub(crate) fn at_most_beside(
        &mut self,
        what: &str,
        measured: f64,
        limit: &Limit<'_>,
        bar: f64,
        unit: &str,
    ) {
        self.at_most(what, measured, bar, unit);
        if let Some(row) = self.rows.last_mut() {
            row.beside = format!("{}: {:.1} {unit}", limit.what, limit.figure);
        }
    }

    /// A figure that must be at most `factor` times its limit.
    pub(crate) fn at_most_times(
        &mut self,
        what: &str,
        measured: f64,
        limit: &Limit<'_>,
        factor: f64,
        unit: &str,
    ) {
        let times = measured / limit.figure;
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{measured:.1} {unit}, {times:.2} ×"),
            beside: format!("{}: {:.1} {unit}", limit.what, limit.figure),
            bar: format!("≤ {factor:.2} ×"),
            kept: Some(times <= factor),
        });
    }

    /// A figure for which there is no bar.
    pub(crate) fn plain(&mut self, what: &str, measured: f64, unit: &str) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{measured:.1} {unit}"),
            beside: String::new(),
            bar: String::new(),
            kept: None,
        });
    }

    /// Prints the table; whether every bar is kept.
    pub(crate) fn print(&self) -> bool {
        println!(
            "\n{:<52} {:<22} {:<48} {:<10}",
            "work", "measured", "beside", "bar"
        );
        for row in &self.rows {
            let Row {
                what,
                measured,
                beside,
                bar,
                ..
            } = row;
            println!(
                "{what:<52} {measured:<22} {beside:<48} {bar:<10} {}",
                row.verdict()
            );
        }
        self.rows.iter().all(|row| row.kept != Some(false))
    }

    /// Writes the table with the machine that it was measured on.
    pub(crate) fn write(&self, machine: &str) -> anyhow::Result<()> {
        let mut text = format!(
            "# Benchmarks\n\n\
             Written by `cargo xtask bench`, which measures a release build.\n\
             CPU is what the kernel counted for the server's process, per request, over plain HTTP \
             on connections that stay open.\n\
             What a figure stands beside was measured in the same run: signature, verification and \
             password hash are bare calls of the cryptography; the constant answer is the smallest \
             program of the same framework.\n\n\
             Machine: {machine}.\n\n\
             | work | measured | beside | bar | |\n|---|---|---|---|---|\n"
        );
        for row in &self.rows {
            writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                row.what,
                row.measured,
                row.beside,
                row.bar,
                row.verdict()
            )?;
        }
        let before = fs::read_to_string(root().join(FILE)).unwrap_or_default();
        let by_hand = before.split_once(BY_HAND).map_or("\n", |(_, rest)| rest);
        write!(text, "\n{BY_HAND}{by_hand}")?;
        fs::write(root().join(FILE), text).with_context(|| format!("could not write {FILE}"))?;
        println!("\n{FILE}");
        Ok(())
    }
}

impl Row {
    fn verdict(&self) -> &'static str {
        match self.kept {
            Some(true) => "kept",
            Some(false) => "MISSED",
            None => "",
        }
    }
}
