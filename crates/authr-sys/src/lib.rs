//! What is asked of the operating system: memory that is neither swapped nor dumped, large pages, and who is at the other end
//! of a socket. The unsafe code of the whole repository is in this file.

use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::ptr;

use rustix::process::{Resource, Rlimit, setrlimit};

/// The pages that hold some bytes, kept out of the swap, and out of dumps where the system can, until this is dropped.
///
/// Nothing is said of the bytes themselves: they may move or be freed. The system does not count: where two pins share a page,
/// the first that is dropped ends both.
#[derive(Debug)]
#[must_use = "what is pinned is let go when this is dropped"]
pub struct Pinned {
    address: usize,
    length: usize,
}

impl Pinned {
    /// Pins the pages on which these bytes lie.
    ///
    /// # Errors
    /// What the system says, such as that the limit of locked memory is reached.
    pub fn holding(bytes: &[u8]) -> io::Result<Self> {
        let (address, length) = (bytes.as_ptr().addr(), bytes.len());
        #[expect(unsafe_code, reason = "mlock has no safe form")]
        // SAFETY: mlock reads and writes no memory of the program; what is no memory of it is an error.
        unsafe {
            rustix::mm::mlock(at(address), length)?;
        }
        let pinned = Self { address, length };
        #[cfg(target_os = "linux")]
        pinned.advise(rustix::mm::Advice::LinuxDontDump)?;
        Ok(pinned)
    }

    #[cfg(target_os = "linux")]
    fn advise(&self, advice: rustix::mm::Advice) -> io::Result<()> {
        let page = rustix::param::page_size();
        let start = self.address - self.address % page;
        let end = (self.address + self.length).next_multiple_of(page);
        #[expect(unsafe_code, reason = "madvise has no safe form")]
        // SAFETY: whether pages are dumped changes nothing that the program sees; what is no memory of it is an error.
        unsafe {
            rustix::mm::madvise(at(start), end - start, advice)?;
        }
        Ok(())
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        let _ = self.advise(rustix::mm::Advice::LinuxDoDump);
        #[expect(unsafe_code, reason = "munlock has no safe form")]
        // SAFETY: as mlock. Pages that are gone are an error, and nothing is left to be done for them.
        let _ = unsafe { rustix::mm::munlock(at(self.address), self.length) };
    }
}

fn at(address: usize) -> *mut c_void {
    ptr::without_provenance_mut(address)
}

/// Asks for large pages under memory that is about to be filled: a fault for every 4 KiB of a large buffer takes longer than to
/// write it. This is advice, and nothing changes where the system cannot take it.
pub fn prefer_large_pages<T>(memory: &mut [MaybeUninit<T>]) {
    #[cfg(target_os = "linux")]
    {
        let page = rustix::param::page_size();
        let (address, length) = (memory.as_mut_ptr().addr(), size_of_val(memory));
        let start = address.next_multiple_of(page);
        let whole = (address + length).saturating_sub(start);
        #[expect(unsafe_code, reason = "madvise has no safe form")]
        // SAFETY: the size of pages changes nothing that the program sees; what is no memory of it is an error.
        let _ = unsafe {
            let advice = rustix::mm::Advice::LinuxHugepage;
            rustix::mm::madvise(at(start), whole - whole % page, advice)
        };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// From here on no other process of the same person can read or trace this one, and no dump of it is written.
///
/// # Errors
/// What the system says.
pub fn close_to_others() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Programs that this one starts get none of its open files but the three that they are given: a shell passes on what it
/// has open for this program alone.
///
/// # Errors
/// What the system says.
pub fn keep_descriptors() -> io::Result<()> {
    for entry in std::fs::read_dir("/dev/fd")? {
        let name = entry?.file_name();
        let number: Option<RawFd> = name.to_str().and_then(|name| name.parse().ok());
        let Some(number) = number.filter(|number| *number > 2) else {
            continue;
        };
        #[expect(
            unsafe_code,
            reason = "a descriptor that a shell left open has no owner here"
        )]
        // SAFETY: it is used for this one call, which closes nothing and fails where there is no such descriptor.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        // The folder itself was one of them, and is closed by now.
        let _ = rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC);
    }
    Ok(())
}

