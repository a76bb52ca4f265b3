//! Earlier generations of the vault: encrypted as they were, for `undo` and for the day when the newest is damaged.
//! They are thinned, so that the few that are kept reach back over hours, days and weeks (vault-format.md section 9).

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use authr_core::vault::{Generation, MAX_FILE_BYTES, saved_at};

use super::atomic::{self, Existing};
use super::error::StoreError;
use super::paths::create_private_dir;
use super::place;

/// How many of them are the newest, whatever their age.
const NEWEST: usize = 3;
/// Of how many more hours, days and weeks the newest is kept, with their seconds.
const SPANS: [(u64, usize); 3] = [(60 * 60, 2), (24 * 60 * 60, 3), (7 * 24 * 60 * 60, 2)];
const SUFFIX: &str = ".authr";
/// Enough of a file to tell when it was saved.
const START_BYTES: u64 = 4096;

/// One earlier generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Which one.
    pub(crate) generation: Generation,
    /// Its file.
    pub(crate) path: PathBuf,
}

/// The kept generations, newest first.
pub(crate) fn list(folder: &Path) -> Result<Vec<Kept>, StoreError> {
    let failed = || StoreError::io("read", folder);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let mut kept = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed())?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(SUFFIX));
        let generation = number
            .and_then(|number| number.parse().ok())
            .and_then(Generation::new);
        if let Some(generation) = generation {
            kept.push(Kept { generation, path });
        }
    }
    kept.sort_by_key(|kept| std::cmp::Reverse(kept.generation));
    Ok(kept)
}

/// Keeps the present vault file as this generation, by a second name for it. Nothing is copied but from another disk, where the
/// vault is a link to that.
pub(crate) fn keep(vault: &Path, folder: &Path, generation: Generation) -> Result<(), StoreError> {
    create_private_dir(folder)?;
    let path = folder.join(format!("{generation:020}{SUFFIX}"));
    match std::fs::hard_link(vault, &path) {
        Ok(()) => Ok(()),
        // A save that was killed after this step is made again.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => copy(vault, &path),
        Err(error) => Err(StoreError::io("write", &path)(error)),
    }
}

fn copy(vault: &Path, path: &Path) -> Result<(), StoreError> {
    let bytes = atomic::read_own(vault, MAX_FILE_BYTES)?;
    match atomic::write(path, &bytes, Existing::Refuse) {
        Err(StoreError::Exists { .. }) => Ok(()),
        other => other,
    }
}

/// Removes what is not to be kept. Where there are no more than `most`, no file is looked at.
pub(crate) fn thin(folder: &Path, most: usize) -> Result<(), StoreError> {
    let kept = list(folder)?;
    if kept.len() <= most {
        return Ok(());
    }
    let times = kept.iter().map(|kept| time(&kept.path)).collect::<Vec<_>>();
    let stays = staying(&times, most);
    let mut gone = kept.iter().zip(stays).filter(|(_, stays)| !stays);
    gone.try_for_each(|(kept, _)| remove(&kept.path))
}

/// When a generation was saved; 0 for what cannot be read as a vault, which is then the oldest of all.
fn time(path: &Path) -> u64 {
    if place::look_at(path).is_err() {
        return 0;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START_BYTES).read_to_end(&mut start));
    read.ok().and_then(|_| saved_at(&start)).unwrap_or_default()
}

/// Which of the generations stay, newest first: the newest few; then, while there is room, the newest of other hours, days and
/// weeks; then whatever is newest.
fn staying(times: &[u64], most: usize) -> Vec<bool> {
    let mut stays: Vec<bool> = (0..times.len()).map(|at| at < NEWEST.min(most)).collect();
    let mut room = most.saturating_sub(stays.iter().filter(|stays| **stays).count());
    for (seconds, count) in SPANS {
        for _ in 0..count {
            if room == 0 {
                break;
            }
            let is_new = |at: &usize| {
                let same = |other: &usize| times[*other] / seconds == times[*at] / seconds;
                !(0..times.len())
                    .filter(|other| stays[*other])
                    .any(|other| same(&other))
            };
            if let Some(at) = (0..times.len()).find(is_new) {
                stays[at] = true;
                room -= 1;
            }
        }
    }
    for stays in &mut stays {
        if !*stays && room > 0 {
            *stays = true;
            room -= 1;
        }
    }
    stays
}

/// Removes every kept generation.
pub(crate) fn remove_all(folder: &Path) -> Result<(), StoreError> {
    list(folder)?.iter().try_for_each(|kept| remove(&kept.path))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_file(path).map_err(StoreError::io("remove", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: usize = 10;
    const MINUTE: u64 = 60;
    const DAY: u64 = 24 * 60 * MINUTE;

    /// What is left, newest first, after saves at these times.
    fn after(saves: impl Iterator<Item = u64>) -> Vec<u64> {
        after_keeping(KEPT, saves)
    }

    fn after_keeping(most: usize, saves: impl Iterator<Item = u64>) -> Vec<u64> {
        let mut kept: Vec<u64> = Vec::new();
        for time in saves {
            kept.insert(0, time);
            let stays = staying(&kept, most);
            let both = kept.iter().zip(stays).filter(|(_, stays)| *stays);
            kept = both.map(|(time, _)| *time).collect();
        }
        kept
    }

    #[test]
    fn ten_saves_in_a_minute_are_all_kept_and_of_eleven_the_newest_ten() {
        assert_eq!(after(0..10).len(), 10);
        assert_eq!(after(0..11), (1..11).rev().collect::<Vec<_>>());
    }

    #[test]
    fn saves_every_ten_minutes_for_ten_weeks_leave_hours_days_and_weeks() {
        let end = 1_700_000_000 / DAY * DAY + 13 * 60 * MINUTE;
        let begin = end - 70 * DAY;
        let saves = (begin..=end).step_by(usize::try_from(10 * MINUTE).unwrap());
        let ages: Vec<u64> = after(saves).iter().map(|time| end - time).collect();
        assert_eq!(ages.len(), KEPT);
        assert_eq!(ages[..4], [0, 10 * MINUTE, 20 * MINUTE, 70 * MINUTE]);
        let older = |than: u64| ages.iter().filter(|age| **age >= than).count();
        assert!(older(12 * 60 * MINUTE) >= 5, "{ages:?}");
        assert!(older(2 * DAY) >= 3 && older(7 * DAY) >= 1, "{ages:?}");
    }

    #[test]
    fn as_many_are_kept_as_are_wanted() {
        for most in [3, 4, 9, 11, 100] {
            let saves = (0..400).map(|at| 1_700_000_000 + at * 40 * MINUTE);
            let kept = after_keeping(most, saves.clone());
            assert_eq!(kept.len(), most);
            let newest: Vec<u64> = saves.rev().take(3).collect();
            assert_eq!(kept[..3], newest);
        }
    }

    #[test]
    fn a_clock_that_goes_back_and_files_that_are_no_vaults_lose_no_newest() {
        let kept = after([9, 8, 7, 0, 0, 3, 2, 1].into_iter().cycle().take(400));
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[..3], [1, 2, 3]);
    }
}
