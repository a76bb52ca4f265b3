//! `user find`, `user unlock`, `user delete`.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::{Admin, AdminError, Unlock, json_line};
use crate::domain::phone::Phone;
use crate::keys::Lookup;
use crate::storage::UserId;

impl Admin {
    /// The user of a number as it is typed.
    pub(crate) async fn user(&self, phone: &str) -> Result<UserId, AdminError> {
        let phone = Phone::international(phone.trim()).map_err(|_| AdminError::BadPhone)?;
        let index = self.keys.index(Lookup::Phone, &[phone.e164().as_bytes()]);
        self.storage
            .user_by_phone(index)
            .await?
            .ok_or(AdminError::NoUser)
    }

    pub(crate) async fn find_user(
        &self,
        phone: &str,
        json: bool,
        out: &mut dyn Write,
    ) -> Result<(), AdminError> {
        let user = self.user(phone).await?;
        let rows = self.storage.rows_of(user).await?;
        if json {
            let rows: Map<String, Value> = rows
                .into_iter()
                .map(|(table, count)| (table, count.into()))
                .collect();
            return json_line(out, &json!({"user": user.to_string(), "rows": rows}));
        }
        writeln!(out, "user  {user}")?;
        for (table, count) in rows {
            writeln!(out, "{count:>6}  {table}")?;
        }
        Ok(())
    }

    pub(crate) async fn unlock_user(&self, phone: &str, what: Unlock) -> Result<(), AdminError> {
        let user = self.user(phone).await?;
        match what {
            Unlock::Codes => self.storage.unlock_user(user).await?,
            Unlock::Locker => self.storage.unlock_locker(user).await?,
        }
        Ok(())
    }

    pub(crate) async fn delete_user(&self, user: UserId) -> Result<(), AdminError> {
        Ok(self.storage.delete_user(user).await?)
    }
}
