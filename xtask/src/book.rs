//! The book: the chapters that `docs/SUMMARY.md` names, as mdBook shows them.
//!
//! Chapters stand where the repository shows them, and their links are the repository's. mdBook
//! reads one folder and serves nothing outside of it, so the chapters are laid out in a folder of
//! its own first, with what they link to beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::command::{self, Command};
use crate::root;

/// The list of chapters.
const SUMMARY: &str = "docs/SUMMARY.md";

/// Where the book is laid out for mdBook; `book.toml` says the same.
const SOURCE: &str = "target/book/source";

/// The version of mdBook that the workflow builds with.
const MDBOOK: &str = "0.5.4";

/// A document in Markdown.
pub(crate) struct Page {
    /// Below the repository's root.
    path: PathBuf,
    text: String,
    links: Vec<Link>,
    /// What a link may name behind `#`.
    anchors: BTreeSet<String>,
}

/// A link or an image of a page.
struct Link {
    target: String,
    /// The words of a link; nothing for an image.
    words: Option<Range<usize>>,
    /// From `[` to `)`.
    span: Range<usize>,
    is_inline: bool,
}

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// To another site, or to an address.
    Elsewhere,
    /// To a file or folder of the repository, and to a heading there.
    Here(PathBuf, Option<String>),
}

impl Page {
    /// Reads a page by its path below the root.
    pub(crate) fn read(path: impl Into<PathBuf>) -> anyhow::Result<Self> {
        let path = path.into();
        let text = fs::read_to_string(root().join(&path))
            .with_context(|| format!("could not read {}", path.display()))?;
        Ok(Self::parse(path, text))
    }

    fn parse(path: PathBuf, text: String) -> Self {
        let (mut links, mut anchors) = (Vec::<Link>::new(), BTreeSet::new());
        let mut open = Vec::new();
        let mut heading: Option<String> = None;
        let mut counts = BTreeMap::<String, usize>::new();
        for (event, span) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let count = counts.entry(anchor.clone()).or_default();
                    anchors.insert(match *count {
                        0 => anchor,
                        count => format!("{anchor}-{count}"),
                    });
                    *count += 1;
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                    extend(&mut links, &open, &span);
                }
                Event::Start(
                    Tag::Link {
                        ref dest_url,
                        link_type,
                        ..
                    }
                    | Tag::Image {
                        ref dest_url,
                        link_type,
                        ..
                    },
                ) => {
                    let is_link = matches!(event, Event::Start(Tag::Link { .. }));
                    open.push(links.len());
                    links.push(Link {
                        target: dest_url.to_string(),
                        words: is_link.then(|| span.start + 1..span.start + 1),
                        span,
                        is_inline: link_type == LinkType::Inline,
                    });
                }
                Event::End(TagEnd::Link | TagEnd::Image) => {
                    open.pop();
                }
                _ => extend(&mut links, &open, &span),
            }
        }
        Self {
            path,
            text,
            links,
            anchors,
        }
    }

    /// The page's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The path below the root.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Files and folders of the repository that it leads to.
    #[cfg(test)]
    pub(crate) fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let targets = self.links.iter().map(|link| self.resolve(link));
        let targets = targets.collect::<anyhow::Result<Vec<_>>>()?;
        let here = |target| match target {
            Target::Here(path, _) => Some(path),
            Target::Elsewhere => None,
        };
        Ok(targets.into_iter().filter_map(here).collect())
    }

    /// Where a link of this page leads.
    fn resolve(&self, link: &Link) -> anyhow::Result<Target> {
        let target = link.target.as_str();
        let scheme = target.split_once(':').map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| ["https", "http", "mailto"].contains(&scheme)) {
            return Ok(Target::Elsewhere);
        }
        let (path, anchor) = match target.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor.to_owned())),
            None => (target, None),
        };
        if path.is_empty() {
            return Ok(Target::Here(self.path.clone(), anchor));
        }
        let mut resolved = self.path.parent().unwrap_or(Path::new("")).to_owned();
        for component in Path::new(path).components() {
            match component {
                Component::Normal(name) => resolved.push(name),
                Component::ParentDir if resolved.pop() => {}
                Component::CurDir => {}
                _ => bail!("{target} leads out of the repository"),
            }
        }
        Ok(Target::Here(resolved, anchor))
    }
}

/// Lets the words of the links that are open reach to the end of what was read.
fn extend(links: &mut [Link], open: &[usize], span: &Range<usize>) {
    for place in open {
        if let Some(words) = links.get_mut(*place).and_then(|link| link.words.as_mut()) {
            words.end = words.end.max(span.end);
        }
    }
}

/// What a heading is called in addresses, by GitHub and by mdBook.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|one| match one {
        one if one.is_alphanumeric() || one == '-' || one == '_' => Some(one),
        one if one.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

