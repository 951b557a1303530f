//! One statement for both stores: a text with `?` marks and typed arguments.
//!
//! A mark becomes `$n`, which SQLite accepts too. The text is the same on both stores; where dialects truly
//! part (a box search, a text match) the builder below offers a method, and nothing else knows the dialect.
use jiff::{Timestamp, civil::Date};
use jinggai_geo::{Bbox, Geometry, Point};
use uuid::Uuid;

/// Which store a statement goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// The embedded store: one SQLite file that is a GeoPackage.
    Sqlite,
    /// The large store: PostgreSQL with PostGIS.
    Postgres,
}

impl Dialect {
    /// The longitude of a point column, as an expression: GeoPackage and PostGIS name it differently.
    #[must_use]
    pub fn lng_of(self, column: &str) -> String {
        match self {
            Dialect::Sqlite => format!("ST_MinX({column})"),
            Dialect::Postgres => format!("ST_X({column})"),
        }
    }

    /// The latitude of a point column, as an expression.
    #[must_use]
    pub fn lat_of(self, column: &str) -> String {
        match self {
            Dialect::Sqlite => format!("ST_MinY({column})"),
            Dialect::Postgres => format!("ST_Y({column})"),
        }
    }
}

/// The coordinate system of every geometry in the store: CGCS2000 geographic, degrees (EPSG:4490).
pub const SRID: i32 = 4490;

/// An argument of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// Any whole number; fits the column's own width or the statement fails.
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A JSON document.
    Json(serde_json::Value),
    /// A moment, kept to the millisecond on both stores.
    Time(Timestamp),
    /// A day of the district's calendar.
    Date(Date),
    /// A public identifier.
    Uuid(Uuid),
    /// A geometry in [`SRID`].
    Geom(Geometry),
}

macro_rules! from {
    ($($t:ty => $v:ident),* $(,)?) => { $(impl From<$t> for Value {
        fn from(x: $t) -> Self { Value::$v(x.into()) }
    })* };
}
from!(bool => Bool, i64 => Int, i32 => Int, u32 => Int, u8 => Int, f64 => Real, String => Text, &str => Text,
      Vec<u8> => Bytes, serde_json::Value => Json, Timestamp => Time, Date => Date, Uuid => Uuid, Geometry => Geom);

impl From<Point> for Value {
    fn from(p: Point) -> Self {
        Value::Geom(Geometry::Point(p))
    }
}
impl From<&String> for Value {
    fn from(s: &String) -> Self {
        Value::Text(s.clone())
    }
}
impl From<usize> for Value {
    fn from(n: usize) -> Self {
        Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(x: Option<T>) -> Self {
        x.map_or(Value::Null, Into::into)
    }
}

/// A statement: text with `$n` marks, and its arguments in order.
#[derive(Default, Clone, Debug)]
pub struct Sql {
    /// The text sent to the store.
    pub text: String,
    /// The arguments, `$1` first.
    pub args: Vec<Value>,
}

impl Sql {
    /// A statement from its text and arguments; see the `sql!` macro.
    ///
    /// # Panics
    /// When marks and arguments differ in number: a mistake of the code that every call shows at once.
    #[must_use]
    pub fn new(text: &str, args: Vec<Value>) -> Self {
        let mut q = Sql::default();
        q.push(text, args);
        q
    }

    /// Appends text in which every `?` takes the next of `args`.
    ///
    /// # Panics
    /// When marks and arguments differ in number.
    pub fn push(&mut self, text: &str, args: impl IntoIterator<Item = Value>) -> &mut Self {
        let mut args = args.into_iter();
        for (i, part) in text.split('?').enumerate() {
            if i > 0 {
                self.args.push(args.next().expect("an argument stands for every ? of the text"));
                self.text.push('$');
                self.text.push_str(&self.args.len().to_string());
            }
            self.text.push_str(part);
        }
        assert!(args.next().is_none(), "more arguments than ? in: {text}");
        self
    }

    /// Appends another statement, renumbering its marks.
    pub fn append(&mut self, other: Sql) -> &mut Self {
        let marks = crate::marks::renumber(&other.text, self.args.len());
        self.text.push_str(&marks);
        self.args.extend(other.args);
        self
    }

