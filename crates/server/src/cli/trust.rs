//! `latchkey trust`: where the local certificate authority is, and how to make systems trust it.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::{Place, directory, terminal};
use crate::tls::CA_FILE;

#[derive(Args, Debug)]
pub(super) struct Trust {
    #[command(flatten)]
    place: Place,
}

impl Trust {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let file = directory(&settings)?.join(CA_FILE);
        if !file.exists() {
            bail!(
                "there is no local certificate authority at {} yet; it is made at the first start \
                 with tls.mode = \"local\"",
                file.display()
            );
        }
        terminal::print(&instructions(&file.display().to_string()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn instructions(file: &str) -> String {
    format!(
        "\
The certificates of this installation are signed by its own authority:

  {file}

It can vouch for localhost, loopback addresses and the host names in the configuration, for nothing
else, and its key never leaves this machine. To have it trusted:

Debian, Ubuntu
  sudo cp '{file}' /usr/local/share/ca-certificates/latchkey.crt
  sudo update-ca-certificates

Fedora, Red Hat
  sudo cp '{file}' /etc/pki/ca-trust/source/anchors/latchkey.pem
  sudo update-ca-trust

macOS
  sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain '{file}'

Chromium, Chrome on Linux (certutil is in libnss3-tools)
  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n latchkey -i '{file}'

Firefox
  Settings, Privacy & Security, View Certificates, Authorities, Import.

One command or one program
  curl --cacert '{file}' …
  SSL_CERT_FILE, REQUESTS_CA_BUNDLE (Python), NODE_EXTRA_CA_CERTS (Node.js) = {file}
"
    )
}
