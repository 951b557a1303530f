//! The shifted coordinates of domestic internet maps: GCJ-02 (高德, 腾讯) and BD-09 (百度), both ways.
//!
//! The shift has no published definition; this is the formula that all open libraries share. It is applied to
//! WGS-84, taken as equal to CGCS2000 (domain rule 9.1). The result is good to 1–5 m at best, never better
//! than accuracy class C. Outside the rectangle around China GCJ-02 is the identity.

use std::f64::consts::PI;

use crate::{Bbox, Point};

/// The rectangle in which the shift applies, and in which a coordinate may be Chinese at all; as in gcoord
/// and eviltransform.
pub const CHINA: Bbox = Bbox::new(72.004, 0.8293, 137.8347, 55.8271);

const X_PI: f64 = PI * 3000.0 / 180.0;

/// Rounds of the inverses. Each shrinks the error about a thousandfold, so the last bit is reached after six.
const ROUNDS: usize = 12;

/// GCJ-02 (火星坐标) of a WGS-84 position.
#[must_use]
pub fn wgs84_to_gcj02(p: Point) -> Point {
    if CHINA.contains(p) { gcj_shift(p) } else { p }
}

/// WGS-84 of a GCJ-02 position, error below 1e-12°.
#[must_use]
pub fn gcj02_to_wgs84(p: Point) -> Point {
    if CHINA.contains(p) { invert(gcj_shift, p) } else { p }
}

/// BD-09 (百度坐标) of a GCJ-02 position.
#[must_use]
pub fn gcj02_to_bd09(p: Point) -> Point {
    let z = p.lng.hypot(p.lat) + 0.000_02 * (p.lat * X_PI).sin();
    let theta = p.lat.atan2(p.lng) + 0.000_003 * (p.lng * X_PI).cos();
    Point::new(z * theta.cos() + 0.0065, z * theta.sin() + 0.006)
}

/// GCJ-02 of a BD-09 position, error below 1e-12°.
#[must_use]
pub fn bd09_to_gcj02(p: Point) -> Point {
    invert(gcj02_to_bd09, p)
}

/// Fixed point: the shift changes slowly, so the shift at the guess is nearly the shift at the answer.
fn invert(shift: impl Fn(Point) -> Point, p: Point) -> Point {
    let mut guess = p;
    for _ in 0..ROUNDS {
        let reached = shift(guess);
        guess = Point::new(guess.lng + p.lng - reached.lng, guess.lat + p.lat - reached.lat);
    }
    guess
}

fn gcj_shift(p: Point) -> Point {
    // Krassovsky's ellipsoid, with the digits that every implementation carries.
    let (a, ee) = (6_378_245.0, 0.006_693_421_622_965_943);
    let (x, y) = (p.lng - 105.0, p.lat - 35.0);
    let wave = |v: f64| (v * PI).sin();
    let common = (20.0 * wave(6.0 * x) + 20.0 * wave(2.0 * x)) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + (20.0 * wave(y) + 40.0 * wave(y / 3.0)) * 2.0 / 3.0
        + (160.0 * wave(y / 12.0) + 320.0 * wave(y / 30.0)) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + (20.0 * wave(x) + 40.0 * wave(x / 3.0)) * 2.0 / 3.0
        + (150.0 * wave(x / 12.0) + 300.0 * wave(x / 30.0)) * 2.0 / 3.0;
    let (sin, cos) = p.lat.to_radians().sin_cos();
    let magic = 1.0 - ee * sin * sin;
    let meridian = a * (1.0 - ee) / (magic * magic.sqrt());
    let parallel = a / magic.sqrt() * cos;
    Point::new(p.lng + (east / parallel).to_degrees(), p.lat + (north / meridian).to_degrees())
}
