//! The table that the measurements fill.

/// Figures with their limits.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    measured: String,
    limit: String,
    kept: Option<bool>,
}

impl Report {
    /// A figure that must not be larger than `limit`.
    pub(crate) fn at_most(&mut self, what: &str, measured: f64, limit: f64, unit: &str) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{measured:.1} {unit}"),
            limit: format!("at most {limit:.1} {unit}"),
            kept: Some(measured <= limit),
        });
    }

    /// A figure that must be at least `share` of its peer's.
    pub(crate) fn at_least_share(&mut self, what: &str, ours: f64, peer: f64, share: f64) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{:.0} % ({ours:.0} beside {peer:.0})", 100.0 * ours / peer),
            limit: format!("at least {:.0} %", 100.0 * share),
            kept: Some(ours >= share * peer),
        });
    }

    /// A figure that must be at most `factor` times its peer's.
    pub(crate) fn at_most_times(
        &mut self,
        what: &str,
        ours: f64,
        peer: f64,
        factor: f64,
        unit: &str,
    ) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{:.2} x ({ours:.1} beside {peer:.1} {unit})", ours / peer),
            limit: format!("at most {factor:.2} x"),
            kept: Some(ours <= factor * peer),
        });
    }

    /// A figure beside its peer's, without a limit.
    pub(crate) fn beside(&mut self, what: &str, ours: f64, peer: f64, unit: &str) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!(
                "{ours:.0} {unit}, {:.0} % of {peer:.0}",
                100.0 * ours / peer
            ),
            limit: String::new(),
            kept: None,
        });
    }

    /// Prints the table; whether every limit is kept.
    pub(crate) fn print(&self) -> bool {
        println!("\n{:<64} {:<34} {:<18}", "what", "measured", "limit");
        for Row {
            what,
            measured,
            limit,
            kept,
        } in &self.rows
        {
            let verdict = match kept {
                Some(true) => "kept",
                Some(false) => "MISSED",
                None => "",
            };
            println!("{what:<64} {measured:<34} {limit:<18} {verdict}");
        }
        self.rows.iter().all(|row| row.kept != Some(false))
    }
}
