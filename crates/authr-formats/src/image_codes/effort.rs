//! What a picture may cost. The reader has no limits of its own: it copies the picture for every three corners that may belong together,
//! colours a region anew once it has seen 250 others, and looks for a mark of a code as far away as crooked corners point.
//! A picture of a few hundred bytes kept it busy for minutes, one of a few kilobytes for hours.

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::panic;

use image::{GenericImage, GenericImageView, GrayImage, Luma};

/// What reading one file may cost: about as many nanoseconds, some ten seconds. A photograph of 4096 × 4096 in which
/// nothing is found takes a third of it.
const MOST: u64 = if cfg!(fuzzing) {
    20_000_000
} else {
    10_000_000_000
};
/// The most that one of several ways to read a picture may cost: another one may find what this one looks for in vain.
const MOST_OF_ONE_WAY: u64 = MOST / 4;
/// What it costs to look at a place, in the picture or beside it.
const A_LOOK: u64 = 3;
/// What it costs to make a picture larger or smaller, for each pixel.
const A_PIXEL: u64 = 24;
/// What it costs to colour a region, for each pixel.
const A_COLOURED_PIXEL: u64 = 8;
/// How many pixels are copied at the cost of one.
const COPIED: u64 = 8;
/// How many regions the reader knows at once.
const KNOWN_REGIONS: usize = 250;

/// What is left of it.
pub(super) struct Effort {
    left: Cell<u64>,
    /// How little may be left when the way that is tried now is given up.
    spared: Cell<u64>,
}

impl Effort {
    pub(super) fn for_one_file() -> Self {
        Self {
            left: Cell::new(MOST),
            spared: Cell::new(MOST - MOST_OF_ONE_WAY),
        }
    }

    /// Whether anything is left.
    pub(super) fn goes_on(&self) -> bool {
        self.left.get() > 0
    }

    /// Begins another way to read: whether a picture of so many pixels may be made ready for it.
    pub(super) fn prepare(&self, pixels: u64) -> bool {
        let cost = pixels.saturating_mul(A_PIXEL);
        let left = self.left.get().saturating_sub(cost);
        self.left.set(left);
        self.spared.set(left.saturating_sub(MOST_OF_ONE_WAY));
        self.goes_on()
    }

    /// Whether codes may be looked for among these corners: in the time that goes before a pixel is looked at, nothing is counted.
    pub(super) fn allows(&self, corners: &Corners) -> bool {
        corners.cost() <= self.left.get()
    }

    /// Takes off what is done now, and gives up the way that is tried where it costs too much: that unwinds past the reader, and no
    /// hook hears of it.
    fn spend(&self, cost: u64) {
        let left = self.left.get().saturating_sub(cost);
        self.left.set(left);
        if left <= self.spared.get() {
            panic::resume_unwind(Box::new("a picture costs too much"));
        }
    }
}

/// A picture that counts what is done to it. Its user catches the end of the effort.
pub(super) struct Metered<'a> {
    pub(super) picture: GrayImage,
    pub(super) effort: &'a Effort,
}

impl Clone for Metered<'_> {
    fn clone(&self) -> Self {
        self.effort.spend(number(self.picture.len()) / COPIED);
        Self {
            picture: self.picture.clone(),
            effort: self.effort,
        }
    }
}

impl GenericImageView for Metered<'_> {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        // The reader asks for each place that it looks at, also for those beside the picture.
        self.effort.spend(A_LOOK);
        self.picture.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.effort.spend(A_LOOK);
        *self.picture.get_pixel(x, y)
    }
}

impl GenericImage for Metered<'_> {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.effort.spend(A_LOOK);
        self.picture.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.effort.spend(A_LOOK);
        self.picture.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}

/// What the reader will take for the corner of a code.
pub(super) struct Corners {
    pixels: u64,
    corners: u64,
    coloured: u64,
}

impl Corners {
    /// Those of a picture, by the rules of the reader (rqrr's `capstones_from_image`): in a line, dark and light as 1:1:3:1:1; the first and the
    /// last dark part hang together, the middle one does not belong to them, and is neither too small nor too large.
    pub(super) fn of(width: usize, height: usize, is_dark: impl Fn(usize, usize) -> bool) -> Self {
        let lines = Lines::of(width, height, is_dark);
        let mut found = Self {
            pixels: number(width).saturating_mul(number(height)),
            corners: 0,
            coloured: 0,
        };
        let (mut rings, mut known) = (HashSet::new(), VecDeque::new());
        for line in &lines.lines {
            for [first, stone, last] in line.array_windows() {
                if !is_pattern(*first, *stone, *last) {
                    continue;
                }
                let (ring, stone) = (lines.regions.root(last.run), lines.regions.root(stone.run));
                for region in [ring, stone] {
                    if !known.contains(&region) {
                        found.coloured += number(lines.regions.pixels[region]);
                        known.push_back(region);
                        if known.len() > KNOWN_REGIONS {
                            known.pop_front();
                        }
                    }
                }
                let size = |region: usize| lines.regions.pixels[region];
                let ratio = size(stone) * 100 / size(ring);
                let hangs_together = lines.regions.root(first.run) == ring && ring != stone;
                if hangs_together && (11..70).contains(&ratio) && rings.insert(ring) {
                    found.corners += 1;
                }
            }
        }
        found
    }

