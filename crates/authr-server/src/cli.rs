//! The command line.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::admin::{self, AdminError};
use crate::config::{ConfigError, Settings};
use crate::listen::{ListenError, Listener};
use crate::{Server, StartError};

#[derive(Parser)]
#[command(name = "authr-server", version, about = "The server of authr")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve sites and devices until stopped
    Serve(Serve),
    /// Applications: the sites that use this server
    #[command(subcommand)]
    App(AppCommand),
    /// Users: people, by their phone numbers
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Args)]
struct Data {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The root key file [default: DIR/root.key]
    #[arg(long, value_name = "FILE")]
    root_key: Option<PathBuf>,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// Where to listen; port 0 is any free one
    #[arg(long, value_name = "ADDR:PORT|unix:PATH")]
    listen: Option<String>,
    /// What carries messages
    #[arg(long, value_name = "console|outbox:DIR")]
    gateway: Option<String>,
    /// The address that devices use, where it is not the bound one
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The certificate chain, as PEM
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key, as PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// A network that may speak plain HTTP from elsewhere; more than once for several
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<String>,
}

#[derive(Subcommand)]
enum AppCommand {
    /// Add an application and print its API key, once
    Create {
        /// Its name, as people see it
        name: String,
        /// How long a token by SMS or call lives
        #[arg(long, value_name = "SECONDS|non-expiring", default_value = "600")]
        token_lifetime: admin::TokenLifetime,
        /// Whether `force` sends a token to a user who has the app
        #[arg(long, value_enum, default_value = "allow")]
        forced_sms: admin::ForcedSmsChoice,
        #[command(flatten)]
        output: Output,
    },
    /// List all applications
    List {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Args)]
struct Output {
    #[command(flatten)]
    data: Data,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Show what is stored of a user, as numbers of rows
    Find {
        /// The phone number, in international form
        phone: String,
        #[command(flatten)]
        output: Output,
    },
    /// Reset the counters of wrong codes
    Unlock {
        /// The phone number, in international form
        phone: String,
        /// Give the locker ten more tries at the backups password instead
        #[arg(long)]
        locker: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Remove a user with every account, device and record, at every application
    Delete {
        /// The phone number, in international form
        phone: String,
        #[command(flatten)]
        data: Data,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error("cannot start")]
    Runtime(#[source] std::io::Error),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Listen(ListenError::Plain(_)) => 2,
            Self::Admin(error) => error.exit_code(),
            _ => 1,
        }
    }
}

/// Runs a command line. Results go to `out`, everything else to standard error.
pub fn run(arguments: impl Iterator<Item = OsString>, out: &mut dyn Write) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help on standard output, mistakes on standard error: clap knows which it is.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // A process that runs several command lines, an example or a test, has its log from the first one on.
    let level = match cli.command {
        Command::Serve(_) => tracing::Level::INFO,
        _ => tracing::Level::WARN,
    };
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime);
    let done = runtime.and_then(|runtime| runtime.block_on(command(cli.command, out)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut text = format!("authr-server: {failure}");
            let mut cause = std::error::Error::source(&failure);
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            say(&text);
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn command(command: Command, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve(arguments).await,
        Command::App(command) => app(command, out).await,
        Command::User(command) => user(command, out).await,
    }
}

async fn serve(arguments: Serve) -> Result<(), Failure> {
    let data = arguments.data;
    let typed = Settings {
        listen: arguments.listen,
        gateway: arguments.gateway,
        public_url: arguments.public_url,
        root_key: data.root_key,
        tls_cert: arguments.tls_cert,
        tls_key: arguments.tls_key,
        trusted_proxy: arguments.trusted_proxy,
        ..Settings::default()
    };
    let config = typed.or(Settings::read(&data.data)?).complete(&data.data)?;
    let shutdown = stop_signal().map_err(Failure::Runtime)?;
    let listener = Listener::bind(&config).await?;
    let server = Server::open(config).await?;
    say(&format!("server id {}", server.identity.id()));
    say(&format!("listening on {}", listener.url()));
    crate::serve(listener, server, shutdown).await;
    Ok(())
}

/// Done at SIGTERM or SIGINT. The signals are caught from now on.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

impl Data {
    async fn open(self) -> Result<admin::Admin, Failure> {
        let settings = Settings {
            root_key: self.root_key,
            ..Settings::default()
        }
        .or(Settings::read(&self.data)?);
        let root_key = settings
            .root_key
            .unwrap_or_else(|| self.data.join("root.key"));
        let (storage, keys) = crate::open_data(&self.data, &root_key).await?;
        Ok(admin::Admin { storage, keys })
    }
}

async fn app(command: AppCommand, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        AppCommand::Create {
            name,
            token_lifetime,
            forced_sms,
            output,
        } => {
            let admin = output.data.open().await?;
            Ok(admin
                .create_application(&name, token_lifetime, forced_sms, output.json, out)
                .await?)
        }
        AppCommand::List { output } => {
            let admin = output.data.open().await?;
            Ok(admin.list_applications(output.json, out).await?)
        }
    }
}

async fn user(command: UserCommand, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        UserCommand::Find { phone, output } => {
            let admin = output.data.open().await?;
            Ok(admin.find_user(&phone, output.json, out).await?)
        }
        UserCommand::Unlock {
            phone,
            locker,
            data,
        } => {
            let admin = data.open().await?;
            let what = if locker {
                admin::Unlock::Locker
            } else {
                admin::Unlock::Codes
            };
            Ok(admin.unlock_user(&phone, what).await?)
        }
        UserCommand::Delete { phone, data, yes } => {
            let admin = data.open().await?;
            let user = admin.user(&phone).await?;
            if !yes {
                let question = "Remove this user with every account, device and record, at every application? Type yes: ";
                confirm(question)?;
            }
            Ok(admin.delete_user(user).await?)
        }
    }
}

fn confirm(question: &str) -> Result<(), AdminError> {
    let mut answer = String::new();
    let _ = write!(std::io::stderr(), "{question}");
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(AdminError::Output)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(AdminError::NotConfirmed),
    }
}

/// A line for the person at the terminal.
fn say(line: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr(), "{line}");
}
