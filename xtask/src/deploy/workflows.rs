//! The jobs of the examples for GitHub and GitLab: their shell is run, with this build's program in the
//! place of the one that they would download.
//!
//! What only their runners have, a checkout and an image's packages, is named and not run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::command::Command;
use crate::prerequisites::Linters;
use crate::service::{self, Service};

/// The examples, and whose job each is.
const JOBS: [(&str, &str); 2] = [
    ("github", "examples/deploy/github-actions.yml"),
    ("gitlab", "examples/deploy/gitlab-ci.yml"),
];

/// How long a job may take.
const WITHIN: Duration = Duration::from_mins(2);

/// Writes what a job runs into a folder, a file for each step, and prints what is left out and which
/// variables the job sets.
const TAKE_APART: &str = "\
import os, sys
import ruamel.yaml
kind, file, folder = sys.argv[1:]
document = ruamel.yaml.YAML(typ='safe').load(open(file))
if kind == 'github':
    (job,) = document['jobs'].values()
    variables = document['env']
    steps = [step['run'] for step in job['steps'] if 'run' in step]
    left = [step['uses'] for step in job['steps'] if 'run' not in step]
else:
    job = document['test']
    variables = job['variables']
    lines = job['before_script'] + job['script']
    left = [line for line in lines if line.startswith('apt-get ')]
    steps = ['\\n'.join(line for line in lines if line not in left)]
for number, step in enumerate(steps):
    with open(os.path.join(folder, f'step-{number:02}.sh'), 'w') as script:
        script.write(step)
for line in left:
    print('left', line)
for name in variables:
    print('set', name)
";

/// Runs the steps one after another, each as its runner does, and says how that ended. Whoever stops
/// this stops what the steps left running.
const RUNNER: &str = "\
trap 'trap \"\" TERM; kill -TERM 0; exit 143' TERM
outcome=0
for step in step-*.sh; do
  while IFS= read -r line; do export \"$line\"; done < \"$GITHUB_ENV\"
  echo \"== $step\"
  bash -e -o pipefail \"$step\" &
  wait $! || { outcome=$?; break; }
done
echo \"$outcome\" > outcome.new && mv outcome.new outcome
while :; do sleep 60 & wait $!; done
";

/// What stands in the place of the application's own tests: the environment is the one of the file,
/// its authority is trusted, and it gives a token.
const MAKEFILE: &str = "\
test:
\t@for name in $$(cut -d= -f1 latchkey.env); do \\
\t  told=$$(. ./latchkey.env && eval \"printf %s \\\"\\$$$$name\\\"\"); \\
\t  eval \"is=\\$$$$name\"; \\
\t  [ \"$$is\" = \"$$told\" ] || { echo \"$$name is not what the file says\"; exit 1; }; \\
\tdone
\tcurl --fail --silent --show-error --cacert \"$$CA_FILE\" \\
\t  \"$$ISSUER/.well-known/openid-configuration\" | grep --quiet token_endpoint
\tcurl --fail --silent --show-error --cacert \"$$CA_FILE\" \\
\t  --user \"$$WORKER_CLIENT_ID:$$WORKER_CLIENT_SECRET\" --data grant_type=client_credentials \\
\t  \"$$ISSUER/token\" | grep --quiet access_token
\techo tested > tested
";

/// Runs both jobs; with another program than the sums name, neither goes on.
pub(super) fn check(program: &Path, linters: &Linters) -> anyhow::Result<bool> {
    let mut good = true;
    for (kind, file) in JOBS {
        let sum = Command::new("sha256sum").arg(program).read()?;
        let sum = sum.split_whitespace().next().unwrap_or_default();
        let ran = Job::prepare(linters, kind, file)?.run(program, sum)?;
        if !(ran.succeeded && ran.tested) {
            println!("{file}: its job fails\n{}", ran.said);
            good = false;
        }
        let refused = Job::prepare(linters, kind, file)?.run(program, &"0".repeat(64))?;
        if refused.succeeded || refused.tested {
            println!(
                "{file}: its job takes a program of another sum\n{}",
                refused.said
            );
            good = false;
        }
    }
    Ok(good)
}

/// A job that was taken apart into a folder.
struct Job {
    file: &'static str,
    folder: PathBuf,
}

/// What came of a job.
struct Ran {
    succeeded: bool,
    /// Whether it came to the application's tests.
    tested: bool,
    said: String,
}

impl Job {
    fn prepare(linters: &Linters, kind: &str, file: &'static str) -> anyhow::Result<Self> {
        let folder = service::temporary_folder("job")?;
        let told = Command::new(linters.program("python"))
            .args(["-c", TAKE_APART, kind, file])
            .arg(&folder)
            .read()?;
        let mut variables = Vec::new();
        for line in told.lines() {
            match line.split_once(' ') {
                Some(("set", name)) => variables.push(name.to_owned()),
                Some(("left", what)) => println!("{file}: not run here: {what}"),
                _ => anyhow::bail!("{file}: `{line}`?"),
            }
        }
        // What is set below in their place are these.
        anyhow::ensure!(
            variables == ["RELEASE_OF_LATCHKEY", "SHA256_OF_LATCHKEY"],
            "{file}: {variables:?}"
        );
        for (name, text) in [
            ("Makefile", MAKEFILE),
            ("run.sh", RUNNER),
            ("github-env", ""),
        ] {
            fs::write(folder.join(name), text).context("could not write a job's file")?;
        }
        Ok(Self { file, folder })
    }

    fn run(self, program: &Path, sum: &str) -> anyhow::Result<Ran> {
        println!("$ the job of {}", self.file);
        let folder = self.folder;
        let [portal, idp] = [service::free_port()?, service::free_port()?];
        // In a session of its own, so that all of it can be stopped together.
        let command = service::tied_to_us("setsid".as_ref(), "TERM", None)
            .args(["bash", "run.sh"])
            .folder(&folder)
            .env("RELEASE_OF_LATCHKEY", format!("file://{}", program.display()))
            .env("SHA256_OF_LATCHKEY", sum)
            .env("GITHUB_ENV", folder.join("github-env"))
            // The examples take the usual ports, which somebody may hold here.
            .env("LATCHKEY_PORTAL__LISTEN", format!("localhost:{portal}"))
            .env("LATCHKEY_IDP__LISTEN", format!("localhost:{idp}"));
        let log = folder.join("said");
        let job = Service::start(command, "-TERM", folder.clone(), &log)?;
        let outcome = folder.join("outcome");
        let ended = job.wait_until(WITHIN, || outcome.is_file());
        let said = fs::read_to_string(&log).unwrap_or_default();
        ended.with_context(|| format!("the job of {} did not end:\n{said}", self.file))?;
        let outcome = fs::read_to_string(&outcome).context("a job's outcome is gone")?;
        Ok(Ran {
            succeeded: outcome.trim() == "0",
            tested: folder.join("tested").is_file(),
            said,
        })
    }
}
