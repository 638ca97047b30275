//! The layers of a crate, as ARCHITECTURE.md draws them.

use super::graph::is_within;

/// The layers of one crate.
#[derive(Debug)]
pub(super) struct Plan {
    /// The names on each layer, the topmost first.
    layers: Vec<Vec<String>>,
}

/// Where a module stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place<'a> {
    /// The layer, counted from the top.
    pub(super) layer: usize,
    /// The name on the layer that the module is or is within.
    pub(super) name: &'a str,
}

impl Plan {
    /// Finds the fenced block below the heading `Layers of CRATE`; nothing when there is none.
    pub(super) fn find(document: &str, crate_: &str) -> Option<Self> {
        let title = format!("Layers of {crate_}");
        let mut lines = document.lines().skip_while(|line| {
            let heading = line.trim_start_matches('#');
            heading.len() == line.len() || heading.trim().replace('`', "") != title
        });
        lines.next()?;
        let block = lines
            .take_while(|line| !line.starts_with('#'))
            .skip_while(|line| !line.starts_with("```"))
            .skip(1)
            .take_while(|line| !line.starts_with("```"));
        // `/` says of a name that it is a folder, and divides what stands in one.
        let name = |name: &str| name.trim_end_matches('/').replace('/', "::");
        let layers: Vec<Vec<String>> = block
            .map(|line| line.split_whitespace().map(name).collect())
            .filter(|names: &Vec<String>| !names.is_empty())
            .collect();
        (!layers.is_empty()).then_some(Self { layers })
    }

    /// Where a module stands: the most exact name that it is within.
    pub(super) fn place(&self, module: &str) -> Option<Place<'_>> {
        self.places()
            .filter(|place| is_within(module, place.name))
            .max_by_key(|place| place.name.len())
    }

    /// Every name with its layer.
    pub(super) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let layers = self.layers.iter().enumerate();
        layers.flat_map(|(layer, names)| names.iter().map(move |name| Place { layer, name }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_of_the_crate_that_was_asked_for_is_read() {
        let document = "## Layers of a\n```\nno\n```\n### Layers of `b`\ntext\n```text\n\
                        pages/ front\n\nstores stores/filter\n```\n## more\n```\nno\n```";
        let plan = Plan::find(document, "b").expect("a plan");
        let place = |module| plan.place(module).map(|place| (place.layer, place.name));
        assert_eq!(place("pages::home"), Some((0, "pages")));
        assert_eq!(place("stores"), Some((1, "stores")));
        assert_eq!(place("stores::filter::sql"), Some((1, "stores::filter")));
        assert_eq!(place("no"), None);
        assert!(Plan::find(document, "c").is_none());
    }
}
