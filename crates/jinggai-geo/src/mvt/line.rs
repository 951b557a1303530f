//! A line in a tile: brought to tile units, made simpler, cut at the buffer, written as commands.

use super::{BUFFER, EXTENT, MOVE_TO_ONE, zigzag};
use crate::{Point, TileId};

type Place = (f64, f64);

/// Command 2 (LineTo), to be repeated.
const LINE_TO: u64 = 2;

/// The geometry's numbers; none when nothing of the line is to be drawn, or a point of it is no position.
pub(super) fn geometry(tile: TileId, points: &[Point], tolerance: f64) -> Vec<u64> {
    if points.iter().any(|p| !p.is_valid()) {
        return vec![];
    }
    let extent = f64::from(EXTENT);
    let places: Vec<Place> = points
        .iter()
        .map(|p| {
            let (x, y) = tile.place(*p);
            (x * extent, y * extent)
        })
        .collect();
    let mut out = vec![];
    let mut at = (0, 0);
    for part in clip(&places) {
        let part = thin(&part, tolerance / 2.0);
        let mut simple = vec![];
        let mut rest = part.as_slice();
        // In pieces that share an end: a hostile line of a million points costs no million times a million.
        while rest.len() > PIECE {
            simple.extend(simplify(&rest[..PIECE], tolerance));
            rest = &rest[PIECE - 1..];
        }
        simple.extend(simplify(rest, tolerance));
        write(&simple, &mut at, &mut out);
    }
    out
}

/// Points that are made simpler together.
const PIECE: usize = 1000;

/// Leaves out what is nearer than this to the point before: far away most of a line.
fn thin(line: &[Place], near: f64) -> Vec<Place> {
    let mut out: Vec<Place> = vec![];
    for (i, p) in line.iter().enumerate() {
        let last = i + 1 == line.len();
        if last || out.last().is_none_or(|q| (p.0 - q.0).hypot(p.1 - q.1) > near) {
            out.push(*p);
        }
    }
    out
}

/// Douglas-Peucker without recursion.
fn simplify(line: &[Place], tolerance: f64) -> Vec<Place> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[line.len() - 1] = true;
    let mut open = vec![(0, line.len() - 1)];
    while let Some((a, b)) = open.pop() {
        let far =
            (a + 1..b).map(|i| (i, distance(line[i], line[a], line[b]))).max_by(|p, q| p.1.total_cmp(&q.1));
        if let Some((i, d)) = far
            && d > tolerance
        {
            keep[i] = true;
            open.extend([(a, i), (i, b)]);
        }
    }
    line.iter().zip(keep).filter(|(_, k)| *k).map(|(p, _)| *p).collect()
}

/// Distance of a point from a segment.
fn distance(p: Place, a: Place, b: Place) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}

