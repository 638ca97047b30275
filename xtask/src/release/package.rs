//! Archives, package and sums, made of the program alone and of `packaging/`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Release;
use crate::command::{Command, find_on_path, is_on_path};
use crate::{root, service};

/// A shell, and where its completion script is looked for, below `/usr`.
const SHELLS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/latchkey"),
    ("fish", "share/fish/vendor_completions.d/latchkey.fish"),
    ("zsh", "share/zsh/vendor-completions/_latchkey"),
];

/// Makes everything anew in `dist` and names the files, always in the same order.
pub(super) fn all(release: &Release, program: &Path, dist: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if dist.exists() {
        fs::remove_dir_all(dist).context("could not clear the folder of the release before")?;
    }
    fs::create_dir_all(dist).context("could not make the folder of the release")?;
    let work = service::temporary_folder("release")?;
    let usr = work.join("usr");
    user_files(program, &usr)?;
    let name = release.name();

    let mut files = vec![dist.join(&name)];
    put(program, &dist.join(&name), 0o755)?;
    files.push(archive(release, &work, &name, &usr, dist)?);
    if release.is_linux() {
        files.push(debian(release, &work, &usr, dist, &["-Zxz"])?);
        files.push(container(release, &work, program, dist)?);
    }
    let bill = dist.join(format!("{name}.cdx.json"));
    super::bill_of_materials(release, &bill)?;
    files.push(bill);
    files.push(sums(dist, &files)?);
    fs::remove_dir_all(&work).context("could not clear a folder")?;
    Ok(files)
}

/// What is tried of a release.
pub(super) struct Packed {
    pub(super) archive: PathBuf,
    pub(super) package: PathBuf,
    pub(super) container: PathBuf,
}

/// Packs what is tried, in this folder.
pub(super) fn for_trial(
    release: &Release,
    program: &Path,
    folder: &Path,
) -> anyhow::Result<Packed> {
    let usr = folder.join("usr");
    user_files(program, &usr)?;
    Ok(Packed {
        archive: archive(release, folder, &release.name(), &usr, folder)?,
        package: debian(release, folder, &usr, folder, &["-Zxz", "-z1"])?,
        container: container(release, folder, program, folder)?,
    })
}

/// The Debian package alone, in this folder, packed quickly.
pub(super) fn for_installation(
    release: &Release,
    program: &Path,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let usr = folder.join("usr");
    user_files(program, &usr)?;
    debian(release, folder, &usr, folder, &["-Znone"])
}

/// What goes below `/usr`: the program, and what shells and `man` know about it.
fn user_files(program: &Path, usr: &Path) -> anyhow::Result<()> {
    put(program, &usr.join("bin/latchkey"), 0o755)?;
    for (shell, place) in SHELLS {
        let script = Command::new(program).args(["completions", shell]).read()?;
        write(&usr.join(place), script.as_bytes())?;
    }
    let pages = usr.join("share/man/man1");
    Command::new(program).arg("manual").arg(&pages).succeed()?;
    for page in listed(&pages)? {
        Command::new("gzip")
            .args(["-9", "-n"])
            .arg(page)
            .quiet()
            .succeed()?;
    }
    documents(&usr.join("share/doc/latchkey"))
}

/// What there is to read, and to copy from: every example stands where it stands in the repository, so
/// that one finds the other by its path.
fn documents(doc: &Path) -> anyhow::Result<()> {
    for file in shipped()? {
        let path = root().join(&file);
        let is_program = mode(&path)? & 0o100 != 0;
        put(
            &path,
            &doc.join(&file),
            if is_program { 0o755 } else { 0o644 },
        )?;
    }
    Ok(())
}

/// The pages, what they show and lead to, and the examples: what is in the repository alone. What a run of
/// an example left in its folder is no part of it.
fn shipped() -> anyhow::Result<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "docs", "examples", "packaging"])
        .args([
            ":(glob)*.md",
            ":(glob)LICENSE-*",
            ":(glob)crates/*/README.md",
        ])
        .read()?;
    let files = listed.split_terminator('\0');
    Ok(files.map(str::to_owned).collect())
}

