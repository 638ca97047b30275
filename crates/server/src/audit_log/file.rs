//! The audit log as a file as well: a JSON object a line, for whatever collects logs.
//!
//! Before each write it is looked whether the file still stands at its path, and it is opened anew
//! where it does not, and it is only ever appended to: so both ways of `logrotate` work, renaming and
//! `copytruncate`, and nobody has to be told.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{Numbered, Sink, Written};

/// A file that is only appended to, wherever its name leads.
pub(super) struct Appended {
    path: PathBuf,
    file: File,
    /// What of the entries that were brought last is not written, from the beginning of a line: what
    /// was written of that is in `begun`.
    left: Vec<u8>,
    begun: Option<Begun>,
    /// Whether somebody left a part of a line at the file's end, as a process that ended while the
    /// disk was full.
    has_torn_end: bool,
}

/// A part of the first line that is left.
#[derive(Clone, Copy, Debug)]
struct Begun {
    /// So many of its bytes are in the file …
    bytes: usize,
    /// … which had this length with them.
    length: u64,
}

impl Appended {
    /// Opens the file, or makes it, readable for its owner and group.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: open(path)?,
            left: Vec::new(),
            begun: None,
            has_torn_end: has_torn_end(path).unwrap_or(false),
        })
    }

    /// Writes some of what is left. A line whose beginning was taken away, by renaming the file or
    /// by emptying it, is written again as a whole.
    fn append(&mut self, write: impl Fn(&File, &[u8]) -> io::Result<usize>) -> io::Result<()> {
        if !self.is_in_place()? {
            self.file = open(&self.path)?;
            self.begun = None;
        }
        if let Some(begun) = self.begun
            && self.file.metadata()?.len() < begun.length
        {
            self.begun = None;
        }
        let begun = self.begun.map_or(0, |begun| begun.bytes);
        let written = write(&self.file, self.left.get(begun..).unwrap_or_default())?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let there = begun + written;
        let lines = self.left.get(..there).unwrap_or_default();
        let whole = lines.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |end| end + 1);
        self.left.drain(..whole);
        self.begun = None;
        if there > whole {
            self.begun = Some(Begun {
                bytes: there - whole,
                length: self.file.metadata()?.len(),
            });
        }
        Ok(())
    }

    /// Whether the path still leads to this file.
    fn is_in_place(&self) -> io::Result<bool> {
        let place = |file: fs::Metadata| (file.dev(), file.ino());
        match fs::metadata(&self.path) {
            Ok(there) => Ok(place(there) == place(self.file.metadata()?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Sink for Appended {
    fn write(&mut self, entries: &[Numbered]) -> io::Result<Written> {
        // After a failure the same entries come again, and part of them may be there.
        if self.left.is_empty() {
            if std::mem::take(&mut self.has_torn_end) {
                self.left.push(b'\n');
            }
            for (_, entry) in entries {
                self.left.extend_from_slice(entry.json.as_bytes());
                self.left.push(b'\n');
            }
        }
        while !self.left.is_empty() {
            self.append(|mut file, bytes| file.write(bytes))?;
        }
        Ok(Written::All(entries.len()))
    }
}

impl fmt::Display for Appended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.path.display(), f)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o640).open(path)
}

/// Whether a file ends in the middle of a line. What is no ordinary file is not read.
fn has_torn_end(path: &Path) -> io::Result<bool> {
    let about = fs::metadata(path)?;
    if !about.is_file() || about.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    File::open(path)?.read_exact_at(&mut last, about.len() - 1)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use idp::Listener as _;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::audit_log::{AuditLog, AuditLogNumbers, BATCH, Entry, LONGEST_END, QUEUE};

    fn entry(n: usize) -> Map<String, Value> {
        let entry = json!({ "n": n });
        entry.as_object().unwrap().clone()
    }

    fn to(path: &Path) -> AuditLog {
        AuditLog::open(Some(path), None).unwrap()
    }

    fn numbers_of(log: &AuditLog) -> AuditLogNumbers {
        log.numbers().remove(0)
    }

    fn numbers(text: &str) -> Vec<usize> {
        let line = |line: &str| serde_json::from_str::<Value>(line).unwrap()["n"].as_u64();
        let numbers = text.lines().filter_map(line);
        numbers.map(|n| usize::try_from(n).unwrap()).collect()
    }

    /// Waits until everything that was heard is written.
    async fn settled(file: &AuditLog) {
        let settled = async {
            while numbers_of(file).waiting > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let settled = tokio::time::timeout(Duration::from_mins(1), settled).await;
        settled.expect("every entry that was heard is written or lost");
    }

    #[tokio::test]
    async fn a_file_that_was_rotated_by_renaming_goes_on_in_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a.jsonl"), folder.path().join("a.1"));
        let file = to(&path);
        file.hear(entry(1));
        settled(&file).await;
        fs::rename(&path, &old).unwrap();
        file.hear(entry(2));
        file.finish(LONGEST_END).await;
        assert_eq!(numbers(&fs::read_to_string(&old).unwrap()), [1]);
        assert_eq!(numbers(&fs::read_to_string(&path).unwrap()), [2]);
        let mode = fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(mode & 0o137, 0, "{mode:o}");
    }

    /// Brings these entries and has so much of them written.
    fn write_a_part(file: &mut Appended, entries: &[usize], bytes: usize) {
        for n in entries {
            let line = format!("{}\n", Value::Object(entry(*n)));
            file.left.extend_from_slice(line.as_bytes());
        }
        let part = |mut file: &File, all: &[u8]| file.write(&all[..bytes]);
        file.append(part).unwrap();
    }

    #[test]
    fn a_line_that_was_written_in_part_is_whole_wherever_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a.jsonl"), folder.path().join("a.1"));
        let mut file = Appended::open(&path).unwrap();
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        // Each line has eight bytes: one and a half, and then the rest in the same place.
        write_a_part(&mut file, &[1, 2, 3], 12);
        file.write(&[]).unwrap();
        assert_eq!(read(&path), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
        // The file was renamed meanwhile …
        write_a_part(&mut file, &[4, 5], 12);
        fs::rename(&path, &old).unwrap();
        file.write(&[]).unwrap();
        assert_eq!(numbers(read(&old).get(24..32).unwrap()), [4]);
        assert_eq!(read(&path), "{\"n\":5}\n");
        // … or emptied …
        write_a_part(&mut file, &[6], 4);
        File::create(&path).unwrap();
        file.write(&[]).unwrap();
        assert_eq!(read(&path), "{\"n\":6}\n");
        // … or the program ended.
        write_a_part(&mut file, &[7], 4);
        drop(file);
        let mut file = Appended::open(&path).unwrap();
        let next = Arc::new(Entry::new(entry(8)));
        file.write(&[(1, next)]).unwrap();
        assert_eq!(read(&path), "{\"n\":6}\n{\"n\"\n{\"n\":8}\n");
    }

    #[tokio::test]
    async fn a_file_that_was_emptied_in_its_place_is_written_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let file = to(&path);
        file.hear(entry(1));
        settled(&file).await;
        File::create(&path).unwrap();
        file.hear(entry(2));
        file.finish(LONGEST_END).await;
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!((numbers(&text), text.contains('\0')), (vec![2], false));
    }

    #[tokio::test]
    async fn what_cannot_be_written_waits_and_what_does_not_fit_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("logs");
        fs::create_dir(&inner).unwrap();
        let file = to(&inner.join("a.jsonl"));
        fs::rename(&inner, folder.path().join("away")).unwrap();
        let more = QUEUE + BATCH + 10;
        for n in 0..more {
            file.hear(entry(n));
        }
        let AuditLogNumbers { written, lost, .. } = numbers_of(&file);
        assert_eq!(written, 0);
        assert!(lost >= 10, "{lost} are lost");
        fs::create_dir(&inner).unwrap();
        settled(&file).await;
        let text = fs::read_to_string(inner.join("a.jsonl")).unwrap();
        let expected: Vec<_> = (0..numbers(&text).len()).collect();
        assert_eq!(numbers(&text), expected, "in their order, none in between");
        let all = numbers_of(&file);
        let written = usize::try_from(all.written).unwrap();
        assert_eq!(written + usize::try_from(all.lost).unwrap(), more);
        assert_eq!(written, expected.len());
        file.finish(LONGEST_END).await;
    }
}
