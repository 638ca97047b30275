//! An archive as bytes: written in one go, and read with every length and digest checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use tar::{Archive, Builder, Entry, EntryType, Header};
use tokio_util::sync::CancellationToken;

use super::files::{self, create_private, folder_of};
use super::manifest::{Digest, FORMAT, KEYRING, MANIFEST, Manifest};
use super::work::{Watched, refuse_given_up};
use super::{ArchiveError, io_error};

/// Longer than a manifest of thousands of environments.
const LONGEST_MANIFEST: u64 = 4 * 1024 * 1024;

/// What lies in the folder, by name.
pub(super) fn contents(
    folder: &Path,
    given_up: &CancellationToken,
) -> Result<BTreeMap<String, Digest>, ArchiveError> {
    let mut found = BTreeMap::new();
    for (place, prefix) in [
        (folder.to_owned(), String::new()),
        (folder.join(files::FOLDER), format!("{}/", files::FOLDER)),
    ] {
        for entry in fs::read_dir(&place).map_err(io_error("reading", &place))? {
            let entry = entry.map_err(io_error("reading", &place))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_file() && is_ours(&name) {
                let path = entry.path();
                let file = File::open(&path).map_err(io_error("reading", &path))?;
                let file = Watched::new(file, given_up);
                let digest = copy(file, io::sink()).map_err(io_error("reading", &path))?;
                found.insert(name, digest);
            }
        }
    }
    Ok(found)
}

/// Writes the archive in the folder of what goes into it, and moves it to its place when it is on the
/// disk.
pub(super) fn write(
    folder: &Path,
    manifest: &Manifest,
    to: &Path,
    given_up: &CancellationToken,
) -> Result<(), ArchiveError> {
    let written = (|| {
        let mut file = tempfile::Builder::new().tempfile_in(folder)?;
        let mut tape = Builder::new(io::BufWriter::new(file.as_file_mut()));
        let text = serde_json::to_vec_pretty(manifest).map_err(io::Error::other)?;
        tape.append_data(&mut header(text.len() as u64), MANIFEST, &text[..])?;
        for (name, digest) in &manifest.files {
            let content = Watched::new(File::open(folder.join(name))?, given_up);
            tape.append_data(&mut header(digest.bytes), name, content)?;
        }
        tape.into_inner()?.flush()?;
        file.as_file().sync_all()?;
        refuse_given_up(given_up)?;
        file.persist_noclobber(to).map_err(|error| error.error)?;
        // The name is durable only when the directory is.
        File::open(folder_of(to))?.sync_all()
    })();
    written.map_err(io_error("writing", to))
}

fn header(bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(bytes);
    header
}

/// Unpacks an archive into a folder, and believes nothing that its manifest does not say.
pub(super) fn read(
    archive: &Path,
    folder: &Path,
    given_up: &CancellationToken,
) -> Result<Manifest, ArchiveError> {
    let file = File::open(archive).map_err(io_error("opening", archive))?;
    let file = Watched::new(file, given_up);
    let mut tape = Archive::new(io::BufReader::new(file));
    let damaged = |what: String| ArchiveError::Damaged {
        path: archive.display().to_string(),
        what,
    };
    let unreadable = |error: io::Error| damaged(format!("it is not a whole tar file ({error})"));
    let mut entries = tape.entries().map_err(unreadable)?;

    let first = entries.next().transpose().map_err(unreadable)?;
    let first = first.filter(|entry| name_of(entry).as_deref() == Some(MANIFEST));
    let first = first.ok_or_else(|| damaged("it does not begin with a manifest".to_owned()))?;
    let mut text = Vec::new();
    let read = first.take(LONGEST_MANIFEST).read_to_end(&mut text);
    read.map_err(unreadable)?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| damaged(format!("its manifest is not understood ({error})")))?;
    if manifest.format != FORMAT {
        let (theirs, version) = (manifest.format, &manifest.version);
        let what = format!(
            "it is of the form {theirs}, made by latchkey {version}, and this program reads form \
             {FORMAT}; restore it with that version"
        );
        return Err(damaged(what));
    }

    let mut missing: BTreeSet<&str> = manifest.names().collect();
    for name in [KEYRING, manifest.database.engine.file()] {
        if !missing.contains(name) {
            return Err(damaged(format!("there is no {name} in it")));
        }
    }
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let name = name_of(&entry).unwrap_or_default();
        if !missing.remove(&*name) || !is_ours(&name) {
            return Err(damaged(format!(
                "it holds {name:?}, which does not belong there"
            )));
        }
        let place = folder.join(&name);
        let made = create_private(&place).map_err(io_error("making", &place))?;
        let found = copy(entry, made).map_err(unreadable)?;
        if manifest.files.get(&name) != Some(&found) {
            return Err(damaged(format!("{name} is not what the manifest says")));
        }
    }
    match missing.first() {
        Some(name) => Err(damaged(format!("{name} is missing"))),
        None => Ok(manifest),
    }
}

/// The name of a plain file.
fn name_of<R: Read>(entry: &Entry<'_, R>) -> Option<String> {
    let is_file = entry.header().entry_type() == EntryType::Regular;
    let path = entry.path().ok().filter(|_| is_file)?;
    path.to_str().map(str::to_owned)
}

fn is_ours(name: &str) -> bool {
    name == KEYRING
        || name.starts_with("database.") && !name.contains('/') && !is_log(name)
        || files::kept_name(name).is_some()
}

/// What SQLite keeps beside a database that is open.
fn is_log(name: &str) -> bool {
    name.ends_with("-wal") || name.ends_with("-shm")
}

/// Copies to the end, and tells what it was.
fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<Digest> {
    let mut hash = Context::new(&SHA256);
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let some = buffer.get(..count).unwrap_or_default();
        if some.is_empty() {
            break;
        }
        hash.update(some);
        to.write_all(some)?;
        bytes += count as u64;
    }
    to.flush()?;
    Ok(Digest {
        bytes,
        sha256: HEXLOWER.encode(hash.finish().as_ref()),
    })
}
