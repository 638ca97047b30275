//! The published crates can grow: what an answer brings may have more members tomorrow, and codes
//! that nobody has heard of today.
//!
//! A struct that travels, or that the SDK hands out, is `#[non_exhaustive]` once it shows a member,
//! so that a new one breaks no caller. An enum that travels keeps a code that it does not know, in
//! a variant `Other` or as `Open<…>`; a closed one may stand in requests only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use quote::ToTokens as _;
use syn::{Attribute, Fields, Item, Visibility};

use crate::root;

/// The published crates, and whether all that a crate shows is handed out by it. Of the wire
/// vocabulary it is only what travels.
const CRATES: [(&str, bool); 4] = [
    ("crates/protocol", false),
    ("crates/pingone", true),
    ("crates/pingone-axum", true),
    ("crates/latchkey-testkit", true),
];

/// What only requests say: the service refuses a code that it does not know, so the list is closed.
const REQUESTS: [&str; 8] = [
    "CorsSettings",
    "GroupAccess",
    "NewApplication",
    "NewDevice",
    "NewLifecycle",
    "RoleAccess",
    "RoleScope",
    "UserPatch",
];

/// What callers write down member by member.
const WRITTEN_BY_CALLERS: [&str; 2] = ["Retries", "Versioned"];

/// Enums that need no variant for what is unknown, because nothing else can stand there.
const COMPLETE: [&str; 1] = [
    // A text or an array of texts (RFC 7519 §4.1.3).
    "Audience",
];

/// What is known of the public types of the crates.
#[derive(Default)]
struct Types {
    /// Structs by name: where each stands, and the types that its public members name.
    structs: BTreeMap<String, Vec<(String, BTreeSet<String>)>>,
    /// Enums that travel and refuse what they do not know.
    closed: BTreeSet<String>,
    /// Everything that is wrong.
    faults: Vec<String>,
    /// The exceptions that spared something.
    used: BTreeSet<&'static str>,
}

/// The exception of that name among some.
fn exception(among: &'static [&'static str], name: &str) -> Option<&'static str> {
    among.iter().copied().find(|known| *known == name)
}