/// The parts of a line within the tile and its buffer.
fn clip(line: &[Place]) -> Vec<Vec<Place>> {
    let mut parts: Vec<Vec<Place>> = vec![];
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        let Some((from, to)) = clip_segment(*a, *b) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// Liang-Barsky.
fn clip_segment(a: Place, b: Place) -> Option<(Place, Place)> {
    let (low, high) = (-f64::from(BUFFER), f64::from(EXTENT + BUFFER));
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (start, delta) in [(a.0, b.0 - a.0), (a.1, b.1 - a.1)] {
        if delta == 0.0 {
            if start < low || start > high {
                return None;
            }
            continue;
        }
        let (t, u) = ((low - start) / delta, (high - start) / delta);
        enter = enter.max(t.min(u));
        leave = leave.min(t.max(u));
    }
    let at = |t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
    // Ends within stay exactly what they are, so that the next segment joins.
    let from = if enter > 0.0 { at(enter) } else { a };
    let to = if leave < 1.0 { at(leave) } else { b };
    (enter <= leave).then_some((from, to))
}

/// Appends a part on the grid, from where the part before ended; nothing when it is shorter than the grid is fine.
fn write(part: &[Place], at: &mut (i64, i64), out: &mut Vec<u64>) {
    let mut grid: Vec<(i64, i64)> = part.iter().map(|p| (p.0.round() as i64, p.1.round() as i64)).collect();
    grid.dedup();
    let [first, rest @ ..] = grid.as_slice() else { return };
    if rest.is_empty() {
        return;
    }
    let mut step = |to: (i64, i64), out: &mut Vec<u64>| {
        out.extend([zigzag(to.0 - at.0), zigzag(to.1 - at.1)]);
        *at = to;
    };
    out.push(MOVE_TO_ONE);
    step(*first, out);
    out.push(LINE_TO | (rest.len() as u64) << 3);
    for to in rest {
        step(*to, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tile of the whole world: place (0, 0) is its north-west corner.
    const WORLD: TileId = TileId { z: 0, x: 0, y: 0 };

    fn unzigzag(v: u64) -> i64 {
        (v >> 1).cast_signed() ^ -(v & 1).cast_signed()
    }

    /// Reads the commands again.
    fn read(geometry: &[u64]) -> Vec<Vec<(i64, i64)>> {
        let (mut parts, mut at, mut i) = (vec![], (0, 0), 0);
        while i < geometry.len() {
            let (command, count) = (geometry[i] & 7, geometry[i] >> 3);
            i += 1;
            for _ in 0..count {
                at = (at.0 + unzigzag(geometry[i]), at.1 + unzigzag(geometry[i + 1]));
                i += 2;
                if command == 1 {
                    parts.push(vec![]);
                }
                parts.last_mut().unwrap().push(at);
            }
        }
        parts
    }

    #[test]
    fn a_line_within_is_drawn_through_its_corners() {
        let line = [Point::new(-90.0, 0.0), Point::new(0.0, 0.0), Point::new(0.0, 66.513_260_443)];
        let got = read(&geometry(WORLD, &line, 1.0));
        assert_eq!(got, [[(1024, 2048), (2048, 2048), (2048, 1024)]]);
        assert_eq!(geometry(WORLD, &[Point::new(0.0, 0.0), Point::new(0.001, 0.0)], 1.0), [0u64; 0]);
        assert_eq!(geometry(WORLD, &[Point::new(0.0, 0.0), Point::new(f64::NAN, 0.0)], 1.0), [0u64; 0]);
    }

    #[test]
    fn a_line_that_leaves_and_returns_is_two_parts() {
        let west = TileId { z: 1, x: 0, y: 0 };
        let line = [
            Point::new(-90.0, 45.0),
            Point::new(90.0, 45.0),
            Point::new(90.0, 40.0),
            Point::new(-90.0, 40.0),
        ];
        let parts = read(&geometry(west, &line, 1.0));
        assert_eq!(parts.len(), 2, "{parts:?}");
        assert_eq!((parts[0][0].0, parts[0][1].0, parts[1][0].0), (2048, 4160, 4160));
    }

    #[test]
    fn small_corners_go_and_large_ones_stay() {
        let line: Vec<Point> =
            (0..=100).map(|i| Point::new(f64::from(i), if i == 50 { 20.0 } else { 0.0 })).collect();
        let places: Vec<Place> = line.iter().map(|p| (p.lng, p.lat)).collect();
        assert_eq!(simplify(&places, 1.0).len(), 5);
        assert_eq!(simplify(&places, 30.0).len(), 2);
    }

    #[test]
    fn a_line_of_any_length_is_drawn_in_time() {
        let spiral: Vec<Point> = (0..200_000)
            .map(|i| {
                let turn = f64::from(i) * 0.01;
                Point::new(turn.cos() * turn * 0.04, turn.sin() * turn * 0.04)
            })
            .collect();
        let parts = read(&geometry(WORLD, &spiral, 2.0));
        assert_eq!(parts.len(), 1);
        assert!(parts[0].len() < 40_000, "{}", parts[0].len());
    }

    proptest! {
        #[test]
        fn nothing_is_drawn_outside_the_buffer(points in prop::collection::vec((-179.0..179.0f64, -85.0..85.0f64), 0..30), z in 0u8..4, x in 0u32..8, y in 0u32..8) {
            let tile = TileId { z, x: x % (1 << z), y: y % (1 << z) };
            let line: Vec<Point> = points.iter().map(|(x, y)| Point::new(*x, *y)).collect();
            for part in read(&geometry(tile, &line, 2.0)) {
                prop_assert!(part.len() > 1);
                for (x, y) in part {
                    prop_assert!((-64..=4160).contains(&x) && (-64..=4160).contains(&y), "{x} {y}");
                }
            }
        }
    }
}
