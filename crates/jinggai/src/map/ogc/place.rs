//! Where the features of a collection lie: in the geometry of their own table, or at what they are about.
use jinggai_db::{Cols, DbError, Dialect, FromRow, Sql, Value};
use jinggai_geo::{Bbox, Point};

/// One way from the table of a collection, `g`, to a place. The ways of a collection share no row.
pub struct Place {
    /// `FROM` and `WHERE`, open for more conditions.
    from: &'static str,
    at: At,
}

enum At {
    /// The geometry of this table, which has an index, under its alias.
    Geometry { table: &'static str, alias: &'static str },
    /// Two columns of degrees, of the table under this alias.
    Columns(&'static str),
}

impl Place {
    /// The geometry of `table`, under `alias`.
    pub const fn geometry(from: &'static str, table: &'static str, alias: &'static str) -> Place {
        Place { from, at: At::Geometry { table, alias } }
    }
    /// The columns `lng` and `lat` of `alias`.
    pub const fn columns(from: &'static str, alias: &'static str) -> Place {
        Place { from, at: At::Columns(alias) }
    }

    /// Longitude and latitude, as expressions.
    fn degrees(&self, d: Dialect) -> (String, String) {
        match self.at {
            At::Geometry { alias, .. } => {
                (d.lng_of(&format!("{alias}.geom")), d.lat_of(&format!("{alias}.geom")))
            }
            At::Columns(alias) => (format!("{alias}.lng"), format!("{alias}.lat")),
        }
    }

    /// The rows of `g` within the box.
    pub fn within(&self, d: Dialect, b: Bbox) -> Sql {
        let mut q = Sql::new(&format!("SELECT g.id FROM {}", self.from), vec![]);
        if let At::Geometry { table, alias } = self.at {
            q.and_within(d, table, alias, Some(b));
        }
        let (x, y) = self.degrees(d);
        let sides: [Value; 4] = [b.w.into(), b.e.into(), b.s.into(), b.n.into()];
        q.push(&format!(" AND {x} BETWEEN ? AND ? AND {y} BETWEEN ? AND ?"), sides);
        q
    }

    /// The places themselves, as columns `x` and `y`.
    pub fn all(&self, d: Dialect) -> Sql {
        let (x, y) = self.degrees(d);
        Sql::new(&format!("SELECT {x} AS x, {y} AS y FROM {}", self.from), vec![])
    }
}

/// A record beside the place of what it is about: its cover, else its well, else where its case was found.
pub struct Placed<R> {
    /// The record.
    pub row: R,
    /// CGCS2000; not a valid one where nobody knows it.
    pub at: Point,
}

impl<R: FromRow> FromRow for Placed<R> {
    fn from_row(c: &mut Cols) -> Result<Self, DbError> {
        let row = R::from_row(c)?;
        let (lng, lat): (Option<f64>, Option<f64>) = (c.get()?, c.get()?);
        Ok(Placed { row, at: Point::new(lng.unwrap_or(f64::NAN), lat.unwrap_or(f64::NAN)) })
    }
}

/// The columns of [`Placed`] after those of its record, where `c` and `w` are cover and well and `case` is the case.
pub fn placed(columns: &str, case: &str, d: Dialect) -> String {
    let of = |degree: fn(Dialect, &str) -> String, column: &str| {
        format!("COALESCE({}, {}, {case}.{column})", degree(d, "c.geom"), degree(d, "w.geom"))
    };
    format!("{columns}, {}, {}", of(Dialect::lng_of, "lng"), of(Dialect::lat_of, "lat"))
}
