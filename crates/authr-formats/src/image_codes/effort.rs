//! What a picture may cost. The reader copies it for every three corners that may belong together, and colours a region anew once it
//! has seen 250 others: without a limit, a picture of a few kilobytes keeps it busy for hours.

use std::collections::{HashSet, VecDeque};

/// What reading one file may cost: about as many nanoseconds, some ten seconds. A photograph of 4096 × 4096 in which
/// nothing is found takes a third of it.
const MOST: u64 = 10_000_000_000;
/// What it costs to make a picture larger or smaller and to tell dark from light, for each pixel.
const A_PIXEL: u64 = 32;
/// What it costs to colour a region, for each pixel.
const A_COLOURED_PIXEL: u64 = 8;
/// How many pixels are copied at the cost of one.
const COPIED: u64 = 8;
/// How many regions the reader knows at once.
const KNOWN_REGIONS: usize = 250;

/// What is left of it.
pub(super) struct Effort {
    left: u64,
}

impl Effort {
    pub(super) fn for_one_file() -> Self {
        Self { left: MOST }
    }

    /// Whether anything is left.
    pub(super) fn goes_on(&self) -> bool {
        self.left > 0
    }

    /// Whether a picture of so many pixels may be made ready.
    pub(super) fn prepare(&mut self, pixels: u64) -> bool {
        self.left = self.left.saturating_sub(pixels.saturating_mul(A_PIXEL));
        self.goes_on()
    }

    /// Whether codes may be looked for in a picture like this.
    pub(super) fn read(&mut self, corners: &Corners) -> bool {
        let cost = corners.cost();
        let allowed = cost <= self.left;
        if allowed {
            self.left -= cost;
        }
        allowed
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
        let mut effort = Effort::for_one_file();
        let twelve = Corners {
            pixels: 4096 * 4096,
            corners: 36,
            coloured: 36 * 300_000,
        };
        assert!(effort.read(&twelve));
        let mut effort = Effort::for_one_file();
        assert!(!effort.read(&sheet(1024, 2)));
        assert!(!effort.read(&sheet(1024, 1)));
    }

    #[test]
    fn what_is_left_ends() {
        let mut effort = Effort::for_one_file();
        let picture = 4096 * 4096;
        let mut prepared = 0;
        while effort.prepare(picture) {
            prepared += 1;
        }
        assert_eq!(prepared, 18);
        assert!(!effort.prepare(1));
    }
}
