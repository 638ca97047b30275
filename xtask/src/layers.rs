//! The layers of each crate: imports run down, and no files stand in a circle.
//!
//! What the layers are stands in ARCHITECTURE.md alone, in a block below `Layers of CRATE`: a line
//! for each layer, the topmost first. A crate without a block is looked through for circles.

mod graph;
mod plan;
mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::root;
use graph::{Graph, Import};
use plan::Plan;

const DOCUMENT: &str = "ARCHITECTURE.md";

/// Checks every crate of the workspace and prints what is wrong; whether nothing is.
pub(crate) fn check() -> anyhow::Result<bool> {
    let document = read(&root().join(DOCUMENT))?;
    let mut folders = vec![root().join("xtask")];
    for entry in fs::read_dir(root().join("crates")).context("could not list the crates")? {
        folders.push(entry?.path());
    }
    folders.retain(|folder| folder.join("src").is_dir());
    folders.sort();
    let (mut wrong, mut planned) = (Vec::new(), 0);
    for folder in &folders {
        let mut files = BTreeMap::new();
        collect(&folder.join("src"), "", &mut files)?;
        let graph = Graph::read(files.iter().map(|(name, text)| (&**name, &**text)));
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let plan = Plan::find(&document, &name);
        planned += usize::from(plan.is_some());
        let source = folder.strip_prefix(root()).unwrap_or(folder).join("src");
        for problem in problems(&graph, plan.as_ref(), &name) {
            wrong.push(problem.replace("src:", &format!("{}/", source.display())));
        }
    }
    for problem in &wrong {
        println!("{problem}\n");
    }
    let crates = folders.len();
    println!(
        "{crates} crates, {planned} with layers in {DOCUMENT}, {} faults",
        wrong.len()
    );
    Ok(wrong.is_empty())
}

/// What is wrong with a crate, in words; `src:` stands for its folder of sources.
fn problems(graph: &Graph, plan: Option<&Plan>, name: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(plan) = plan {
        problems.extend(misplaced(graph, plan, name));
        problems.extend(climbing(graph, plan));
        problems.extend(circles_of_names(graph, plan));
    }
    problems.extend(circles(graph));
    problems
}

/// Modules that stand on no layer, and names on a layer that are no modules.
fn misplaced(graph: &Graph, plan: &Plan, name: &str) -> Vec<String> {
    let rooms = graph.files.iter().filter(|(module, _)| !module.is_empty());
    let homeless = rooms
        .filter(|(module, _)| plan.place(module).is_none())
        .map(|(_, file)| {
            format!(
                "src:{file}:1 → stands on no layer\n  give it a place below \
                 \"Layers of {name}\" in {DOCUMENT}: above everything that it imports"
            )
        });
    let empty = plan
        .places()
        // The root may be written down; it stands on top in any case.
        .filter(|place| !["lib", "main"].contains(&place.name))
        .filter(|place| {
            !graph
                .files
                .keys()
                .any(|file| graph::is_within(file, place.name))
        })
        .map(|place| {
            format!(
                "{DOCUMENT}: `{}` is on a layer of {name} and is no module there\n  take it out, \
                 or write it as its file is called",
                place.name
            )
        });
    homeless.chain(empty).collect()
}

/// Imports of something on a higher layer.
///
/// The root of the crate stands above all layers: it says what the crate consists of.
fn climbing(graph: &Graph, plan: &Plan) -> Vec<String> {
    let mut problems = Vec::new();
    for import in &graph.imports {
        let Some(from) = plan.place(&import.from) else {
            continue;
        };
        let to = match plan.place(&import.to) {
            Some(to) if to.layer < from.layer => {
                format!("`{}` (layer {})", to.name, to.layer + 1)
            }
            None if import.to.is_empty() => "the root (above all layers)".to_owned(),
            _ => continue,
        };
        problems.push(format!(
            "{} climbs from `{}` (layer {} from the top) to {to}\n  move what both need down to \
             where `{}` may see it, or let the caller pass it in",
            arrow(graph, import),
            from.name,
            from.layer + 1,
            from.name,
        ));
    }
    problems
}

/// Names on one layer that import each other, each seen with everything in it.
fn circles_of_names(graph: &Graph, plan: &Plan) -> Vec<String> {
    let mut between = Vec::new();
    for import in &graph.imports {
        if let Some(from) = plan.place(&import.from)
            && let Some(to) = plan.place(&import.to)
            && from.layer == to.layer
            && from.name != to.name
        {
            between.push((from.name, to.name, import));
        }
    }
    let edges = between.iter().map(|(from, to, _)| (*from, *to));
    let mut problems = Vec::new();
    for names in circle_members(&edges.collect()) {
        let arrows: Vec<_> = between
            .iter()
            .filter(|(from, to, _)| names.contains(from) && names.contains(to))
            .map(|(_, _, import)| format!("  {}", arrow(graph, import)))
            .collect();
        let names: Vec<_> = names.into_iter().collect();
        problems.push(format!(
            "`{}` stand on one layer and import each other:\n{}\n  put one below the other, and \
             turn the arrows that climb then",
            names.join("`, `"),
            arrows.join("\n")
        ));
    }
    problems
}

