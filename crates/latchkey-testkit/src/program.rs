//! The program in a process of its own: found, started, ended with everything that it wrote.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Error;

/// How long the program may take to be ready.
const START_WITHIN: Duration = Duration::from_secs(30);

/// How often the environment file is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The variable that names the program, and what the variables of its settings begin with.
const NAMED_BY: &str = "LATCHKEY";

/// What the program is called where nobody says where it is.
const NAME: &str = "latchkey";

/// How it is to be started.
#[derive(Debug, Default)]
pub(crate) struct Start {
    pub(crate) program: Option<PathBuf>,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) options: Vec<OsString>,
    pub(crate) seed: Option<String>,
}

/// The running program. It is killed when dropped: nobody wants its data. It stops by itself when this
/// process was killed and drops nothing.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    /// Its own folder for everything temporary, removed after it has ended.
    _folder: TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Start {
    /// Starts the program, and gives it with what its environment file says, which is complete before
    /// anybody can connect.
    pub(crate) async fn start(self) -> Result<(Program, BTreeMap<String, String>), Error> {
        let folder = tempfile::Builder::new().prefix("latchkey-").tempdir();
        let folder = folder.map_err(Error::during("no folder could be made"))?;
        let (env_file, log) = (folder.path().join("env"), folder.path().join("log"));
        let command = self.command(folder.path(), &env_file, &log)?;
        let name = command.get_program().to_owned();
        let child = { command }.spawn().map_err(Error::during(format!(
            "could not start `{}`; put latchkey on the PATH, or name it by LATCHKEY",
            name.display()
        )))?;
        let mut program = Program {
            child,
            _folder: folder,
        };
        let variables = program.variables(&env_file, &log).await?;
        Ok((program, variables))
    }

    fn command(&self, folder: &Path, env_file: &Path, log: &Path) -> Result<Command, Error> {
        let unwritable = || Error::during(format!("{} cannot be written", folder.display()));
        let output = File::create(log).map_err(unwritable())?;
        let errors = output.try_clone().map_err(unwritable())?;
        let program = self.program.clone().map(OsString::from);
        let mut command = Command::new(program.unwrap_or_else(program_of_the_environment));
        // Settings of whoever runs the tests are not the tests'.
        for name in foreign_settings() {
            command.env_remove(name);
        }
        for (key, value) in &self.settings {
            command.env(variable_of(key), value);
        }
        command
            .args(["idp", "--ephemeral", "--idp-listen", "localhost:0"])
            .arg("--stop-with-stdin")
            .args(["--control-listen", "localhost:0", "--env-file"])
            .arg(env_file)
            .args(&self.options)
            .env("TMPDIR", folder)
            // Ends with this process, however it ends, and the program with it.
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors);
        if let Some(seed) = &self.seed {
            let file = folder.join("seed.toml");
            fs::write(&file, seed).map_err(unwritable())?;
            command.arg("--seed").arg(file);
        }
        Ok(command)
    }
}

impl Program {
    async fn variables(
        &mut self,
        env_file: &Path,
        log: &Path,
    ) -> Result<BTreeMap<String, String>, Error> {
        let begun = Instant::now();
        loop {
            // It appears as a whole.
            if let Ok(text) = fs::read_to_string(env_file) {
                return Ok(parse(&text));
            }
            let ended = self.child.try_wait();
            let ended = ended.map_err(Error::during("the program cannot be watched"))?;
            if ended.is_some() || begun.elapsed() > START_WITHIN {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(Error::new(format!("latchkey did not start:\n{said}")));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn program_of_the_environment() -> OsString {
    std::env::var_os(NAMED_BY).unwrap_or_else(|| NAME.into())
}

fn foreign_settings() -> impl Iterator<Item = OsString> {
    std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| is_setting(name))
}

fn is_setting(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.strip_prefix(NAMED_BY)
        .is_some_and(|rest| rest.starts_with('_'))
}

/// The variable of a key, such as `LATCHKEY_IDP__LISTEN` of `idp.listen`.
fn variable_of(key: &str) -> String {
    let key = key.to_ascii_uppercase().replace('.', "__");
    format!("{NAMED_BY}_{key}")
}

/// Reads an environment file; what a shell would not read as one value is passed over.
fn parse(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let words = shlex::split(value)?;
        Some((name.to_owned(), words.concat()))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_file_is_read_as_a_shell_reads_it() {
        let read = parse("A=b\nB='it'\\''s $HOME'\nC=\n");
        let said = |name: &str| read.get(name).map(String::as_str);
        assert_eq!(said("A"), Some("b"));
        assert_eq!(said("B"), Some("it's $HOME"));
        assert_eq!(said("C"), Some(""));
    }

    #[test]
    fn a_key_has_a_variable_and_the_programs_name_is_no_setting() {
        assert_eq!(
            variable_of("idp.argon2.memory_kib"),
            "LATCHKEY_IDP__ARGON2__MEMORY_KIB"
        );
        assert!(is_setting("LATCHKEY_CONFIG".as_ref()));
        assert!(!is_setting("LATCHKEY".as_ref()));
        assert!(!is_setting("PATH".as_ref()));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_or_ends_is_told() {
        let start = |program: &str| Start {
            program: Some(program.into()),
            ..Start::default()
        };
        let missing = start("/nowhere/latchkey").start().await.unwrap_err();
        assert!(missing.to_string().contains("/nowhere/latchkey"));
        let ended = start("false").start().await.unwrap_err();
        assert!(ended.to_string().contains("did not start"));
    }
}
