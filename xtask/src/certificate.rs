//! Certificates of servers that a test starts, each its own authority.

use std::path::{Path, PathBuf};

use crate::command::Command;

/// The files of a certificate.
pub(crate) struct Certificate {
    pub(crate) file: PathBuf,
    pub(crate) key: PathBuf,
}

/// Makes one in a folder, for these names, in the form of `subjectAltName`.
pub(crate) fn for_names(folder: &Path, names: &str) -> anyhow::Result<Certificate> {
    let made = Certificate {
        file: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-noenc", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", &format!("subjectAltName={names}")])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "extendedKeyUsage=serverAuth", "-keyout"])
        .arg(&made.key)
        .arg("-out")
        .arg(&made.file)
        .quiet()
        .read()?;
    Ok(made)
}
