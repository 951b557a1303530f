//! Reading rows: columns in the order of the SELECT, typed the same way from both stores.
use crate::DbError;
use jiff::{Timestamp, civil::Date};
use jinggai_geo::{Geometry, Point, wkb};
use rusqlite::types::ValueRef;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// 2000-01-01T00:00:00Z in microseconds of the Unix epoch: PostgreSQL counts times from there.
pub(crate) const PG_EPOCH_US: i64 = 946_684_800_000_000;
/// The day PostgreSQL counts dates from.
pub(crate) const PG_EPOCH_DAY: Date = jiff::civil::date(2000, 1, 1);

type Read<T> = Result<T, DbError>;

/// A row of either store, read column by column.
pub struct Cols<'a> {
    row: Row<'a>,
    at: usize,
}
enum Row<'a> {
    Lite(&'a rusqlite::Row<'a>),
    Pg(&'a tokio_postgres::Row),
}

impl<'a> Cols<'a> {
    pub(crate) fn lite(row: &'a rusqlite::Row<'a>) -> Self {
        Cols { row: Row::Lite(row), at: 0 }
    }
    pub(crate) fn pg(row: &'a tokio_postgres::Row) -> Self {
        Cols { row: Row::Pg(row), at: 0 }
    }

    /// How many columns are still to be read: for statements whose columns are not known beforehand.
    #[must_use]
    pub fn left(&self) -> usize {
        let all = match &self.row {
            Row::Lite(r) => AsRef::<rusqlite::Statement>::as_ref(r).column_count(),
            Row::Pg(r) => r.len(),
        };
        all.saturating_sub(self.at)
    }

    /// The next column.
    ///
    /// # Errors
    /// When the column is missing or of another type; the error names its number.
    pub fn get<T: Col>(&mut self) -> Read<T> {
        let i = self.at;
        self.at += 1;
        let value = match &self.row {
            Row::Lite(r) => r.get_ref(i).map_err(DbError::from).and_then(T::lite),
            Row::Pg(r) => match r.columns().get(i) {
                None => Err(DbError::column("no such column")),
                Some(c) => {
                    r.try_get::<_, Raw>(i).map_err(DbError::from).and_then(|raw| T::pg(c.type_(), raw.0))
                }
            },
        };
        value.map_err(|e| e.at_column(i))
    }
}

/// A value that a row can be read into.
pub trait FromRow: Sized + Send + 'static {
    /// Reads the value from the row's columns in order.
    ///
    /// # Errors
    /// When a column does not fit.
    fn from_row(c: &mut Cols) -> Read<Self>;
}

macro_rules! tuples {
    ($(($($t:ident),+))*) => { $(impl<$($t: Col + Send + 'static),+> FromRow for ($($t,)+) {
        fn from_row(c: &mut Cols) -> Read<Self> { Ok(($(c.get::<$t>()?,)+)) }
    })* };
}
tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F)(A, B, C, D, E, F, G)(
    A, B, C, D, E, F, G, H
)(A, B, C, D, E, F, G, H, I)(A, B, C, D, E, F, G, H, I, J)(A, B, C, D, E, F, G, H, I, J, K)(
    A, B, C, D, E, F, G, H, I, J, K, L
));

/// Declares a row struct whose fields are read in order: the SELECT must name its columns in the same order.
#[macro_export]
macro_rules! row {
    ($(#[$m:meta])* $v:vis struct $name:ident { $($(#[$fm:meta])* $fv:vis $f:ident : $t:ty),* $(,)? }) => {
        $(#[$m])* $v struct $name { $($(#[$fm])* $fv $f: $t),* }
        impl $crate::FromRow for $name {
            fn from_row(c: &mut $crate::Cols) -> ::std::result::Result<Self, $crate::DbError> {
                Ok($name { $($f: c.get()?),* })
            }
        }
    };
}

/// Raw bytes of a PostgreSQL column.
struct Raw<'a>(Option<&'a [u8]>);
impl<'a> tokio_postgres::types::FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(Some(raw)))
    }
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(None))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A column type that both stores can give.
pub trait Col: Sized {
    /// From SQLite.
    ///
    /// # Errors
    /// When the stored value is of another type.
    fn lite(v: ValueRef) -> Read<Self>;
    /// From PostgreSQL's binary form.
    ///
    /// # Errors
    /// When the stored value is of another type.
    fn pg(t: &Type, raw: Option<&[u8]>) -> Read<Self>;
}

fn some(raw: Option<&[u8]>) -> Read<&[u8]> {
    raw.ok_or_else(|| DbError::column("NULL where a value was expected"))
}
fn fixed<const N: usize>(raw: &[u8]) -> Read<[u8; N]> {
    raw.try_into().map_err(|_e| DbError::column("a value of another width"))
}
fn text(v: ValueRef<'_>) -> Read<&str> {
    v.as_str().map_err(|e| DbError::column(&e.to_string()))
}
fn utf8(raw: Option<&[u8]>) -> Read<&str> {
    std::str::from_utf8(some(raw)?).map_err(|e| DbError::column(&e.to_string()))
}