/// Circles of files, each by one shortest round through it.
///
/// A file and those in its folder may know each other.
fn circles(graph: &Graph) -> Vec<String> {
    let imports: Vec<_> = graph.between_rooms().collect();
    let edges = imports
        .iter()
        .map(|import| (&*import.from, &*import.to))
        .collect();
    let mut problems = Vec::new();
    for members in circle_members(&edges) {
        let within: Vec<_> = imports
            .iter()
            .copied()
            .filter(|import| members.contains(&*import.from) && members.contains(&*import.to))
            .collect();
        let rounds = within.iter().filter_map(|import| round(import, &within));
        let Some(shortest) = rounds.min_by_key(Vec::len) else {
            continue;
        };
        let arrows: Vec<_> = shortest
            .into_iter()
            .map(|import| format!("  {}", arrow(graph, import)))
            .collect();
        problems.push(format!(
            "{} files stand in a circle; the shortest way round:\n{}\n  turn one of the arrows: \
             move what both need into a file of its own, or let the caller pass it in",
            members.len(),
            arrows.join("\n")
        ));
    }
    problems
}

/// The shortest way round that begins with an import.
fn round<'a>(first: &'a Import, imports: &[&'a Import]) -> Option<Vec<&'a Import>> {
    let mut came_by: BTreeMap<&str, &Import> = BTreeMap::new();
    let mut next = VecDeque::from([&*first.to]);
    while let Some(at) = next.pop_front() {
        if at == first.from {
            break;
        }
        for import in imports.iter().filter(|import| import.from == at) {
            if import.to != first.to && !came_by.contains_key(&*import.to) {
                came_by.insert(&import.to, import);
                next.push_back(&import.to);
            }
        }
    }
    let mut way = Vec::new();
    let mut at = &*first.from;
    while at != first.to {
        let import = came_by.get(at)?;
        way.push(*import);
        at = &import.from;
    }
    way.push(first);
    way.reverse();
    Some(way)
}

/// The sets of nodes that can all reach each other, without those of one node.
fn circle_members<'a>(edges: &BTreeSet<(&'a str, &'a str)>) -> Vec<BTreeSet<&'a str>> {
    let reach = |from: &'a str| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            for (_, to) in edges.range((at, "")..).take_while(|(node, _)| *node == at) {
                if seen.insert(*to) {
                    next.push(to);
                }
            }
        }
        seen
    };
    let nodes: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        nodes.into_iter().map(|node| (node, reach(node))).collect();
    let mut sets = BTreeSet::new();
    for (node, others) in &reached {
        let back = |other: &&&str| reached.get(*other).is_some_and(|back| back.contains(node));
        let circle: BTreeSet<&str> = others.iter().filter(back).copied().collect();
        if circle.len() > 1 {
            sets.insert(circle);
        }
    }
    sets.into_iter().collect()
}

fn arrow(graph: &Graph, import: &Import) -> String {
    let file = |module| graph.files.get(module).map_or("?", String::as_str);
    format!(
        "src:{}:{} → {}",
        file(&import.from),
        import.line,
        file(&import.to)
    )
}

