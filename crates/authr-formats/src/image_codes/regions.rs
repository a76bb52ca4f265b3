//! The parts of a picture that may be codes of their own. Beside each other, the corners of several codes look like those
//! of one more; alone, each is read.

use std::collections::HashSet;

use image::{GrayImage, Luma};

use super::MAX_CODES;

/// How many cells the longer side of a picture is looked at in: a sheet of twelve codes has several between two of them.
const CELLS: u32 = 160;
/// The least side of a region, in cells. A smaller one is read with the whole picture.
const LEAST: u32 = 8;
/// How far light and dark lie apart in a cell that is part of a code.
const CONTRAST: u8 = 64;

/// A region, alone on white.
pub(super) struct Region {
    pub(super) picture: GrayImage,
    /// Whether it is as wide as high: then it is most likely a code.
    pub(super) is_square: bool,
}

/// Where something is drawn.
struct Cells {
    across: u32,
    down: u32,
    side: u32,
    busy: Vec<bool>,
}

/// The regions of a picture, from the top: none where there are not two.
pub(super) struct Regions<'p> {
    picture: &'p GrayImage,
    cells: Cells,
    groups: Vec<Group>,
}

impl<'p> Regions<'p> {
    pub(super) fn of(picture: &'p GrayImage) -> Self {
        let cells = Cells::of(picture);
        let large = |group: &Group| group.width().min(group.height()) >= LEAST;
        let mut groups: Vec<Group> = cells.groups().into_iter().filter(large).collect();
        groups.truncate(MAX_CODES);
        if groups.len() < 2 {
            groups.clear();
        }
        Self {
            picture,
            cells,
            groups,
        }
    }

    /// One after the other: each can be as large as the picture.
    pub(super) fn iter(&self) -> impl Iterator<Item = Region> {
        self.groups.iter().map(|group| Region {
            picture: self.cells.cut(self.picture, group),
            is_square: group.width().abs_diff(group.height()) * 5 <= group.width(),
        })
    }
}

/// Cells that hang together.
struct Group {
    cells: Vec<(u32, u32)>,
    from: (u32, u32),
    to: (u32, u32),
}

impl Group {
    fn width(&self) -> u32 {
        self.to.0 - self.from.0 + 1
    }

    fn height(&self) -> u32 {
        self.to.1 - self.from.1 + 1
    }
}

impl Cells {
    fn of(picture: &GrayImage) -> Self {
        let side = (picture.width().max(picture.height()) / CELLS).max(4);
        let (across, down) = (
            picture.width().div_ceil(side),
            picture.height().div_ceil(side),
        );
        let places = (0..down).flat_map(|y| (0..across).map(move |x| (x, y)));
        let busy = places.map(|(x, y)| {
            let (mut dark, mut light) = (u8::MAX, u8::MIN);
            for Luma([shade]) in pixels(picture, x * side, y * side, side) {
                (dark, light) = (dark.min(shade), light.max(shade));
            }
            light.saturating_sub(dark) >= CONTRAST
        });
        Self {
            across,
            down,
            side,
            busy: busy.collect(),
        }
    }

    fn index(&self, (x, y): (u32, u32)) -> usize {
        usize::try_from(y * self.across + x).unwrap_or(usize::MAX)
    }

    fn is_busy(&self, at: (u32, u32)) -> bool {
        self.busy.get(self.index(at)).copied().unwrap_or(false)
    }

    fn groups(&self) -> Vec<Group> {
        let mut seen = vec![false; self.busy.len()];
        let mut groups = Vec::new();
        for first in (0..self.down).flat_map(|y| (0..self.across).map(move |x| (x, y))) {
            let mut group = Group {
                cells: Vec::new(),
                from: first,
                to: first,
            };
            let mut waiting = vec![first];
            while let Some((x, y)) = waiting.pop() {
                let inside = x < self.across && y < self.down && self.is_busy((x, y));
                match seen.get_mut(self.index((x, y))) {
                    Some(seen) if inside && !*seen => *seen = true,
                    _ => continue,
                }
                group.cells.push((x, y));
                group.from = (group.from.0.min(x), group.from.1.min(y));
                group.to = (group.to.0.max(x), group.to.1.max(y));
                waiting.extend([(x + 1, y), (x, y + 1)]);
                waiting.extend(x.checked_sub(1).map(|x| (x, y)));
                waiting.extend(y.checked_sub(1).map(|y| (x, y)));
            }
            if !group.cells.is_empty() {
                groups.push(group);
            }
        }
        groups
    }

    /// The part of the picture that a group lies in, without other groups, with white around.
    fn cut(&self, picture: &GrayImage, group: &Group) -> GrayImage {
        let around = 2 * self.side;
        let mut cut = GrayImage::from_pixel(
            group.width() * self.side + 2 * around,
            group.height() * self.side + 2 * around,
            Luma([255]),
        );
        let own: HashSet<(u32, u32)> = group.cells.iter().copied().collect();
        let rows = group.from.1..=group.to.1;
        let cells = rows.flat_map(|y| (group.from.0..=group.to.0).map(move |x| (x, y)));
        // A cell that is dark all over belongs to it too.
        for (x, y) in cells.filter(|cell| own.contains(cell) || !self.is_busy(*cell)) {
            let (left, top) = (x * self.side, y * self.side);
            let shift = |at: u32, from: u32| at - from * self.side + around;
            for down in top..(top + self.side).min(picture.height()) {
                for right in left..(left + self.side).min(picture.width()) {
                    let place = (shift(right, group.from.0), shift(down, group.from.1));
                    cut.put_pixel(place.0, place.1, *picture.get_pixel(right, down));
                }
            }
        }
        cut
    }
}

/// The pixels of a square, as far as it lies in the picture.
fn pixels(
    picture: &GrayImage,
    left: u32,
    top: u32,
    side: u32,
) -> impl Iterator<Item = Luma<u8>> + '_ {
    let down = top..(top + side).min(picture.height());
    down.flat_map(move |y| {
        let right = left..(left + side).min(picture.width());
        right.map(move |x| *picture.get_pixel(x, y))
    })
}