impl Col for i64 {
    fn lite(v: ValueRef) -> Read<Self> {
        v.as_i64().map_err(|e| DbError::column(&e.to_string()))
    }
    fn pg(_: &Type, raw: Option<&[u8]>) -> Read<Self> {
        Ok(match some(raw)? {
            b @ [_, _] => i16::from_be_bytes(fixed(b)?).into(),
            b @ [_, _, _, _] => i32::from_be_bytes(fixed(b)?).into(),
            b => i64::from_be_bytes(fixed(b)?),
        })
    }
}
impl Col for bool {
    fn lite(v: ValueRef) -> Read<Self> {
        i64::lite(v).map(|n| n != 0)
    }
    fn pg(_: &Type, raw: Option<&[u8]>) -> Read<Self> {
        Ok(some(raw)?.first() == Some(&1))
    }
}
impl Col for f64 {
    fn lite(v: ValueRef) -> Read<Self> {
        match v {
            ValueRef::Integer(n) => Ok(n as f64),
            v => v.as_f64().map_err(|e| DbError::column(&e.to_string())),
        }
    }
    fn pg(t: &Type, raw: Option<&[u8]>) -> Read<Self> {
        let b = some(raw)?;
        if *t == Type::FLOAT4 {
            Ok(f32::from_be_bytes(fixed(b)?).into())
        } else {
            Ok(f64::from_be_bytes(fixed(b)?))
        }
    }
}
impl Col for String {
    fn lite(v: ValueRef) -> Read<Self> {
        text(v).map(str::to_owned)
    }
    fn pg(_: &Type, raw: Option<&[u8]>) -> Read<Self> {
        utf8(raw).map(str::to_owned)
    }
}
impl Col for Vec<u8> {
    fn lite(v: ValueRef) -> Read<Self> {
        v.as_blob().map(<[u8]>::to_vec).map_err(|e| DbError::column(&e.to_string()))
    }
    fn pg(_: &Type, raw: Option<&[u8]>) -> Read<Self> {
        some(raw).map(<[u8]>::to_vec)
    }
}
impl Col for serde_json::Value {
    fn lite(v: ValueRef) -> Read<Self> {
        serde_json::from_str(text(v)?).map_err(|e| DbError::column(&e.to_string()))
    }
    fn pg(t: &Type, raw: Option<&[u8]>) -> Read<Self> {
        let b = some(raw)?;
        let b = if *t == Type::JSONB { b.get(1..).unwrap_or_default() } else { b };
        serde_json::from_slice(b).map_err(|e| DbError::column(&e.to_string()))
    }
}
impl Col for Timestamp {
    fn lite(v: ValueRef) -> Read<Self> {
        text(v)?.parse().map_err(|e: jiff::Error| DbError::column(&e.to_string()))
    }
    fn pg(_: &Type, raw: Option<&[u8]>) -> Read<Self> {
        let us = i64::from_be_bytes(fixed(some(raw)?)?);
        Timestamp::from_microsecond(us + PG_EPOCH_US).map_err(|e| DbError::column(&e.to_string()))
    }
}
impl Col for Date {
    fn lite(v: ValueRef) -> Read<Self> {
        text(v)?.parse().map_err(|e: jiff::Error| DbError::column(&e.to_string()))
    }
    fn pg(_: &Type, raw: Option<&[u8]>) -> Read<Self> {
        let days = i32::from_be_bytes(fixed(some(raw)?)?);
        PG_EPOCH_DAY
            .checked_add(jiff::Span::new().days(i64::from(days)))
            .map_err(|e| DbError::column(&e.to_string()))
    }
}
impl Col for Uuid {
    fn lite(v: ValueRef) -> Read<Self> {
        Uuid::parse_str(text(v)?).map_err(|e| DbError::column(&e.to_string()))
    }
    fn pg(t: &Type, raw: Option<&[u8]>) -> Read<Self> {
        if *t == Type::UUID {
            Ok(Uuid::from_bytes(fixed(some(raw)?)?))
        } else {
            Uuid::parse_str(utf8(raw)?).map_err(|e| DbError::column(&e.to_string()))
        }
    }
}
impl Col for Geometry {
    fn lite(v: ValueRef) -> Read<Self> {
        let b = v.as_blob().map_err(|e| DbError::column(&e.to_string()))?;
        wkb::from_gpb(b).map(|g| g.geometry).map_err(|e| DbError::column(&e.to_string()))
    }
    fn pg(_: &Type, raw: Option<&[u8]>) -> Read<Self> {
        wkb::from_ewkb(some(raw)?).map(|(g, _)| g).map_err(|e| DbError::column(&e.to_string()))
    }
}
fn point(g: Geometry) -> Read<Point> {
    match g {
        Geometry::Point(p) => Ok(p),
        _ => Err(DbError::column("a geometry that is not a point")),
    }
}
impl Col for Point {
    fn lite(v: ValueRef) -> Read<Self> {
        Geometry::lite(v).and_then(point)
    }
    fn pg(t: &Type, raw: Option<&[u8]>) -> Read<Self> {
        Geometry::pg(t, raw).and_then(point)
    }
}
impl<T: Col> Col for Option<T> {
    fn lite(v: ValueRef) -> Read<Self> {
        if matches!(v, ValueRef::Null) { Ok(None) } else { T::lite(v).map(Some) }
    }
    fn pg(t: &Type, raw: Option<&[u8]>) -> Read<Self> {
        if raw.is_none() { Ok(None) } else { T::pg(t, raw).map(Some) }
    }
}
