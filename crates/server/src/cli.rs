//! The command line: what can be typed, and how errors are told.

mod application;
mod backup;
mod config;
mod connection;
mod contract;
mod doctor;
mod environment;
mod grant;
mod group;
mod health;
mod import;
mod keys;
mod live;
mod manual;
mod members;
mod migrate;
mod objects;
mod output;
mod password_policy;
mod policy;
mod population;
mod role;
mod terminal;
mod trust;
mod up;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};
use db::StoreError;

use crate::config::{FILE_NAME, InvalidConfiguration, Loaded, Settings, Sources};
use crate::data_dir;
use crate::up::StartError;

/// What went wrong was the command line or the configuration, which trying again won't mend.
const EXIT_CONFIGURATION: u8 = 2;

const ABOUT: &str = "\
Everything an application's customers need to get in: sign-on, registration, profile, recovery.

Without a command, latchkey starts the customer portal together with its own embedded environment
and demo data, and prints where to go.";

const EXAMPLES: &str = "\
Examples:
  latchkey                                  portal and embedded environment with demo data
  latchkey up --ephemeral --env-file t.env  the same in a throw-away directory, for tests
  latchkey up --seed seed.toml              the environments of a seed instead of the demo
  latchkey portal --config latchkey.toml    the portal alone, against PingOne
  latchkey idp --ephemeral                  the embedded environment alone
  latchkey trust                            how browsers come to trust the local authority
  latchkey health                           whether what was started here is ready
  latchkey completions bash                 completes commands and options in a shell
  latchkey manual share/man/man1            writes the manual pages of all commands
  latchkey config check                     everything that is wrong with the configuration
  latchkey doctor                           what is wrong with application, worker and provider
  latchkey backup latchkey.tar              database, keyring and secrets in one file
  latchkey migrate --check                  what a new version would change in the database
  latchkey environment create Customers     the first environment of an installation of your own
  latchkey user set-password ada            asks for the new password

Exit status: 0 done, 1 failed, 2 wrong options, configuration or seed.";

/// The version, and the commit that the program was built from, if whoever built it said so.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("BUILD_COMMIT_OF_LATCHKEY") {
        Some(commit) => format!("{version} (commit {commit})"),
        None => format!("{version} (commit not recorded: no release build)"),
    }
});

#[derive(Debug, Parser)]
#[command(
    name = "latchkey",
    version = VERSION.as_str(),
    about = ABOUT,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    up: up::Up,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the portal and the embedded environment (what latchkey does without a command).
    Up(up::Up),
    /// Starts the portal alone, against PingOne or any environment in the configuration.
    Portal(up::PortalAlone),
    /// Starts the embedded environment alone.
    Idp(up::EnvironmentAlone),
    /// Checks, prints and converts the configuration.
    #[command(subcommand, after_help = config::EXAMPLES)]
    Config(config::ConfigCommand),
    /// Looks after the keys that seal what is stored.
    #[command(subcommand, after_help = keys::EXAMPLES)]
    Keys(keys::KeysCommand),
    Backup(backup::Backup),
    Copy(migrate::Copy),
    Migrate(migrate::Migrate),
    Restore(backup::Restore),
    /// Says where the local certificate authority is and how to make browsers trust it.
    Trust(trust::Trust),
    Environment(environment::EnvironmentCommand),
    User(user::UserCommand),
    Application(application::ApplicationCommand),
    Grant(grant::GrantCommand),
    Group(group::GroupCommand),
    PasswordPolicy(password_policy::PasswordPolicyCommand),
    Policy(policy::PolicyCommand),
    Population(population::PopulationCommand),
    Role(role::RoleCommand),
    Contract(contract::Contract),
    /// Says whether the servers that were started here are ready.
    ///
    /// Asks each port of this machine that the configuration names, as a container's health check
    /// does. Exit status 0: all are ready.
    Health(health::Health),
    /// Prints a script that completes commands and options in a shell.
    ///
    /// For bash: latchkey completions bash > ~/.local/share/bash-completion/completions/latchkey
    Completions(manual::Completions),
    /// Writes the manual pages of all commands to a directory, for man.
    Manual(manual::Manual),
    Doctor(doctor::Doctor),
}