/// The archive for every system: unpacked anywhere, or over `/usr/local`.
fn archive(
    release: &Release,
    work: &Path,
    name: &str,
    usr: &Path,
    dist: &Path,
) -> anyhow::Result<PathBuf> {
    let folder = work.join("archive");
    fs::create_dir_all(&folder).context("could not make a folder")?;
    copy_tree(usr, &folder.join(name))?;
    if release.is_linux() {
        let unit = root().join("packaging/latchkey.service");
        put(
            &unit,
            &folder
                .join(name)
                .join("lib/systemd/system/latchkey.service"),
            0o644,
        )?;
    }
    packed(release, &folder, &dist.join(format!("{name}.tar.gz")))
}

/// The Debian package: the program, its unit, and a configuration file that stays as it was edited.
fn debian(
    release: &Release,
    work: &Path,
    usr: &Path,
    dist: &Path,
    compression: &[&str],
) -> anyhow::Result<PathBuf> {
    let packaging = root().join("packaging");
    let tree = work.join("debian");
    copy_tree(usr, &tree.join("usr"))?;
    let unit = packaging.join("latchkey.service");
    put(
        &unit,
        &tree.join("lib/systemd/system/latchkey.service"),
        0o644,
    )?;
    let configuration = packaging.join("latchkey.toml");
    put(
        &configuration,
        &tree.join("etc/latchkey/latchkey.toml"),
        0o640,
    )?;
    let doc = tree.join("usr/share/doc/latchkey");
    put(
        &packaging.join("debian/copyright"),
        &doc.join("copyright"),
        0o644,
    )?;
    put(
        &packaging.join("debian/lintian-overrides"),
        &tree.join("usr/share/lintian/overrides/latchkey"),
        0o644,
    )?;
    changelog(release, &doc.join("changelog"))?;
    let scripts = tree.join("DEBIAN");
    for script in ["postinst", "postrm", "prerm"] {
        put(
            &packaging.join("debian").join(script),
            &scripts.join(script),
            0o755,
        )?;
    }
    write(&scripts.join("conffiles"), b"/etc/latchkey/latchkey.toml\n")?;
    let arch = if release.triple.starts_with("x86_64") {
        "amd64"
    } else {
        "arm64"
    };
    let kilobytes = Command::new("du")
        .args(["--summarize", "--apparent-size", "--block-size=1024"])
        .arg(&tree)
        .read()?;
    let control = fs::read_to_string(packaging.join("debian/control"))
        .context("could not read packaging/debian/control")?
        .replace("{version}", &release.version)
        .replace("{arch}", arch)
        .replace(
            "{kilobytes}",
            kilobytes.split_whitespace().next().unwrap_or_default(),
        );
    write(&scripts.join("control"), control.as_bytes())?;
    open_folders(&tree)?;
    let package = dist.join(format!("latchkey_{}_{arch}.deb", release.version));
    Command::new("dpkg-deb")
        .arg("--root-owner-group")
        .args(compression)
        .arg("--build")
        .arg(&tree)
        .arg(&package)
        .env("SOURCE_DATE_EPOCH", &release.epoch)
        .succeed()?;
    Ok(package)
}

/// The changelog in Debian's form, which says where the one for people is.
fn changelog(release: &Release, file: &Path) -> anyhow::Result<()> {
    let made = Command::new("date")
        .args(["--utc", "--rfc-email", "--date"])
        .arg(format!("@{}", release.epoch))
        .env("LC_ALL", "C")
        .read()?;
    let text = format!(
        "latchkey ({}) unstable; urgency=medium\n\n  * What has changed stands in CHANGELOG.md beside \
         this file.\n\n -- The Latchkey developers <latchkey@example.com>  {}\n",
        release.version,
        made.trim()
    );
    write(file, text.as_bytes())?;
    Command::new("gzip")
        .args(["-9", "-n"])
        .arg(file)
        .quiet()
        .succeed()
}

