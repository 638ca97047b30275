//! The Debian package, installed by dpkg in a copy of this machine that is gone afterwards: its root
//! folder with another one laid over it, in which everything that is written ends.
//!
//! No systemd runs there, so what the scripts tell it is not tried.

use std::path::Path;

use anyhow::Context;

use super::Outcomes;
use crate::command::Command;
use crate::service;

/// Makes the copy, with the package `$1` in it, and runs `$2` there.
const COPIED: &str = "\
mount -t tmpfs tmpfs \"$3\"
mkdir \"$3/upper\" \"$3/work\" \"$3/root\"
mount -t overlay -o lowerdir=/,upperdir=\"$3/upper\",workdir=\"$3/work\" overlay \"$3/root\"
cp \"$1\" \"$3/root/latchkey.deb\"
exec chroot \"$3/root\" sh -euc \"$2\"
";

/// What an administrator does, with the usual umask whatever that of the machine is; what is found then
/// is printed, what dpkg says is not.
const LIFE: &str = "\
umask 022
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
found() {
    for path; do
        if [ -e $path ]; then stat --format '%n %U:%G %a' $path; else echo $path none; fi
    done
}
places='/usr/bin/latchkey /etc/latchkey /etc/latchkey/latchkey.toml /var/lib/latchkey'
echo installed
dpkg --install /latchkey.deb >&2
found $places
getent passwd latchkey | cut -d: -f6,7
latchkey --version | cut -d' ' -f1
echo edited
echo '# ours' >> /etc/latchkey/latchkey.toml
echo kept > /var/lib/latchkey/kept
dpkg --install /latchkey.deb >&2
found $places
tail -1 /etc/latchkey/latchkey.toml
echo deleted
rm /etc/latchkey/latchkey.toml
dpkg --install /latchkey.deb >&2
found /etc/latchkey/latchkey.toml
echo '# ours' > /etc/latchkey/latchkey.toml
echo removed
dpkg --remove latchkey >&2
found $places
echo purged
dpkg --purge latchkey >&2
found $places
cat /var/lib/latchkey/kept
dpkg --verify latchkey 2>/dev/null || true
";

/// What it finds.
const FOUND: &str = "\
installed
/usr/bin/latchkey root:root 755
/etc/latchkey root:latchkey 750
/etc/latchkey/latchkey.toml root:latchkey 640
/var/lib/latchkey latchkey:latchkey 700
/var/lib/latchkey:/usr/sbin/nologin
latchkey
edited
/usr/bin/latchkey root:root 755
/etc/latchkey root:latchkey 750
/etc/latchkey/latchkey.toml root:latchkey 640
/var/lib/latchkey latchkey:latchkey 700
# ours
deleted
/etc/latchkey/latchkey.toml none
removed
/usr/bin/latchkey none
/etc/latchkey root:latchkey 750
/etc/latchkey/latchkey.toml root:root 644
/var/lib/latchkey latchkey:latchkey 700
purged
/usr/bin/latchkey none
/etc/latchkey none
/etc/latchkey/latchkey.toml none
/var/lib/latchkey latchkey:latchkey 700
kept
";

/// Installs the package, edits its configuration, installs it again, removes and purges it.
pub(crate) fn check(package: &Path, outcomes: &mut Outcomes) -> anyhow::Result<()> {
    let place = service::temporary_folder("installed")?;
    let found = service::tied_to_us("unshare".as_ref(), "TERM", None)
        .args(["--mount", "sh", "-euc", COPIED, "sh"])
        .arg(package)
        .arg(LIFE)
        .arg(&place)
        .read();
    std::fs::remove_dir(&place).context("could not clear a folder")?;
    let found = found?;
    if found != FOUND {
        println!("{found}");
    }
    outcomes.say(
        "it is installed, keeps what was edited or deleted, and is purged but for people's data",
        found == FOUND,
    );
    Ok(())
}

/// Lets lintian look at the package.
pub(super) fn lint(package: &Path, outcomes: &mut Outcomes) -> anyhow::Result<()> {
    let good = Command::new("lintian")
        .args(["--fail-on=error,warning", "--allow-root"])
        .arg(package)
        .run()?;
    outcomes.say("lintian finds neither an error nor a warning", good);
    Ok(())
}