/// Where the configuration is.
#[derive(Args, Clone, Debug, Default)]
struct Place {
    /// The configuration file [default: latchkey.toml in the data directory, if it is there].
    #[arg(long, value_name = "FILE", env = "LATCHKEY_CONFIG")]
    config: Option<PathBuf>,
    /// The directory for database, keys and certificates [default: the platform's].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Place {
    fn sources(&self) -> Sources {
        let mut sources = Sources::process();
        if let Some(path) = &self.data_dir {
            sources = sources.option("data_dir", path.display().to_string(), "--data-dir");
        }
        if let Some(path) = &self.config {
            sources.file = Some(path.clone());
        } else {
            // The directory may itself be configured by a variable.
            let configured = Loaded::read(&sources).data_dir().map(PathBuf::from);
            let directory = configured.or_else(|| data_dir::platform().ok());
            sources.file_if_present = directory.map(|path| path.join(FILE_NAME));
        }
        sources
    }

    fn load(&self) -> Loaded {
        Loaded::read(&self.sources())
    }

    /// Settings for a command that uses nothing of the servers' own.
    fn settings_beside_servers(&self) -> Result<Settings, InvalidConfiguration> {
        self.load().settings_beside_servers()
    }

    /// Settings for a command that serves nothing.
    fn settings(&self) -> Result<Settings, InvalidConfiguration> {
        self.load().settings_for_tools()
    }
}

/// The data directory of these settings.
fn directory(settings: &Settings) -> Result<PathBuf, data_dir::DataDirError> {
    match &settings.data_dir {
        Some(path) => Ok(path.clone()),
        None => data_dir::platform(),
    }
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    // Before anything that speaks TLS; it can only fail when somebody was first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match run(CommandLine::parse()) {
        Ok(code) => code,
        Err(error) => {
            terminal::complain(&error);
            // What a server starts with is its seed as well.
            let has_wrong_seed = matches!(error.downcast_ref(), Some(StartError::Seed(_)))
                && error.chain().all(|cause| !cause.is::<StoreError>());
            if has_wrong_seed || error.is::<InvalidConfiguration>() {
                ExitCode::from(EXIT_CONFIGURATION)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(line: CommandLine) -> anyhow::Result<ExitCode> {
    match line.command {
        Some(Command::Config(command)) => command.run(),
        Some(Command::Keys(command)) => command.run(),
        Some(Command::Backup(backup)) => backup.run(),
        Some(Command::Copy(copy)) => copy.run(),
        Some(Command::Migrate(migrate)) => migrate.run(),
        Some(Command::Restore(restore)) => restore.run(),
        Some(Command::Trust(trust)) => trust.run(),
        Some(Command::Environment(command)) => command.run(),
        Some(Command::User(command)) => command.run(),
        Some(Command::Application(command)) => administer(command.run()),
        Some(Command::Grant(command)) => administer(command.run()),
        Some(Command::Group(command)) => administer(command.run()),
        Some(Command::PasswordPolicy(command)) => administer(command.run()),
        Some(Command::Policy(command)) => administer(command.run()),
        Some(Command::Population(command)) => administer(command.run()),
        Some(Command::Role(command)) => administer(command.run()),
        Some(Command::Contract(contract)) => connection::converse(contract.run()),
        Some(Command::Health(health)) => health.run(),
        Some(Command::Completions(completions)) => completions.run(),
        Some(Command::Manual(manual)) => manual.run(),
        Some(Command::Doctor(doctor)) => connection::converse(doctor.run()),
        Some(Command::Up(up)) => up.run(),
        Some(Command::Portal(portal)) => portal.run(),
        Some(Command::Idp(idp)) => idp.run(),
        None => line.up.run(),
    }
}

/// Administers an environment.
fn administer(talk: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    connection::converse(talk)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests;