/// The Rust files of a folder with their texts, by their names from it on.
fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder);
    for entry in entries.with_context(|| format!("could not list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else if name.ends_with(".rs") {
            files.insert(format!("{prefix}{name}"), read(&path)?);
        }
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "## Layers of house\n\n```\npages\naccounts grants\nstores\nground\n```\n";

    /// What is wrong with a crate of these files, by the first line of each fault.
    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let graph = Graph::read(files.iter().copied());
        let plan = Plan::find(PLAN, "house");
        let rooms = ["pages", "accounts", "grants", "stores", "ground"];
        // Names without a file are another fault than the ones that are looked for here.
        problems(&graph, plan.as_ref(), "house")
            .into_iter()
            .filter(|problem| {
                !rooms
                    .iter()
                    .any(|room| problem.starts_with(&format!("ARCHITECTURE.md: `{room}`")))
            })
            .map(|problem| problem.lines().next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn an_import_that_climbs_is_a_fault_and_one_that_descends_is_none() {
        assert_eq!(
            faults(&[
                ("pages.rs", "use crate::stores::Users;"),
                ("stores.rs", "\nuse crate::accounts;"),
                ("accounts.rs", "fn f() { crate::ground::now() }"),
                ("ground.rs", "fn now() {\n crate::grants::at() }"),
                ("grants.rs", ""),
            ]),
            [
                "src:ground.rs:2 → grants.rs climbs from `ground` (layer 4 from the top) to \
                 `grants` (layer 2)",
                "src:stores.rs:2 → accounts.rs climbs from `stores` (layer 3 from the top) to \
                 `accounts` (layer 2)",
            ]
        );
    }

    #[test]
    fn each_name_of_a_nested_group_is_seen() {
        assert_eq!(
            faults(&[
                ("lib.rs", ""),
                ("stores.rs", ""),
                (
                    "stores/users.rs",
                    "use crate::{ground, pages::{home::Home, front}};"
                ),
                ("ground.rs", ""),
                ("pages/home.rs", ""),
                ("pages/front.rs", ""),
            ]),
            [
                "src:stores/users.rs:1 → pages/home.rs climbs from `stores` (layer 3 from the top) \
                 to `pages` (layer 1)",
                "src:stores/users.rs:1 → pages/front.rs climbs from `stores` (layer 3 from the \
                 top) to `pages` (layer 1)",
            ]
        );
    }

    #[test]
    fn files_in_a_circle_are_a_fault_with_or_without_layers() {
        let files = [
            ("stores/a.rs", "use super::b::B;"),
            ("stores/b.rs", "use crate::stores::c::C;"),
            ("stores/c.rs", "\n\nuse crate::stores::{a::A};"),
        ];
        let graph = Graph::read(files);
        let [fault] = &*problems(&graph, None, "house") else {
            panic!("one fault");
        };
        assert!(fault.starts_with("3 files stand in a circle"), "{fault}");
        assert!(fault.contains("src:stores/c.rs:3 → stores/a.rs"), "{fault}");
        assert_eq!(faults(&files).len(), 1);
    }

    #[test]
    fn a_file_and_its_folder_may_know_each_other() {
        assert_eq!(
            faults(&[
                (
                    "stores.rs",
                    "use users::Users; use audit::Audit; struct Row;"
                ),
                ("stores/users.rs", "use super::Row;"),
                ("stores/audit.rs", "use super::{Row, users};"),
            ]),
            [""; 0]
        );
    }

    #[test]
    fn names_on_one_layer_may_not_import_each_other_in_a_circle() {
        let circle = [
            ("accounts.rs", "use crate::grants::codes;"),
            ("grants.rs", ""),
            ("grants/codes.rs", ""),
            ("grants/issue.rs", "use crate::accounts;"),
        ];
        assert_eq!(
            faults(&circle),
            ["`accounts`, `grants` stand on one layer and import each other:"]
        );
        assert_eq!(faults(&circle[..3]), [""; 0]);
    }

    #[test]
    fn what_is_passed_on_counts_where_it_is_defined() {
        assert_eq!(
            faults(&[
                ("lib.rs", "pub use pages::Page; pub struct State;"),
                ("pages.rs", "struct Page;"),
                ("stores.rs", "pub use users::Users;"),
                ("stores/users.rs", "fn f() { crate::Page::new() }"),
                (
                    "ground.rs",
                    "use crate::stores::{self as s}; fn f() { s::Users::find() }"
                ),
                ("accounts.rs", "use crate::State;"),
            ]),
            [
                "src:accounts.rs:1 → lib.rs climbs from `accounts` (layer 2 from the top) to the \
                 root (above all layers)",
                "src:ground.rs:1 → stores.rs climbs from `ground` (layer 4 from the top) to \
                 `stores` (layer 3)",
                "src:ground.rs:1 → stores/users.rs climbs from `ground` (layer 4 from the top) to \
                 `stores` (layer 3)",
                "src:stores/users.rs:1 → pages.rs climbs from `stores` (layer 3 from the top) to \
                 `pages` (layer 1)",
            ]
        );
    }

    #[test]
    fn comments_texts_and_tests_may_name_what_they_like() {
        assert_eq!(
            faults(&[
                (
                    "ground.rs",
                    "// use crate::pages;\n/* crate::pages::x */ const A: &str = \"crate::pages::y\";\n\
                     #[cfg(test)] mod tests { use crate::pages; }\n#[cfg(test)] mod fixtures;",
                ),
                ("ground/fixtures.rs", "use crate::pages::home;"),
                ("pages.rs", ""),
            ]),
            [""; 0]
        );
    }

    #[test]
    fn a_module_on_no_layer_and_a_name_without_a_module_are_faults() {
        let graph = Graph::read([("pages.rs", ""), ("attic/old.rs", "")]);
        let plan = Plan::find("# Layers of house\n```\npages\ncellar\n```", "house");
        let found = problems(&graph, plan.as_ref(), "house");
        let [homeless, empty] = &*found else {
            panic!("two faults: {found:?}");
        };
        assert!(
            homeless.starts_with("src:attic/old.rs:1 → stands on no layer"),
            "{homeless}"
        );
        assert!(
            empty.contains("`cellar` is on a layer of house and is no module"),
            "{empty}"
        );
    }
}