/// What a container is built from: `docker build - < FILE`. Its certificate authorities are those of
/// this machine, of today.
fn container(
    release: &Release,
    work: &Path,
    program: &Path,
    dist: &Path,
) -> anyhow::Result<PathBuf> {
    let folder = work.join("container");
    put(program, &folder.join("latchkey"), 0o755)?;
    // An image from scratch has no folder for data, and no certificates, until they are copied.
    write(&folder.join("volume/data/.keep"), b"")?;
    let authorities = Path::new("/etc/ssl/certs/ca-certificates.crt");
    if !authorities.is_file() {
        bail!("install ca-certificates: the container takes its authorities from there");
    }
    put(authorities, &folder.join("ca-certificates.crt"), 0o644)?;
    let recipe = root().join("packaging/Dockerfile");
    put(&recipe, &folder.join("Dockerfile"), 0o644)?;
    let name = format!("{}-container.tar.gz", release.name());
    packed(release, &folder, &dist.join(name))
}

/// An archive that says nothing about who made it and when.
fn packed(release: &Release, folder: &Path, into: &Path) -> anyhow::Result<PathBuf> {
    // Where the system's tar is another one, as on macOS, GNU's is called gtar.
    let tar = find_on_path("gtar").unwrap_or_else(|| "tar".into());
    open_folders(folder)?;
    let plain = into.with_extension("");
    Command::new(tar)
        .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .arg("--format=gnu")
        .arg(format!("--mtime=@{}", release.epoch))
        .arg("-cf")
        .arg(&plain)
        .arg("-C")
        .arg(folder)
        .arg(".")
        .succeed()?;
    Command::new("gzip")
        .args(["-9", "-n", "-f"])
        .arg(&plain)
        .succeed()?;
    Ok(into.to_owned())
}

/// The sums of all files, in the form that `sha256sum --check` reads.
fn sums(dist: &Path, files: &[PathBuf]) -> anyhow::Result<PathBuf> {
    let (program, arguments): (_, &[&str]) = if is_on_path("sha256sum") {
        ("sha256sum", &[])
    } else {
        ("shasum", &["-a", "256"])
    };
    let names = files.iter().filter_map(|file| file.file_name());
    let text = Command::new(program)
        .args(arguments)
        .args(names)
        .folder(dist)
        .read()?;
    let file = dist.join("SHA256SUMS");
    write(&file, text.as_bytes())?;
    Ok(file)
}

fn put(from: &Path, to: &Path, mode: u32) -> anyhow::Result<()> {
    let contents = fs::read(from).with_context(|| format!("could not read {}", from.display()))?;
    write(to, &contents)?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode))
        .with_context(|| format!("could not set the mode of {}", to.display()))
}

fn write(to: &Path, contents: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
    }
    fs::write(to, contents).with_context(|| format!("could not write {}", to.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o644))
        .with_context(|| format!("could not set the mode of {}", to.display()))
}

/// Copies what is in a folder. A file may be run by everybody or by nobody: the other bits of its mode
/// are the habits of whoever made it.
fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    for path in listed(from)? {
        let target = to.join(path.strip_prefix(from).context("a path left its folder")?);
        if path.is_dir() {
            copy_tree(&path, &target)?;
        } else {
            let is_program = mode(&path)? & 0o100 != 0;
            put(&path, &target, if is_program { 0o755 } else { 0o644 })?;
        }
    }
    Ok(())
}

fn mode(file: &Path) -> anyhow::Result<u32> {
    let metadata = fs::metadata(file);
    let metadata = metadata.with_context(|| format!("could not look at {}", file.display()))?;
    Ok(metadata.permissions().mode())
}

/// Lets everybody enter the folders of a tree, whatever the umask of whoever made it.
fn open_folders(folder: &Path) -> anyhow::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("could not set the mode of {}", folder.display()))?;
    for path in listed(folder)? {
        if path.is_dir() {
            open_folders(&path)?;
        }
    }
    Ok(())
}

