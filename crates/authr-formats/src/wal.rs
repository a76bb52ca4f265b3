//! SQLite's write-ahead log, put into its database by hand: what an app wrote last stands there alone.

/// Writes the pages of every whole, committed transaction of a log into its database; a damaged log changes nothing
/// from its damage on.
pub(crate) fn apply(database: &mut Vec<u8>, log: &[u8]) {
    let Some(log) = Log::read(log) else { return };
    let mut pending = Vec::new();
    for frame in log.frames() {
        pending.push((frame.page, frame.content));
        if frame.pages_after == 0 {
            continue;
        }
        let size = frame.pages_after.saturating_mul(log.page_bytes);
        if size > crate::MAX_FILE_BYTES {
            return;
        }
        database.resize(size, 0);
        for (page, content) in pending.drain(..) {
            let start = (page - 1).saturating_mul(log.page_bytes);
            if let Some(place) = database.get_mut(start..start.saturating_add(content.len())) {
                place.copy_from_slice(content);
            }
        }
    }
}

struct Log<'a> {
    page_bytes: usize,
    big_endian: bool,
    salts: &'a [u8],
    checksum: (u32, u32),
    rest: &'a [u8],
}

struct Frame<'a> {
    page: usize,
    /// How many pages the database has after a commit; 0 within a transaction.
    pages_after: usize,
    content: &'a [u8],
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

fn size(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(word(bytes, at)?).ok()
}

impl<'a> Log<'a> {
    fn read(log: &'a [u8]) -> Option<Self> {
        let (head, rest) = log.split_at_checked(32)?;
        let big_endian = match word(head, 0)? {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return None,
        };
        let page_bytes = size(head, 8)?;
        let checksum = sum((0, 0), head.get(..24)?, big_endian)?;
        let stated = (word(head, 24)?, word(head, 28)?);
        let pages = (512..=65_536).contains(&page_bytes) && page_bytes.is_power_of_two();
        (pages && checksum == stated).then_some(Self {
            page_bytes,
            big_endian,
            salts: head.get(16..24)?,
            checksum,
            rest,
        })
    }

    /// The frames up to the first that does not belong to the log.
    fn frames(&self) -> Vec<Frame<'a>> {
        let mut frames = Vec::new();
        let mut checksum = self.checksum;
        for frame in self.rest.chunks_exact(24 + self.page_bytes) {
            let Some((read, next)) = self.frame(frame, checksum) else {
                break;
            };
            frames.push(read);
            checksum = next;
        }
        frames
    }

    fn frame(&self, frame: &'a [u8], checksum: (u32, u32)) -> Option<(Frame<'a>, (u32, u32))> {
        let (head, content) = frame.split_at_checked(24)?;
        let checksum = sum(checksum, head.get(..8)?, self.big_endian)?;
        let checksum = sum(checksum, content, self.big_endian)?;
        let stated = (word(head, 16)?, word(head, 20)?);
        let page = size(head, 0)?;
        let belongs = head.get(8..16)? == self.salts && checksum == stated && page > 0;
        let read = Frame {
            page,
            pages_after: size(head, 4)?,
            content,
        };
        belongs.then_some((read, checksum))
    }
}

/// `s0 += x0 + s1; s1 += x1 + s0` over pairs of words.
fn sum(start: (u32, u32), bytes: &[u8], big_endian: bool) -> Option<(u32, u32)> {
    let (mut first, mut second) = start;
    for pair in bytes.chunks_exact(8) {
        let (one, other) = pair.split_at_checked(4)?;
        let read = |four: &[u8]| {
            let four = four.try_into().ok()?;
            Some(if big_endian {
                u32::from_be_bytes(four)
            } else {
                u32::from_le_bytes(four)
            })
        };
        first = first.wrapping_add(read(one)?).wrapping_add(second);
        second = second.wrapping_add(read(other)?).wrapping_add(first);
    }
    Some((first, second))
}