/// The chapters, in the order of the book.
pub(crate) fn chapters() -> anyhow::Result<Vec<Page>> {
    let summary = Page::read(SUMMARY)?;
    let mut chapters = Vec::new();
    // A chapter without a target has others below it, and no page.
    for link in summary.links.iter().filter(|link| !link.target.is_empty()) {
        match summary.resolve(link)? {
            Target::Here(path, None) => chapters.push(Page::read(path)?),
            _ => bail!("{SUMMARY}: {} is no chapter", link.target),
        }
    }
    Ok(chapters)
}

/// What is wrong with the links of a page.
fn faults(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    for link in page.links.iter().filter(|link| !link.target.is_empty()) {
        let mut fault = |what: &str| {
            faults.push(format!("{}: {}: {what}", page.path.display(), link.target));
        };
        match page.resolve(link) {
            Err(error) => fault(&error.to_string()),
            Ok(Target::Elsewhere) => {}
            Ok(Target::Here(..)) if !link.is_inline => fault("write it as [words](target)"),
            Ok(Target::Here(path, anchor)) => {
                if !root().join(&path).exists() {
                    fault("leads nowhere");
                } else if let Some(anchor) = anchor {
                    let is_there = |target: &Page| target.anchors.contains(&anchor);
                    let found = if path == page.path {
                        is_there(page)
                    } else {
                        Page::read(path).is_ok_and(|target| is_there(&target))
                    };
                    if !found {
                        fault("there is no such heading");
                    }
                }
            }
        }
    }
    faults
}

/// Lays the book out, and builds it where mdBook is installed.
pub(crate) fn build() -> anyhow::Result<bool> {
    let faults: Vec<String> = chapters()?.iter().flat_map(faults).collect();
    if !faults.is_empty() {
        println!("{}", faults.join("\n"));
        return Ok(false);
    }
    let source = root().join(SOURCE);
    if source.exists() {
        fs::remove_dir_all(&source).context("could not clear the folder of the book")?;
    }
    lay_out(&source)?;
    if !command::is_on_path("mdbook") {
        println!(
            "The book lies in {SOURCE}. To make pages of it: \
             cargo install mdbook --version {MDBOOK} --locked, and again `cargo xtask book`"
        );
        return Ok(true);
    }
    Command::new("mdbook").arg("build").arg(root()).run()
}

/// Writes the list of chapters, the chapters and the files that they link to into a folder.
fn lay_out(folder: &Path) -> anyhow::Result<()> {
    let mut pages = chapters()?;
    let chapters: BTreeSet<PathBuf> = pages.iter().map(|page| page.path.clone()).collect();
    pages.push(Page::read(SUMMARY)?);
    let mut files = BTreeSet::new();
    for page in &pages {
        let text = moved(page, &chapters, &mut files)?;
        put(folder, &page.path, text.as_bytes())?;
    }
    for file in files {
        let contents = fs::read(root().join(&file));
        let contents = contents.with_context(|| format!("could not read {}", file.display()))?;
        put(folder, &file, &contents)?;
    }
    Ok(())
}

fn put(folder: &Path, path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(place(path));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, contents).with_context(|| format!("could not write {}", path.display()))
}

/// Where a file of the repository stands in the book.
fn place(path: &Path) -> PathBuf {
    let path = path.strip_prefix("docs").unwrap_or(path);
    // mdBook makes index.html of a README.md, and leaves the links to it.
    match path.file_name() {
        Some(name) if name == "README.md" => path.with_file_name("index.md"),
        _ => path.to_owned(),
    }
}

/// A page's text with its links as they are in the book. What the book does not hold, folders and
/// pages that are no chapters, is told and not linked; other files come along.
fn moved(
    page: &Page,
    chapters: &BTreeSet<PathBuf>,
    files: &mut BTreeSet<PathBuf>,
) -> anyhow::Result<String> {
    let mut text = page.text.clone();
    // From the end, so that what comes before stays where it is.
    for link in page.links.iter().rev() {
        let Target::Here(target, anchor) = page.resolve(link)? else {
            continue;
        };
        if link.target.is_empty() || target == page.path {
            continue;
        }
        let is_page = target
            .extension()
            .is_some_and(|extension| extension == "md");
        let replacement =
            if chapters.contains(&target) || (!is_page && root().join(&target).is_file()) {
                if !is_page {
                    files.insert(target.clone());
                }
                let way = way(&place(&page.path), &place(&target));
                let anchor = anchor.map_or_else(String::new, |anchor| format!("#{anchor}"));
                let whole = text.get(link.span.clone()).unwrap_or_default();
                whole.replace(&format!("]({})", link.target), &format!("]({way}{anchor})"))
            } else {
                let words = link.words.clone().and_then(|words| text.get(words));
                words.unwrap_or_default().to_owned()
            };
        text.replace_range(link.span.clone(), &replacement);
    }
    Ok(text)
}

