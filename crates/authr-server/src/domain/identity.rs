//! Who the server is: the key that bodies are sealed to, made once, kept under the root key ring.

use std::fmt;

use authr_api::id::ServerId;
use authr_crypto::random::Random;
use authr_crypto::seal::{Opener, SealingKey};
use authr_crypto::secret::SealingSecret;
use zeroize::Zeroizing;

use super::Fault;
use crate::keys::{Column, KeyRing};
use crate::storage::Storage;

/// The server's sealing key, and the id that follows from it.
pub struct Identity {
    opener: Opener,
    id: ServerId,
}

impl Identity {
    /// The identity of a database, made where there is none.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn of(
        storage: &dyn Storage,
        keys: &KeyRing,
        random: &dyn Random,
    ) -> Result<Self, Fault> {
        let drawn = Zeroizing::new(random.bytes::<32>());
        let offered = keys.seal(
            Column::SealingKey,
            b"",
            Zeroizing::new(drawn.to_vec()),
            random,
        );
        let kept = storage.fix_sealing_key(offered).await?;
        let secret = keys.open(Column::SealingKey, b"", &kept)?;
        let secret = SealingSecret::from_slice(&secret).ok_or(Fault::Content("sealing key"))?;
        let opener = Opener::new(&secret);
        let id = ServerId::of(&opener.sealing_key());
        Ok(Self { opener, id })
    }

    /// Opens what is sealed to the server.
    #[must_use]
    pub fn opener(&self) -> &Opener {
        &self.opener
    }

    /// The public key.
    #[must_use]
    pub fn sealing_key(&self) -> SealingKey {
        self.opener.sealing_key()
    }

    /// The id, which clients pin.
    #[must_use]
    pub fn id(&self) -> &ServerId {
        &self.id
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.id)
    }
}