impl Types {
    /// Reads all files of a folder.
    fn read(&mut self, folder: &Path, is_handed_out: bool) -> anyhow::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.read(&path, is_handed_out)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                let name = path.display().to_string();
                self.read_file(&name, &text, is_handed_out)
                    .with_context(|| format!("could not read {name}"))?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, file: &str, text: &str, is_handed_out: bool) -> anyhow::Result<()> {
        let items = syn::parse_file(text)?.items;
        let by_hand = implemented_by_hand(&items);
        let travels = |attributes: &[Attribute], name: &str| {
            by_hand.contains(name)
                || derives(attributes)
                    .any(|derived| ["Serialize", "Deserialize"].contains(&derived.as_str()))
        };
        for item in &items {
            match item {
                Item::Struct(item) if is_public(&item.vis) => {
                    let name = item.ident.to_string();
                    let is_concerned = is_handed_out || travels(&item.attrs, &name);
                    self.struct_item(file, &name, item, is_concerned);
                }
                Item::Enum(item) if is_public(&item.vis) => {
                    let name = item.ident.to_string();
                    let is_open = item.variants.iter().any(|variant| variant.ident == "Other");
                    if travels(&item.attrs, &name) && !is_open {
                        self.closed.insert(name);
                    } else if is_open && !is_non_exhaustive(&item.attrs) && name != "Open" {
                        let fault = "is open, and not #[non_exhaustive]";
                        self.faults.push(format!("{file}: {name} {fault}"));
                    }
                }
                Item::Macro(item) if item.mac.path.is_ident("codes") => {
                    self.closed.extend(name_of_codes(&item.mac.tokens));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn struct_item(&mut self, file: &str, name: &str, item: &syn::ItemStruct, is_concerned: bool) {
        let Fields::Named(fields) = &item.fields else {
            return;
        };
        let shown = fields.named.iter().filter(|field| is_public(&field.vis));
        let members: Vec<_> = shown.map(|field| types_of(&field.ty)).collect();
        if members.is_empty() || !is_concerned {
            return;
        }
        if let Some(name) = exception(&WRITTEN_BY_CALLERS, name) {
            self.used.insert(name);
            return;
        }
        if !is_non_exhaustive(&item.attrs) {
            let fault = "shows members, and is not #[non_exhaustive]";
            self.faults.push(format!("{file}: {name} {fault}"));
        }
        let members = members.into_iter().flatten().collect();
        let known = self.structs.entry(name.to_owned()).or_default();
        known.push((file.to_owned(), members));
    }

    /// Everything that is wrong, once all is read, and which exceptions spared something.
    fn faults(mut self) -> (Vec<String>, BTreeSet<&'static str>) {
        for (name, same) in &self.structs {
            for (file, members) in same {
                for code in members.intersection(&self.closed) {
                    let complete = exception(&COMPLETE, code);
                    if let Some(exception) = complete.or_else(|| exception(&REQUESTS, name)) {
                        self.used.insert(exception);
                        continue;
                    }
                    self.faults.push(format!(
                        "{file}: {name} has {code}, which refuses what is new"
                    ));
                }
            }
        }
        (self.faults, self.used)
    }
}

/// The types that stand for themselves in a member: those within `Open<…>` do not.
fn types_of(member: &syn::Type) -> BTreeSet<String> {
    let text = member.to_token_stream().to_string();
    let mut words = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty());
    let mut found = BTreeSet::new();
    while let Some(word) = words.next() {
        if word == "Open" {
            words.next();
        } else {
            found.insert(word.to_owned());
        }
    }
    found
}

/// The types for which a file implements a trait of serde itself.
fn implemented_by_hand(items: &[Item]) -> BTreeSet<String> {
    let implemented = items.iter().filter_map(|item| {
        let Item::Impl(item) = item else { return None };
        let (_, path, _) = item.trait_.as_ref()?;
        let last = path.segments.last()?.ident.to_string();
        let syn::Type::Path(of) = item.self_ty.as_ref() else {
            return None;
        };
        ["Serialize", "Deserialize"]
            .contains(&last.as_str())
            .then(|| of.path.segments.last().map(|last| last.ident.to_string()))?
    });
    implemented.collect()
}

/// The name of the enum that `codes!` makes: the first word behind the attributes.
fn name_of_codes(tokens: &proc_macro2::TokenStream) -> Option<String> {
    tokens.clone().into_iter().find_map(|token| match token {
        proc_macro2::TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    })
}

fn derives(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    let derived = attributes
        .iter()
        .filter(|one| one.path().is_ident("derive"));
    derived.flat_map(|one| {
        let tokens = one.meta.to_token_stream().to_string();
        let words = tokens.split(|c: char| !c.is_alphanumeric());
        words.map(str::to_owned).collect::<Vec<_>>()
    })
}

fn is_non_exhaustive(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|one| one.path().is_ident("non_exhaustive"))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

#[test]
fn answers_of_the_published_crates_can_grow() -> anyhow::Result<()> {
    let mut types = Types::default();
    for (name, is_handed_out) in CRATES {
        types.read(&root().join(name).join("src"), is_handed_out)?;
    }
    assert!(types.structs.len() > 50, "{:#?}", types.structs.keys());
    assert!(types.closed.contains("RoleScopeType"), "{:?}", types.closed);
    let (faults, used) = types.faults();
    assert!(faults.is_empty(), "{faults:#?}");
    let exceptions = REQUESTS.iter().chain(&WRITTEN_BY_CALLERS).chain(&COMPLETE);
    let idle: Vec<_> = exceptions.filter(|name| !used.contains(*name)).collect();
    assert!(idle.is_empty(), "these exceptions spare nothing: {idle:?}");
    Ok(())
}

#[test]
fn what_cannot_grow_is_found() -> anyhow::Result<()> {
    let mut types = Types::default();
    let text = "
        codes! { /// Documented.
            Closed { /// One.
                One = \"ONE\"; } }
        #[derive(Deserialize)]
        pub enum AlsoClosed { One }
        #[derive(Deserialize)]
        pub struct Exhaustive { pub member: String }
        #[derive(Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct Answer { pub one: Option<Closed>, pub two: Vec<Open<Closed>>, kept: AlsoClosed }
        #[non_exhaustive]
        pub struct ByHand { pub code: AlsoClosed }
        impl<'de> Deserialize<'de> for ByHand { }
        #[derive(Deserialize)]
        #[non_exhaustive]
        pub struct RoleScope { pub code: Closed }
        pub struct StaysAtHome { pub code: Closed }
        #[derive(Deserialize)]
        pub struct Hidden(String);
        #[derive(Deserialize)]
        struct Private { pub member: Closed }
    ";
    types.read_file("a.rs", text, false)?;
    assert_eq!(
        types.faults().0,
        [
            "a.rs: Exhaustive shows members, and is not #[non_exhaustive]",
            "a.rs: Answer has Closed, which refuses what is new",
            "a.rs: ByHand has AlsoClosed, which refuses what is new",
        ]
    );
    Ok(())
}
