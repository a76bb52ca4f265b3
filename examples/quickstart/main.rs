//! The whole story, narrated: a server, a site, a person; every command is the real one, with its real output.
//!
//! `cargo run --example quickstart` starts a server on a free port. The site drchrono creates an account for a phone
//! number; the person registers, and the account appears; its code signs in, once. An own account is added. The laptop
//! is lost; phone and backups password bring everything back on another machine, and the lost one is shut out. It ends
//! with 0 only if every step held.
//!
//! `cargo run --example quickstart -- --interactive` leaves server and site running, and tells what to type.

#![expect(
    clippy::print_stdout,
    reason = "an example narrates on standard output"
)]

mod by_hand;
mod machine;
mod server;
mod site;

use std::path::Path;
use std::process::ExitCode;

use machine::{Folder, Machine};
use server::Server;
use site::Site;

const PHONE: &str = "+12015550123";
const PASSWORD: &str = "sunlit-harbour-quarry-lemon-41\n";
const WRONG: &str = "sunlit-harbour-quarry-lemon-42\n";
const URI: &str = "otpauth://totp/GitHub:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub";
/// A fixed time, so that a code before the loss and the code after it can be compared.
const AT: &str = "@1111111109";
/// What RFC 6238 appendix B gives for that secret and time, in six digits.
const CODE: &str = "081804";

/// Why the story ended early.
type Step<T> = Result<T, String>;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let told = match words.next() {
        // This program is its own server: `quickstart authr-server serve …`.
        Some(word) if word == "authr-server" => {
            let line = std::iter::once(word).chain(words);
            return authr_server::cli::run(line, &mut std::io::stdout());
        }
        Some(word) if word == "--interactive" => by_hand::begin(),
        Some(word) => Err(format!(
            "{} is no word that this example knows",
            word.display()
        )),
        None => story(),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("\nA step did not hold: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn story() -> Step<()> {
    let folder = Folder::new()?;
    let password = folder.file("password", PASSWORD)?;
    let wrong = folder.file("wrong-password", WRONG)?;

    say(
        "A server of one's own: one process, its data in one folder. Messages go to a folder here.",
    );
    let server = Server::start(&folder)?;
    say("The site gets its API key.");
    let site = Site::new(&server, "drchrono")?;
    say("At the site, Ada enables two-factor sign-in with her phone number.");
    let ada = site.create_user("ada@example.com", "1", "201-555-0123")?;

    let laptop = Machine::new(folder.0.join("laptop"), password.clone());
    register(&laptop, &server)?;
    say("The site's account is there by itself. Its code signs in, once.");
    let code = laptop.code("drchrono")?;
    site.verify(ada, &code, true)?;
    site.verify(ada, &code, false)?;

    say("She keeps another account in it, which the server only sees encrypted.");
    laptop.run(&["add", URI])?.exits(0)?;
    laptop.run(&["sync"])?.exits(0)?;
    laptop
        .run(&["code", "GitHub", "--at", AT])?
        .exits(0)?
        .says(CODE)?;

    say("The laptop is stolen.");
    let thief = laptop.stolen(folder.0.join("thief"))?;
    let phone = Machine::new(folder.0.join("new-laptop"), wrong);
    restore(phone, &server, &password, &site, ada, &thief)?;
    println!("\nEvery step held.");
    Ok(())
}

fn register(laptop: &Machine, server: &Server) -> Step<()> {
    say("On her laptop she registers the number, and the server sends a code.");
    let start = [
        "register",
        PHONE,
        "--server",
        server.url(),
        "--via",
        "sms",
        "--start",
    ];
    laptop.run(&start)?.exits(7)?;
    let message = server.message(1)?;
    println!("SMS to {PHONE}: {}", message.body);
    say("The code proves the number; the backups password locks the vault.");
    laptop
        .run(&["register", "--finish", &message.code])?
        .exits(0)?
        .says("drchrono")?;
    Ok(())
}

fn restore(
    mut phone: Machine,
    server: &Server,
    password: &Path,
    site: &Site<'_>,
    ada: u64,
    thief: &Machine,
) -> Step<()> {
    say("On another machine: the number, a code, and the backups password.");
    let start = [
        "restore",
        PHONE,
        "--server",
        server.url(),
        "--via",
        "sms",
        "--start",
    ];
    phone.run(&start)?.exits(7)?;
    let message = server.message(2)?;
    println!("SMS to {PHONE}: {}", message.body);
    say("A code alone brings nothing back.");
    phone
        .run(&["restore", "--finish", &message.code])?
        .exits(3)?;
    phone.use_password(password.to_owned());
    phone
        .run(&["restore", "--finish", &message.code])?
        .exits(0)?
        .says("drchrono")?
        .says("GitHub")?;

    say("The own account gives the same code as before; the site's is accepted.");
    phone
        .run(&["code", "GitHub", "--at", AT])?
        .exits(0)?
        .says(CODE)?;
    let used = phone.code("drchrono")?;
    site.verify(ada, &used, true)?;

    say("The lost device is removed: its codes are dead at once.");
    phone.run(&["devices", "list"])?.exits(0)?;
    let lost = phone.other_device()?;
    phone
        .run(&["devices", "remove", &lost, "--yes"])?
        .exits(0)?;
    let code = thief.code("drchrono")?;
    site.verify(ada, &code, false)?;
    thief.run(&["sync"])?.exits(6)?;
    say("And hers go on.");
    let next = phone.later_code("drchrono", &used)?;
    site.verify(ada, &next, true)
}

/// Tells what comes next.
fn say(text: &str) {
    println!("\n# {text}");
}
