//! The site drchrono: what an Authy SDK sends, without the SDK.

use super::Step;
use super::server::Server;

/// A site with its API key.
pub(crate) struct Site<'a> {
    server: &'a Server,
    key: String,
    http: ureq::Agent,
}

impl<'a> Site<'a> {
    pub(crate) fn new(server: &'a Server, name: &str) -> Step<Self> {
        let made = server.admin(&["app", "create", name, "--json"])?;
        let made: serde_json::Value =
            serde_json::from_str(&made).map_err(|error| error.to_string())?;
        let key = made["api_key"].as_str().ok_or("no API key")?.to_owned();
        let http = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        Ok(Self { server, key, http })
    }

    /// Creates a user; the id that the site keeps.
    pub(crate) fn create_user(
        &self,
        email: &str,
        country_code: &str,
        cellphone: &str,
    ) -> Step<u64> {
        let path = "/protected/json/users/new";
        println!(
            "> POST {path}  user[email]={email} user[country_code]={country_code} user[cellphone]={cellphone}"
        );
        let form = [
            ("user[email]", email),
            ("user[country_code]", country_code),
            ("user[cellphone]", cellphone),
        ];
        let answer = self
            .http
            .post(format!("{}{path}", self.server.url()))
            .header("X-Authy-API-Key", &self.key)
            .send_form(form);
        let (status, json) = read(answer)?;
        match (status, json["user"]["id"].as_u64()) {
            (200, Some(id)) => Ok(id),
            _ => Err("the site could not create the user".to_owned()),
        }
    }

    /// Whether a code signs in.
    pub(crate) fn accepts(&self, user: u64, code: &str) -> Step<bool> {
        let path = format!("/protected/json/verify/{code}/{user}");
        println!("> GET {path}");
        let answer = self
            .http
            .get(format!("{}{path}", self.server.url()))
            .header("X-Authy-API-Key", &self.key)
            .call();
        let (status, json) = read(answer)?;
        Ok(status == 200 && json["token"] == "is valid")
    }

    /// Holds when a code is accepted, or refused, as expected.
    pub(crate) fn verify(&self, user: u64, code: &str, expected: bool) -> Step<()> {
        match (self.accepts(user, code)?, expected) {
            (true, true) | (false, false) => Ok(()),
            (true, false) => Err(format!("the site accepted {code}")),
            (false, true) => Err(format!("the site refused {code}")),
        }
    }
}

fn read(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Step<(u16, serde_json::Value)> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let text = answer
        .body_mut()
        .read_to_string()
        .map_err(|error| error.to_string())?;
    println!("< {status} {text}");
    let json = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok((status, json))
}
