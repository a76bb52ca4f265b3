//! A connection that ends when its client dawdles: with the head of a request, between requests, or in taking an
//! answer. A request's body has its own time, where it is read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::config::Limits;

/// What the connection's requests tell its stream.
#[derive(Default)]
pub(super) struct Pace {
    busy: AtomicBool,
    requests: AtomicU64,
}

/// A request is being answered as long as this lives.
pub(super) struct Answering(Arc<Pace>);

impl Pace {
    /// A request's head has arrived.
    pub(super) fn answering(self: &Arc<Self>) -> Answering {
        self.requests.fetch_add(1, Ordering::AcqRel);
        self.busy.store(true, Ordering::Release);
        Answering(Arc::clone(self))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// For the first byte of a head.
    Idle,
    /// For the rest of it.
    Head,
    /// For nothing: a request is being answered.
    Busy,
}

/// A stream with the times of [`Limits`].
pub(super) struct Paced<S> {
    stream: S,
    pace: Arc<Pace>,
    waiting: Waiting,
    seen: u64,
    read_by: Pin<Box<Sleep>>,
    write_by: Option<Pin<Box<Sleep>>>,
    idle: Duration,
    head: Duration,
    write: Duration,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Arc<Pace>, limits: &Limits) -> Self {
        let idle = Duration::from_secs(limits.idle_seconds);
        Self {
            stream,
            pace,
            waiting: Waiting::Idle,
            seen: 0,
            read_by: Box::pin(sleep(idle)),
            write_by: None,
            idle,
            head: Duration::from_secs(limits.header_seconds),
            write: Duration::from_secs(limits.body_seconds),
        }
    }

    fn wait_for(&mut self, waiting: Waiting, time: Duration) {
        self.waiting = waiting;
        self.read_by.as_mut().reset(Instant::now() + time);
    }

    /// Takes in what happened since the last look.
    fn look(&mut self) {
        let requests = self.pace.requests.load(Ordering::Acquire);
        if self.pace.busy.load(Ordering::Acquire) {
            self.waiting = Waiting::Busy;
        } else if self.waiting == Waiting::Busy || requests != self.seen {
            self.wait_for(Waiting::Idle, self.idle);
        }
        self.seen = requests;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        paced.look();
        let before = buffer.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut paced.stream).poll_read(context, buffer) {
            if buffer.filled().len() > before && paced.waiting == Waiting::Idle {
                paced.wait_for(Waiting::Head, paced.head);
            }
            // A head that trickles in is late all the same.
            let late =
                paced.waiting == Waiting::Head && paced.read_by.as_mut().poll(context).is_ready();
            return Poll::Ready(if late { Err(dawdled()) } else { result });
        }
        if paced.waiting != Waiting::Busy && paced.read_by.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(dawdled()));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> Paced<S> {
    /// Progress clears the deadline, waiting sets it.
    fn paced<T>(
        &mut self,
        context: &mut Context<'_>,
        poll: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.write_by = None;
            return poll;
        }
        let write = self.write;
        let write_by = self.write_by.get_or_insert_with(|| Box::pin(sleep(write)));
        if write_by.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(dawdled()));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let paced = self.get_mut();
        let poll = Pin::new(&mut paced.stream).poll_write(context, bytes);
        paced.paced(context, poll)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        let poll = Pin::new(&mut paced.stream).poll_flush(context);
        paced.paced(context, poll)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        let poll = Pin::new(&mut paced.stream).poll_shutdown(context);
        paced.paced(context, poll)
    }
}

fn dawdled() -> io::Error {
    io::ErrorKind::TimedOut.into()
}