    fn cost(&self) -> u64 {
        // Of all threes, those whose sides are about as long and stand upright on each other.
        let threes = self.corners.saturating_pow(3) / 32;
        let copied = threes.saturating_mul(self.pixels) / COPIED;
        copied.saturating_add(self.coloured.saturating_mul(A_COLOURED_PIXEL))
    }
}

/// Dark pixels beside each other.
#[derive(Clone, Copy)]
struct Run {
    from: usize,
    to: usize,
    /// Its number in all of the picture.
    run: usize,
}

impl Run {
    fn length(self) -> usize {
        self.to - self.from
    }
}

fn is_pattern(first: Run, stone: Run, last: Run) -> bool {
    let parts = [
        first.length(),
        stone.from - first.to,
        stone.length(),
        last.from - stone.to,
        last.length(),
    ];
    let average = (parts[0] + parts[1] + parts[3] + parts[4]) / 4;
    let off = average * 3 / 4;
    let fits = |(length, times): (usize, usize)| {
        (times * average - off..=times * average + off).contains(&length)
    };
    parts.into_iter().zip([1, 1, 3, 1, 1]).all(fits)
}

/// The dark runs of each line, and which hang together.
struct Lines {
    lines: Vec<Vec<Run>>,
    regions: Regions,
}

impl Lines {
    fn of(width: usize, height: usize, is_dark: impl Fn(usize, usize) -> bool) -> Self {
        let mut lines: Vec<Vec<Run>> = Vec::with_capacity(height);
        let mut regions = Regions::default();
        for y in 0..height {
            let mut line: Vec<Run> = Vec::new();
            let mut begun = None;
            for x in 0..=width {
                match (x < width && is_dark(x, y), begun) {
                    (true, None) => begun = Some(x),
                    (false, Some(from)) => {
                        let run = regions.add(x - from);
                        line.push(Run { from, to: x, run });
                        begun = None;
                    }
                    _ => {}
                }
            }
            let above = lines.last().map_or(&[][..], Vec::as_slice);
            let mut above = above.iter().peekable();
            for run in &line {
                while let Some(other) = above.peek() {
                    if other.from < run.to && run.from < other.to {
                        regions.join(other.run, run.run);
                    }
                    if other.to > run.to {
                        break; // it may touch the next one too
                    }
                    above.next();
                }
            }
            lines.push(line);
        }
        Self { lines, regions }
    }
}

/// Which runs hang together: each points to one that it hangs together with, the first of all to itself.
#[derive(Default)]
struct Regions {
    next: Vec<usize>,
    /// How many pixels hang together, where a run points to itself.
    pixels: Vec<usize>,
}

impl Regions {
    fn add(&mut self, pixels: usize) -> usize {
        self.next.push(self.next.len());
        self.pixels.push(pixels);
        self.next.len() - 1
    }

    fn root(&self, mut run: usize) -> usize {
        while self.next[run] != run {
            run = self.next[run];
        }
        run
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return;
        }
        // The smaller one points to the larger one, so that no way becomes long.
        let (from, to) = if self.pixels[one] < self.pixels[other] {
            (one, other)
        } else {
            (other, one)
        };
        self.next[from] = to;
        self.pixels[to] += self.pixels[from];
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Corners of codes in rows and columns, `unit` pixels a module.
    fn sheet(side: usize, unit: usize) -> Corners {
        let module = |at: usize| at / unit % 9;
        Corners::of(side, side, move |x, y| {
            let (x, y) = (module(x), module(y));
            let ring = x < 7 && y < 7 && (x % 6 == 0 || y % 6 == 0);
            ring || ((2..5).contains(&x) && (2..5).contains(&y))
        })
    }

    #[test]
    fn every_corner_is_counted_once() {
        for unit in [1, 2, 5] {
            assert_eq!(sheet(9 * unit * 4, unit).corners, 16, "{unit}");
        }
        assert_eq!(Corners::of(64, 64, |_, _| false).corners, 0);
        assert_eq!(Corners::of(64, 64, |x, y| (x + y) % 2 == 0).corners, 0);
    }

    #[test]
    fn a_sheet_of_twelve_codes_may_be_read_and_one_of_nothing_but_corners_not() {
        let effort = Effort::for_one_file();
        let twelve = Corners {
            pixels: 4096 * 4096,
            corners: 36,
            coloured: 36 * 300_000,
        };
        assert!(effort.allows(&twelve));
        assert!(!effort.allows(&sheet(1024, 2)));
        assert!(!effort.allows(&sheet(1024, 1)));
    }

    #[test]
    fn what_is_left_ends() {
        let effort = Effort::for_one_file();
        let picture = 4096 * 4096;
        let mut prepared = 0;
        while effort.prepare(picture) {
            prepared += 1;
        }
        assert_eq!(prepared, 24);
        assert!(!effort.prepare(1));
    }

    #[test]
    fn one_way_to_read_ends_with_its_share_and_the_next_one_goes_on() {
        let effort = Effort::for_one_file();
        let gives_up = |cost| panic::catch_unwind(panic::AssertUnwindSafe(|| effort.spend(cost)));
        for _ in 0..3 {
            assert!(effort.prepare(0));
            assert!(gives_up(MOST_OF_ONE_WAY - 1).is_ok());
            assert!(gives_up(1).is_err());
        }
        assert!(effort.prepare(0));
        assert!(gives_up(MOST_OF_ONE_WAY).is_err());
        assert!(!effort.prepare(0), "the file has had all of it");
    }
}