/// What a folder holds, in order.
fn listed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("could not list {}", folder.display()))?
    {
        found.push(entry?.path());
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Page;

    /// Every file below a folder, by its path in it.
    fn below(folder: &Path) -> Vec<String> {
        fn collect(folder: &Path, place: &Path, into: &mut Vec<String>) {
            for path in listed(place).unwrap() {
                if path.is_dir() {
                    collect(folder, &path, into);
                } else {
                    into.push(path.strip_prefix(folder).unwrap().display().to_string());
                }
            }
        }
        let mut files = Vec::new();
        collect(folder, folder, &mut files);
        files
    }

    #[test]
    fn a_release_brings_every_example_that_its_pages_name_at_its_place() {
        let doc = service::temporary_folder("documents-test").unwrap();
        documents(&doc).unwrap();
        let there = below(&doc);
        // What somebody without Rust begins with.
        for file in [
            "README.md",
            "examples/seed.toml",
            "examples/federation.toml",
            "examples/deploy/compose.yaml",
            "examples/tests/pytest/latchkey.py",
            "examples/tests/pytest/conftest.py",
            "examples/tests/node/latchkey.mjs",
            "examples/tests/go/latchkeytest/latchkeytest.go",
            "examples/tests/junit/Latchkey.java",
            "examples/tests/junit/LatchkeyExtension.java",
        ] {
            assert!(there.iter().any(|found| found == file), "{file}: {there:?}");
        }
        let mut named = 0;
        for page in listed(&root().join("docs")).unwrap() {
            if page.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = fs::read_to_string(&page).unwrap();
            for link in text.split("](../examples/").skip(1) {
                let path = link.split([')', '#']).next().unwrap();
                assert!(doc.join("examples").join(path).exists(), "{path}");
                named += 1;
            }
        }
        assert!(named > 10, "{named}");
        // The helpers of the suites find the seed by a path from their own folder.
        for suite in listed(&doc.join("examples/tests")).unwrap() {
            assert!(
                suite.join("../../seed.toml").is_file(),
                "{}",
                suite.display()
            );
        }
        // No more than the repository has: nothing that a run of an example left.
        let is_left = |name: &&String| {
            ["__pycache__", "node_modules", ".class"]
                .iter()
                .any(|part| name.contains(part))
        };
        assert_eq!(there.iter().find(is_left), None);
        fs::remove_dir_all(&doc).unwrap();
    }

    #[test]
    fn an_archive_tells_nothing_of_the_umask_that_it_was_made_with() {
        let release = Release {
            version: "0".to_owned(),
            commit: "0".to_owned(),
            epoch: "0".to_owned(),
            triple: "x86_64-unknown-linux-gnu".to_owned(),
        };
        let place = service::temporary_folder("package-test").unwrap();
        let mut archives = Vec::new();
        for (name, others) in [("open", 0o055), ("closed", 0)] {
            let tree = place.join(name);
            let mode = |path: &Path, mode| {
                fs::set_permissions(path, fs::Permissions::from_mode(mode | others)).unwrap();
            };
            fs::create_dir_all(tree.join("bin")).unwrap();
            fs::write(tree.join("bin/program"), "x").unwrap();
            fs::write(tree.join("page"), "x").unwrap();
            mode(&tree.join("bin/program"), 0o700);
            fs::set_permissions(
                tree.join("page"),
                fs::Permissions::from_mode(0o600 | (others & 0o044)),
            )
            .unwrap();
            let copied = place.join(format!("{name}-copied"));
            copy_tree(&tree, &copied).unwrap();
            mode(&copied.join("bin"), 0o700);
            mode(&copied, 0o700);
            let archive = place.join(format!("{name}.tar.gz"));
            packed(&release, &copied, &archive).unwrap();
            archives.push(fs::read(archive).unwrap());
        }
        fs::remove_dir_all(&place).unwrap();
        assert!(archives[0] == archives[1], "the archives differ");
    }

    #[test]
    fn whoever_has_a_release_follows_the_links_of_its_pages() {
        let shipped = shipped().unwrap();
        let is_there = |path: &str| {
            let below = format!("{path}/");
            shipped
                .iter()
                .any(|file| file == path || file.starts_with(&below))
        };
        let is_page = |file: &str| Path::new(file).extension().is_some_and(|end| end == "md");
        let of_source = ["crates", "xtask", "tests", "fuzz", ".github", ".cargo"];
        let mut count = 0;
        for page in shipped.iter().filter(|file| is_page(file)) {
            for target in Page::read(page).unwrap().files().unwrap() {
                let is_source = of_source.iter().any(|folder| target.starts_with(folder));
                let target = target.to_string_lossy();
                count += usize::from(!is_source);
                assert!(is_source || is_there(&target), "{page} leads to {target}");
            }
        }
        assert!(count > 200, "{count} links");
    }
}
