//! `--interactive`: server and site run on, and a person plays the other part.

use std::io::BufRead;

use super::Step;
use super::machine::Folder;
use super::server::Server;
use super::site::Site;

/// Begins, and ends with the person's `q`.
pub(crate) fn begin() -> Step<()> {
    let folder = Folder::new()?;
    let server = Server::start(&folder)?;
    let site = Site::new(&server, "drchrono")?;
    println!(
        "\nThe site drchrono asks for your number. Digits with the country code in front, as in 1 2015550123."
    );
    let mut lines = std::io::stdin().lock().lines();
    let mut answer = |question: &str| -> Step<String> {
        println!("{question}");
        let line = lines.next().ok_or("there is nobody to answer")?;
        Ok(line.map_err(|error| error.to_string())?.trim().to_owned())
    };
    let user = loop {
        let typed = answer("Number:")?;
        match typed.trim_start_matches('+').split_once(' ') {
            Some((country, number)) => match site.create_user("you@example.com", country, number) {
                Ok(user) => break user,
                Err(error) => println!("{error}"),
            },
            None => println!("Country code, a space, the number."),
        }
    };
    let home = folder.path().join("home");
    println!("\nIn another terminal, in this folder, type:\n");
    println!(
        "    alias authr='cargo run -q --bin authr -- --home {}'",
        home.display()
    );
    println!("    authr register --server {}", server.url());
    println!("    authr code drchrono\n");
    println!(
        "Here, type m to see the messages that your number got, a code to sign in at drchrono, or q to end."
    );
    loop {
        match answer("> m, a code, or q:")?.as_str() {
            "q" => return Ok(()),
            "m" => {
                for message in server.messages()? {
                    println!("{}: {}", message.to, message.body);
                }
            }
            code => {
                let code: String = code.chars().filter(char::is_ascii_digit).collect();
                match site.accepts(user, &code)? {
                    true => println!("Signed in."),
                    false => println!("Refused."),
                }
            }
        }
    }
}
