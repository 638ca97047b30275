//! Which file of a crate uses which: paths are followed to the file that defines what they name.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{self, Path, Source};

/// A module by its path from the root of the crate, `a::b`; the root is empty.
pub(super) type Module = String;

/// The files of a crate and the imports between them, without those that only tests see.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Each module with its file.
    pub(super) files: BTreeMap<Module, String>,
    /// Each import once, at the first line that makes it.
    pub(super) imports: Vec<Import>,
}

/// One file uses another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Import {
    pub(super) from: Module,
    pub(super) to: Module,
    pub(super) line: usize,
}

impl Graph {
    /// Reads the files of a crate: names from its `src` folder on, with their texts.
    pub(super) fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut names = BTreeMap::new();
        let mut sources = BTreeMap::new();
        for (name, text) in files {
            // Where both stand, the program is another crate, which sees the library from outside.
            if name == "main.rs" && sources.contains_key("") {
                continue;
            }
            let module = module_of(name);
            names.insert(module.clone(), name.to_owned());
            sources.insert(module, source::read(text));
        }
        let crate_ = Crate { sources };
        let imports = crate_.imports();
        let for_tests = crate_.for_tests();
        names.retain(|module, _| !is_in(module, &for_tests));
        Self {
            files: names,
            imports: imports
                .into_iter()
                .filter(|import| !is_in(&import.from, &for_tests))
                .filter(|import| !is_in(&import.to, &for_tests))
                .collect(),
        }
    }

    /// The imports between files of which neither is within the other.
    pub(super) fn between_rooms(&self) -> impl Iterator<Item = &Import> {
        self.imports
            .iter()
            .filter(|import| !is_within(&import.from, &import.to))
            .filter(|import| !is_within(&import.to, &import.from))
    }
}

/// Whether a module is another one or within it.
pub(super) fn is_within(module: &str, other: &str) -> bool {
    other.is_empty()
        || module
            .strip_prefix(other)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_in(module: &str, folders: &[Module]) -> bool {
    folders.iter().any(|folder| is_within(module, folder))
}

/// `a/b.rs` is the module `a::b`.
fn module_of(file: &str) -> Module {
    let name = file.strip_suffix(".rs").unwrap_or(file);
    if name == "lib" || name == "main" {
        return Module::new();
    }
    name.strip_suffix("/mod").unwrap_or(name).replace('/', "::")
}

/// How many names may stand for each other in a row; a circle of them would not compile.
const CHAIN: usize = 16;

struct Crate {
    sources: BTreeMap<Module, Source>,
}

impl Crate {
    /// The modules that are declared for tests alone.
    fn for_tests(&self) -> Vec<Module> {
        self.sources
            .iter()
            .flat_map(|(module, source)| {
                let child = |name: &String| join(module, std::slice::from_ref(name));
                source.test_modules.iter().map(child)
            })
            .collect()
    }

    fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for (module, source) in &self.sources {
            let mut seen = BTreeSet::new();
            for path in &source.paths {
                let Some(words) = self.absolute(module, path, CHAIN) else {
                    continue;
                };
                let to = self.definer(words);
                if to != *module && seen.insert(to.clone()) {
                    imports.push(Import {
                        from: module.clone(),
                        to,
                        line: path.line,
                    });
                }
            }
        }
        imports
    }

    /// The words of a path from the root of the crate; nothing for one that leads out of it.
    ///
    /// `chain` is how many names may still stand for another one.
    fn absolute(&self, module: &str, path: &Path, chain: usize) -> Option<Vec<String>> {
        let mut around: Vec<String> = split(module).chain(path.inside.iter().cloned()).collect();
        let mut rest = path.words.as_slice();
        let mut is_told = false;
        while let [first, others @ ..] = rest {
            match first.as_str() {
                "crate" => around.clear(),
                "super" => drop(around.pop()),
                "self" => {}
                _ => break,
            }
            is_told = true;
            rest = others;
        }
        if !is_told {
            let first = rest.first()?;
            let is_child = self
                .sources
                .contains_key(&join(module, std::slice::from_ref(first)));
            // A `use` that makes a name known does not go by that name itself.
            let known = self.known_as(module, first).filter(|known| *known != path);
            match known {
                Some(known) if !is_child => {
                    around = self.absolute(module, known, chain.checked_sub(1)?)?;
                    rest = rest.get(1..)?;
                }
                _ if is_child => {}
                _ => return None,
            }
        }
        around.extend(rest.iter().cloned());
        Some(around)
    }

    /// The import of a file that makes a name known in it.
    fn known_as(&self, module: &str, name: &str) -> Option<&Path> {
        let source = self.sources.get(module)?;
        source.paths.iter().find(|path| {
            path.known_as.as_deref() == Some(name)
                && path.inside.is_empty()
                && path.words.first().is_some_and(|first| first != name)
        })
    }

    /// The file that defines what the words name, behind all modules that only pass it on.
    fn definer(&self, mut words: Vec<String>) -> Module {
        for _ in 0..CHAIN {
            let known = (0..=words.len()).rev().find_map(|length| {
                let module = words.get(..length)?.join("::");
                self.sources
                    .contains_key(&module)
                    .then_some((module, length))
            });
            let Some((module, length)) = known else {
                return Module::new();
            };
            let further = words.get(length).and_then(|name| {
                let path = self.known_as(&module, name)?;
                let mut further = self.absolute(&module, path, CHAIN)?;
                further.extend(words.get(length + 1..)?.iter().cloned());
                Some(further)
            });
            match further {
                Some(further) => words = further,
                None => return module,
            }
        }
        Module::new()
    }
}

fn split(module: &str) -> impl Iterator<Item = String> + '_ {
    module
        .split("::")
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
}

fn join(module: &str, more: &[String]) -> Module {
    split(module)
        .chain(more.iter().cloned())
        .collect::<Vec<_>>()
        .join("::")
}
