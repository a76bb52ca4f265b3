//! Messages as files in a folder, one each, whole or not at all: for tests and for programs that send.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Channel, Gateway, GatewayError, Message, Taken};
use crate::storage::{MessageId, UnixSeconds};

/// Writes each message to `ID.json`.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

#[derive(Serialize)]
struct File<'a> {
    id: String,
    to: &'a str,
    channel: Channel,
    body: &'a str,
    created_at: String,
}

impl Outbox {
    /// Takes a folder, made 0700 if it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        Ok(Self {
            folder: folder.to_path_buf(),
        })
    }

    /// A dot-file first, flushed, then renamed: a reader sees the whole message or none.
    fn write(&self, id: MessageId, content: &[u8]) -> std::io::Result<()> {
        let unfinished = self.folder.join(format!(".{id}.json"));
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, self.folder.join(format!("{id}.json")))?;
        std::fs::File::open(&self.folder)?.sync_all()
    }
}

impl Gateway for Outbox {
    fn send<'a>(
        &'a self,
        id: MessageId,
        message: &'a Message,
        created_at: UnixSeconds,
    ) -> Taken<'a> {
        Box::pin(async move {
            let created_at = chrono::DateTime::from_timestamp(created_at, 0).unwrap_or_default();
            let file = File {
                id: id.to_string(),
                to: &message.to,
                channel: message.channel,
                body: &message.body,
                created_at: created_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            };
            let content = serde_json::to_vec(&file)
                .map(Zeroizing::new)
                .map_err(|error| GatewayError(error.into()))?;
            let outbox = self.clone();
            tokio::task::spawn_blocking(move || outbox.write(id, &content))
                .await
                .unwrap_or_else(|error| Err(std::io::Error::other(error)))
                .map_err(GatewayError)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_is_one_file_with_the_fields_that_scripts_read() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&folder.path().join("out")).unwrap();
        let message = Message {
            to: "+12015550123".into(),
            channel: Channel::Call,
            body: "4820193 is your clinic code.".into(),
        };
        let id = MessageId([0xab; 16]);
        // The second time, as after a crash, replaces the first.
        for _ in 0..2 {
            outbox.send(id, &message, 1_700_000_000).await.unwrap();
        }
        let names: Vec<_> = std::fs::read_dir(folder.path().join("out"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names, [format!("{id}.json")]);
        let text = std::fs::read_to_string(folder.path().join("out").join(&names[0])).unwrap();
        assert_eq!(
            text,
            format!(
                r#"{{"id":"{id}","to":"+12015550123","channel":"call","body":"4820193 is your clinic code.","created_at":"2023-11-14T22:13:20Z"}}"#
            )
        );
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&folder.path().join("out")).unwrap();
        std::fs::remove_dir(folder.path().join("out")).unwrap();
        let message = Message {
            to: "+12015550123".into(),
            channel: Channel::Sms,
            body: "4820193".into(),
        };
        assert!(outbox.send(MessageId([1; 16]), &message, 0).await.is_err());
        assert!(!folder.path().join("out").exists());
    }
}