    /// Appends ` AND cond` when there is an argument for it.
    pub fn and(&mut self, cond: &str, arg: Option<impl Into<Value>>) -> &mut Self {
        if let Some(a) = arg {
            self.push(&format!(" AND {cond}"), [a.into()]);
        }
        self
    }

    /// Appends ` AND col IN (…)` when the set is not empty.
    ///
    /// The list is padded to 1, 4, 16, 64 … with its last value, so that statement caches hold few texts.
    pub fn and_in<T: Clone + Into<Value>>(&mut self, col: &str, set: &[T]) -> &mut Self {
        if !set.is_empty() {
            self.push(&format!(" AND {col} IN "), []);
            self.list(set);
        }
        self
    }

    /// Appends `(?, ?, …)`, padded; an empty set becomes `(NULL)`, which nothing equals.
    pub fn list<T: Clone + Into<Value>>(&mut self, set: &[T]) -> &mut Self {
        let Some(last) = set.last() else { return self.push("(NULL)", []) };
        let mut n = 1;
        while n < set.len() {
            n *= 4;
        }
        let marks = vec!["?"; n].join(",");
        let args: Vec<Value> = (0..n).map(|i| set.get(i).unwrap_or(last).clone().into()).collect();
        self.push(&format!("({marks})"), args)
    }

    /// Appends a box search on the geometry of `table` (alias or name `alias`): the R-tree or the GiST index.
    ///
    /// R-tree boxes are 32-bit floats rounded outwards (about 0.5 m): check exact distances on the point itself.
    pub fn and_within(&mut self, d: Dialect, table: &str, alias: &str, b: Option<Bbox>) -> &mut Self {
        let Some(b) = b else { return self };
        match d {
            Dialect::Sqlite => self.push(
                &format!(
                    " AND {alias}.id IN (SELECT id FROM rtree_{table}_geom WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ?)"
                ),
                [b.e.into(), b.w.into(), b.n.into(), b.s.into()],
            ),
            Dialect::Postgres => self.push(
                &format!(" AND {alias}.geom && ST_MakeEnvelope(?, ?, ?, ?, {SRID})"),
                [b.w.into(), b.s.into(), b.e.into(), b.n.into()],
            ),
        }
    }

    /// Appends a word search in `table (rowid, words)`: ` AND column IN (…)`. FTS5 and tsvector take their own
    /// notation of the same query; both come from the rules' `search::query_text`.
    pub fn and_match(
        &mut self,
        d: Dialect,
        table: &str,
        column: &str,
        fts5: &str,
        tsquery: &str,
    ) -> &mut Self {
        match d {
            Dialect::Sqlite => self.push(
                &format!(" AND {column} IN (SELECT rowid FROM {table} WHERE {table} MATCH ?)"),
                [fts5.into()],
            ),
            Dialect::Postgres => self.push(
                &format!(" AND {column} IN (SELECT rowid FROM {table} WHERE words @@ CAST(CAST(? AS TEXT) AS tsquery))"),
                [tsquery.into()],
            ),
        }
    }
}

/// A statement from a literal text and its arguments: `sql!("SELECT … WHERE id = ?", id)`.
///
/// The text must be a literal (or `include_str!`), so that a test can find and prepare every one on both stores.
#[macro_export]
macro_rules! sql {
    ($text:literal $(, $arg:expr)* $(,)?) => { $crate::Sql::new($text, vec![$($crate::Value::from($arg)),*]) };
    (include_str!($file:literal) $(, $arg:expr)* $(,)?) => {
        $crate::Sql::new(include_str!($file), vec![$($crate::Value::from($arg)),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_numbered_and_lists_padded() {
        let mut q = sql!("SELECT id FROM t WHERE a = ?", 1i64);
        q.and("b = ?", Some("x")).and("c = ?", None::<i64>).and_in("d", &[1i64, 2, 3, 4, 5]);
        assert_eq!(
            q.text,
            "SELECT id FROM t WHERE a = $1 AND b = $2 AND d IN ($3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)"
        );
        assert_eq!(q.args.len(), 18);
        assert_eq!(q.args[17], Value::Int(5));
    }

    #[test]
    fn appended_statements_are_renumbered() {
        let mut q = sql!("SELECT 1 WHERE a = ?", 1i64);
        q.append(sql!(" AND b = ? AND c = ?", 2i64, 3i64));
        assert_eq!(q.text, "SELECT 1 WHERE a = $1 AND b = $2 AND c = $3");
    }
}
