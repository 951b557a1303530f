//! A plan of the surroundings (位置示意图), drawn from coordinates alone: it needs no map service, no
//! tiles and no key, and shows what a crew must know, namely which of several covers is meant.

use serde::{Deserialize, Serialize};

/// Surroundings of a well, in metres east and north of it; the well itself is at the centre.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sketch {
    /// Half the side of the square shown, metres; must be above zero.
    pub half_width_m: f64,
    /// Roads and pipes; what lies outside the square is cut off.
    pub lines: Vec<SketchLine>,
    /// Neighbouring wells; those outside the square are left out.
    pub points: Vec<SketchPoint>,
}

/// A line of a sketch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SketchLine {
    /// What it is.
    pub kind: SketchLineKind,
    /// East and north of the well, metres; at least two points.
    pub points: Vec<[f64; 2]>,
}

/// What a line of a sketch stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SketchLineKind {
    /// 道路 (边线或中线)
    Road,
    /// 管线
    Pipe,
}

/// A neighbouring well of a sketch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SketchPoint {
    /// Metres east of the well.
    pub east_m: f64,
    /// Metres north of the well.
    pub north_m: f64,
    /// Short name beside the point.
    pub name: Option<String>,
}

/// Lengths a scale bar may have, metres.
const BARS_M: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0];

/// The longest part of a sketch's side that the scale bar takes.
const BAR_PART: f64 = 0.35;

impl Sketch {
    /// The sketch as the template needs it (inside points only, with a scale bar), or nothing if it
    /// has no extent.
    pub(super) fn prepared(&self) -> Option<Prepared> {
        if !(self.half_width_m.is_finite() && self.half_width_m > 0.0) {
            return None;
        }
        let inside =
            |p: &&SketchPoint| p.east_m.abs() <= self.half_width_m && p.north_m.abs() <= self.half_width_m;
        let lines = self.lines.iter().filter(|line| is_drawable(line)).cloned().collect();
        let points = self.points.iter().filter(inside).cloned().collect();
        let longest = 2.0 * self.half_width_m * BAR_PART;
        let bar = BARS_M.iter().copied().rfind(|bar| *bar <= longest).unwrap_or(longest);
        Some(Prepared { half: self.half_width_m, lines, points, bar })
    }
}

/// A checked sketch.
#[derive(Serialize)]
pub(super) struct Prepared {
    half: f64,
    lines: Vec<SketchLine>,
    points: Vec<SketchPoint>,
    /// Length of the scale bar, metres.
    bar: f64,
}

fn is_drawable(line: &SketchLine) -> bool {
    line.points.len() >= 2 && line.points.iter().flatten().all(|v| v.is_finite())
}
