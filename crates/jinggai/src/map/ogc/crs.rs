//! The coordinate systems of the answers: by their URIs, each with the axis order that its authority prescribes.
//!
//! Only those whose way from the store's CGCS2000 needs no parameters. Shifted systems (GCJ-02) have no URI and are not
//! offered: what leaves here is where things are.
use jinggai_geo::{Axes, Bbox, Crs, Point, Transform, degrees_of_mercator};

/// A coordinate system that can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OgcCrs {
    /// WGS 84 longitude, latitude: the default of the standard.
    #[default]
    Crs84,
    /// CGCS2000 latitude, longitude: what the store holds.
    Cgcs2000,
    /// WGS 84 latitude, longitude.
    Wgs84,
    /// Web Mercator, metres.
    WebMercator,
}

impl OgcCrs {
    /// Every one, the default first.
    pub const ALL: [OgcCrs; 4] = [OgcCrs::Crs84, OgcCrs::Cgcs2000, OgcCrs::Wgs84, OgcCrs::WebMercator];

    /// The system of the store.
    pub const STORAGE: OgcCrs = OgcCrs::Cgcs2000;

    /// The URI.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            OgcCrs::Crs84 => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            OgcCrs::Cgcs2000 => "http://www.opengis.net/def/crs/EPSG/0/4490",
            OgcCrs::Wgs84 => "http://www.opengis.net/def/crs/EPSG/0/4326",
            OgcCrs::WebMercator => "http://www.opengis.net/def/crs/EPSG/0/3857",
        }
    }

    /// From the URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<OgcCrs> {
        Self::ALL.into_iter().find(|c| c.uri() == uri)
    }

    fn axes(self) -> Axes {
        match self {
            OgcCrs::Crs84 | OgcCrs::WebMercator => Axes::EastNorth,
            OgcCrs::Cgcs2000 | OgcCrs::Wgs84 => Axes::NorthEast,
        }
    }

    /// The coordinates of a place, in the order of the axes.
    #[must_use]
    pub fn coordinates(self, p: Point) -> (f64, f64) {
        let crs = match self {
            OgcCrs::Crs84 | OgcCrs::Wgs84 => Crs::Wgs84,
            OgcCrs::Cgcs2000 => Crs::Cgcs2000,
            OgcCrs::WebMercator => Crs::WebMercator,
        };
        Transform::new(crs, self.axes()).project(p)
    }

    /// The boxes in degrees of a box in this system, given as its lower and upper corner: two when it crosses the
    /// 180th meridian. None when the corners are in the wrong order or off the globe.
    #[must_use]
    pub fn boxes(self, lower: (f64, f64), upper: (f64, f64)) -> Option<Vec<Bbox>> {
        let ((w, s), (e, n)) = (self.axes().order(lower.0, lower.1), self.axes().order(upper.0, upper.1));
        if self == OgcCrs::WebMercator {
            let (a, b) = (degrees_of_mercator(w, s), degrees_of_mercator(e, n));
            return (w <= e && s <= n).then(|| vec![Bbox::new(a.lng, a.lat, b.lng, b.lat)]);
        }
        let globe = [w, e].iter().all(|v| v.abs() <= 180.0) && -90.0 <= s && s <= n && n <= 90.0;
        match (globe, w <= e) {
            (false, _) => None,
            (true, true) => Some(vec![Bbox::new(w, s, e, n)]),
            (true, false) => Some(vec![Bbox::new(w, s, 180.0, n), Bbox::new(-180.0, s, e, n)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Point = Point::new(106.5, 29.5);

    #[test]
    fn the_axes_are_those_of_the_authority() {
        assert_eq!(OgcCrs::Crs84.coordinates(PLACE), (106.5, 29.5));
        assert_eq!(OgcCrs::Wgs84.coordinates(PLACE), (29.5, 106.5));
        assert_eq!(OgcCrs::Cgcs2000.coordinates(PLACE), (29.5, 106.5));
        let (east, north) = OgcCrs::WebMercator.coordinates(PLACE);
        // By gdaltransform 3.6.2.
        assert!(
            (east - 11_855_525.769).abs() < 0.01 && (north - 3_439_440.061).abs() < 0.01,
            "{east} {north}"
        );
    }

    #[test]
    fn a_box_comes_back_as_it_went() {
        for crs in OgcCrs::ALL {
            let (lower, upper) =
                (crs.coordinates(Point::new(106.4, 29.4)), crs.coordinates(Point::new(106.6, 29.6)));
            let boxes = crs.boxes(lower, upper).unwrap();
            assert!(boxes.len() == 1 && boxes[0].contains(PLACE), "{crs:?} {boxes:?}");
            assert!((boxes[0].w - 106.4).abs() < 1e-9 && (boxes[0].n - 29.6).abs() < 1e-9, "{boxes:?}");
        }
    }

    #[test]
    fn a_box_may_cross_the_180th_meridian_but_not_stand_on_its_head() {
        let two = OgcCrs::Crs84.boxes((170.0, -10.0), (-170.0, 10.0)).unwrap();
        assert_eq!(two, [Bbox::new(170.0, -10.0, 180.0, 10.0), Bbox::new(-180.0, -10.0, -170.0, 10.0)]);
        assert_eq!(OgcCrs::Crs84.boxes((106.0, 30.0), (107.0, 29.0)), None);
        assert_eq!(OgcCrs::Wgs84.boxes((106.0, 29.0), (107.0, 30.0)), None, "latitude comes first");
        assert_eq!(OgcCrs::WebMercator.boxes((2.0, 0.0), (1.0, 1.0)), None);
    }
}