/// The relative address of a file, seen from a page.
fn way(from: &Path, to: &Path) -> String {
    let folder = from.parent().unwrap_or(Path::new(""));
    let shared = folder
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = to
        .components()
        .skip(shared)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service;

    /// The Markdown below a folder, as paths below the root.
    fn markdown(folder: &str, into: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root()).unwrap();
            if path.is_dir() {
                markdown(&below.to_string_lossy(), into);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                into.insert(below.to_owned());
            }
        }
    }

    #[test]
    fn every_page_of_the_documentation_is_one_chapter_of_the_book() {
        let mut missing = BTreeSet::new();
        markdown("docs", &mut missing);
        missing.remove(Path::new(SUMMARY));
        let mut seen = BTreeSet::new();
        for chapter in chapters().unwrap() {
            assert!(
                seen.insert(chapter.path.clone()),
                "{:?} twice",
                chapter.path
            );
            missing.remove(&chapter.path);
            assert!(
                chapter.text.starts_with("# "),
                "{:?} has no title",
                chapter.path
            );
        }
        assert!(missing.is_empty(), "{SUMMARY} does not name {missing:?}");
        assert!(seen.len() >= 40, "{} chapters", seen.len());
    }

    #[test]
    fn the_readme_is_one_page() {
        let readme = Page::read("README.md").unwrap();
        let lines = readme.text.lines().count();
        assert!(
            lines <= 90,
            "{lines} lines: a page of docs/ is the place for more"
        );
    }

    #[test]
    fn every_link_of_the_documentation_leads_somewhere() {
        // Chapters of the book, and every other page of the repository beside them.
        let listed = Command::new("git").args(["ls-files", "-z", "*.md"]).read();
        let listed = listed.unwrap();
        let pages = listed
            .split_terminator('\0')
            .map(|path| Page::read(path).unwrap());
        let pages: Vec<_> = pages.collect();
        for chapter in chapters().unwrap() {
            let is_read = pages.iter().any(|page| page.path == chapter.path);
            assert!(is_read, "{:?} is not in the repository", chapter.path);
        }
        let links: usize = pages.iter().map(|page| page.links.len()).sum();
        assert!(links > 100, "{links} links");
        let faults: Vec<String> = pages.iter().flat_map(faults).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn every_link_of_the_book_leads_to_a_file_of_the_book() {
        let folder = service::temporary_folder("book").unwrap();
        lay_out(&folder).unwrap();
        let mut count = 0;
        let mut faults = Vec::new();
        for chapter in chapters().unwrap() {
            let path = place(&chapter.path);
            let text = fs::read_to_string(folder.join(&path)).unwrap();
            let page = Page::parse(path, text);
            for link in &page.links {
                if let Target::Here(target, _) = page.resolve(link).unwrap() {
                    count += 1;
                    if !folder.join(&target).is_file() {
                        faults.push(format!("{}: {}", page.path.display(), link.target));
                    }
                }
            }
        }
        fs::remove_dir_all(&folder).unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert!(count > 50, "{count} links");
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let page = |text: &str| Page::parse("docs/control.md".into(), text.to_owned());
        for (text, fault) in [
            ("[a](seed.md#the-file-speaks-pingones-words)", ""),
            (
                "[a](../examples/seed.toml) ![b](images/pages/home-desk.png) [c](https://example.com/)",
                "",
            ),
            ("# One `two`: three\n\n[a](#one-two-three)", ""),
            ("```text\n[a](nothing.md)\n```", ""),
            ("[a](nothing.md)", "leads nowhere"),
            ("| a |\n|---|\n| [a](nothing.md) |", "leads nowhere"),
            ("[a](seed.md#nothing)", "no such heading"),
            ("[a](#nothing)", "no such heading"),
            ("![a](images/nothing.png)", "leads nowhere"),
            ("[a](../../x)", "out of the repository"),
            ("[a][b]\n\n[b]: seed.md", "write it as"),
        ] {
            let found = faults(&page(text)).join("\n");
            assert_eq!(found.is_empty(), fault.is_empty(), "{text}: {found}");
            assert!(found.contains(fault), "{text}: {found}");
        }
    }

    #[test]
    fn a_page_that_moves_takes_its_links_along() {
        let chapters =
            BTreeSet::from(["ARCHITECTURE.md", "docs/seed.md", "a/README.md"].map(PathBuf::from));
        let mut files = BTreeSet::new();
        let text = "[One *a* `b`](docs/seed.md#x), [two](README.md), [three](docs/), \
                    ![four](docs/images/pages/home-desk.png), [five](#here), [six](a/README.md).";
        let page = Page::parse("ARCHITECTURE.md".into(), text.to_owned());
        assert_eq!(
            moved(&page, &chapters, &mut files).unwrap(),
            "[One *a* `b`](seed.md#x), two, three, ![four](images/pages/home-desk.png), [five](#here), \
             [six](a/index.md)."
        );
        let page = Page::parse(
            "docs/decisions/x.md".into(),
            "[a](../../ARCHITECTURE.md)".to_owned(),
        );
        assert_eq!(
            moved(&page, &chapters, &mut files).unwrap(),
            "[a](../ARCHITECTURE.md)"
        );
        assert_eq!(
            files,
            BTreeSet::from([PathBuf::from("docs/images/pages/home-desk.png")])
        );
    }
}
