//! The body of a request, taken in whole: within its length, its time, and the room that all long bodies share.

use std::sync::Arc;
use std::time::Duration;

use authr_api::path;
use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use crate::Server;

/// A body that takes no room of others: with the requests that are answered at a time, these have a limit already.
/// Who is not known yet sends no longer one.
pub(crate) const SHORT_BYTES: usize = path::BODY_BYTES;

/// A body that arrived. It takes up room as long as it lives.
pub(crate) struct Received {
    bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Received {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why a body was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is longer than it may be.
    TooLarge,
    /// It took too long.
    Late,
    /// The connection broke.
    Broken,
    /// Others have all the room for long ones.
    NoRoom,
}

/// Takes a body in; no more than `limit` of it is ever held.
pub(crate) async fn receive(
    server: &Server,
    body: Body,
    limit: usize,
) -> Result<Received, BodyError> {
    if !may_fit(&body, limit) {
        return Err(BodyError::TooLarge);
    }
    tokio::time::timeout(time(server), whole(server, body, limit))
        .await
        .unwrap_or(Err(BodyError::Late))
}

async fn whole(server: &Server, mut body: Body, limit: usize) -> Result<Received, BodyError> {
    let mut bytes = Vec::new();
    let mut room: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Broken)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if data.len() > limit - bytes.len() {
            return Err(BodyError::TooLarge);
        }
        let held = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = (bytes.len() + data.len()).saturating_sub(SHORT_BYTES + held);
        if more > 0 {
            let more = u32::try_from(more).map_err(|_| BodyError::NoRoom)?;
            let more = Arc::clone(&server.body_room).try_acquire_many_owned(more);
            let more = more.map_err(|_| BodyError::NoRoom)?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
        }
        bytes.extend_from_slice(data);
    }
    Ok(Received { bytes, _room: room })
}

/// Lets a short body that nobody wants run out, and holds nothing of it: a client that is cut off while it sends does not
/// get to read why.
pub(crate) async fn discard(server: &Server, mut body: Body) {
    if !may_fit(&body, SHORT_BYTES) {
        return;
    }
    let run_out = async {
        let mut passed = 0;
        while let Some(Ok(frame)) = body.frame().await {
            passed += frame.data_ref().map_or(0, |data| data.len());
            if passed > SHORT_BYTES {
                return;
            }
        }
    };
    // Late or not, it is over.
    let _ = tokio::time::timeout(time(server), run_out).await;
}

/// Whether a body is not longer than that, as far as its sender says.
fn may_fit(body: &Body, limit: usize) -> bool {
    usize::try_from(body.size_hint().lower()).is_ok_and(|least| least <= limit)
}

fn time(server: &Server) -> Duration {
    Duration::from_secs(server.config.limits.body_seconds)
}