/// The stream socket that this process was given for its standard input.
///
/// # Errors
/// Where there is no descriptor, or it is no socket.
pub fn given_socket() -> io::Result<UnixStream> {
    let stream = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
    // What is no socket has no peer.
    stream.peer_addr()?;
    Ok(stream)
}

/// The user of the process at the other end.
///
/// # Errors
/// What the system says.
pub fn peer_user(stream: &UnixStream) -> io::Result<u32> {
    #[cfg(target_os = "linux")]
    {
        Ok(rustix::net::sockopt::socket_peercred(stream)?.uid.as_raw())
    }
    #[cfg(not(target_os = "linux"))]
    {
        use std::os::fd::AsRawFd;
        let (mut user, mut group) = (0, 0);
        #[expect(unsafe_code, reason = "getpeereid has no safe form")]
        // SAFETY: the descriptor is open, and both places are ours.
        let done = unsafe { libc::getpeereid(stream.as_raw_fd(), &raw mut user, &raw mut group) };
        if done == 0 {
            Ok(user)
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// KiB of locked memory, as the system counts it.
    #[cfg(target_os = "linux")]
    fn locked() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmLck:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.unwrap().parse().unwrap()
    }

    /// One of them counts what is locked, and another locks.
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[test]
    #[cfg(target_os = "linux")]
    fn pinned_bytes_are_locked_until_they_are_let_go() {
        let _alone = ONE_AT_A_TIME.lock();
        let before = locked();
        let key = Box::new([7; 32]);
        let pinned = Pinned::holding(&key[..]).unwrap();
        assert!(locked() > before);
        drop(pinned);
        assert_eq!(locked(), before);
    }

    /// Bytes at the start of a page of their own.
    #[repr(align(16384))]
    struct Page([u8; 16384]);

    /// What the system knows of the memory that begins there.
    #[cfg(target_os = "linux")]
    fn flags_at(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let begins = format!("{address:x}-");
        let (_, here) = maps.split_once(&begins).unwrap_or_default();
        let flags = here.lines().find(|line| line.starts_with("VmFlags:"));
        flags.unwrap_or_default().to_owned()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn whole_pages_of_what_is_to_be_filled_may_be_large_and_no_others() {
        let _alone = ONE_AT_A_TIME.lock();
        if !std::fs::exists("/sys/kernel/mm/transparent_hugepage").unwrap() {
            return; // nothing to be had
        }
        let mut memory: Vec<Page> = Vec::with_capacity(1024);
        let address = memory.as_ptr().addr();
        let spare = memory.spare_capacity_mut();
        prefer_large_pages(&mut spare[1..2]);
        assert!(flags_at(address + 16384).contains(" hg"));
        assert!(!flags_at(address + 2 * 16384).contains(" hg"));
        prefer_large_pages::<Page>(&mut []);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_pinned_page_is_in_no_dump() {
        let _alone = ONE_AT_A_TIME.lock();
        let page = Box::new(Page([7; 16384]));
        let flags = || flags_at(page.0.as_ptr().addr());
        let pinned = Pinned::holding(&page.0[..32]).unwrap();
        let held = flags();
        assert!(held.contains(" dd") && held.contains(" lo"), "{held}");
        drop(pinned);
        assert!(!flags().contains(" dd"));
    }

    #[test]
    fn letting_go_of_what_is_gone_does_no_harm() {
        let _alone = ONE_AT_A_TIME.lock();
        let key = vec![7; 32];
        let pinned = Pinned::holding(&key).unwrap();
        drop(key);
        drop(pinned);
        let nowhere = Pinned {
            address: 0,
            length: 32,
        };
        drop(nowhere);
    }

    #[test]
    fn the_peer_of_an_own_socket_is_this_user() {
        let (one, _other) = UnixStream::pair().unwrap();
        let user = rustix::process::geteuid().as_raw();
        assert_eq!(peer_user(&one).unwrap(), user);
    }
}
