//! Binding arguments: each value in the form the store wants.
use crate::row::{PG_EPOCH_DAY, PG_EPOCH_US};
use crate::sql::{SRID, Value};
use bytes::{BufMut, BytesMut};
use jiff::Timestamp;
use jinggai_geo::wkb;
use rusqlite::types::{ToSqlOutput, Value as Lite, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// The one text form of a moment in the store: UTC to the millisecond, as GeoPackage wants its DATETIME.
#[must_use]
pub fn time_text(t: Timestamp) -> String {
    t.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The moment cut to the millisecond that both stores keep.
#[must_use]
pub fn to_millis(t: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(t.as_millisecond()).unwrap_or(t)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let owned = match self {
            Value::Null => Lite::Null,
            Value::Bool(b) => Lite::Integer(i64::from(*b)),
            Value::Int(i) => Lite::Integer(*i),
            Value::Real(f) => Lite::Real(*f),
            Value::Text(s) => return Ok(ToSqlOutput::Borrowed(ValueRef::Text(s.as_bytes()))),
            Value::Bytes(b) => return Ok(ToSqlOutput::Borrowed(ValueRef::Blob(b))),
            Value::Json(j) => Lite::Text(j.to_string()),
            Value::Time(t) => Lite::Text(time_text(*t)),
            Value::Date(d) => Lite::Text(d.to_string()),
            Value::Uuid(u) => Lite::Text(u.to_string()),
            Value::Geom(g) => Lite::Blob(wkb::to_gpb(g, SRID)),
        };
        Ok(ToSqlOutput::Owned(owned))
    }
}

type Sent = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Sent {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Bool(b) => out.put_u8(u8::from(*b)),
            Value::Int(i) => match *ty {
                Type::INT2 => out.put_i16((*i).try_into()?),
                Type::INT4 => out.put_i32((*i).try_into()?),
                Type::FLOAT8 => out.put_f64(*i as f64),
                Type::INT8 => out.put_i64(*i),
                _ => return Err(format!("a whole number cannot be bound to {ty}").into()),
            },
            Value::Real(f) if *ty == Type::FLOAT4 => out.put_f32(*f as f32),
            Value::Real(f) if *ty == Type::FLOAT8 => out.put_f64(*f),
            Value::Real(_) => return Err(format!("a real number cannot be bound to {ty}").into()),
            Value::Text(s) if *ty == Type::UUID => out.put_slice(uuid::Uuid::parse_str(s)?.as_bytes()),
            Value::Text(s) => put_text(s, ty, out),
            Value::Bytes(b) => out.put_slice(b),
            Value::Json(j) => put_text(&j.to_string(), ty, out),
            Value::Time(t) => out.put_i64(to_millis(*t).as_microsecond() - PG_EPOCH_US),
            Value::Date(d) => out.put_i32(PG_EPOCH_DAY.until(*d)?.get_days()),
            Value::Uuid(u) if *ty == Type::UUID => out.put_slice(u.as_bytes()),
            Value::Uuid(u) => out.put_slice(u.to_string().as_bytes()),
            Value::Geom(g) => out.put_slice(&wkb::to_ewkb(g, SRID)),
        }
        Ok(IsNull::No)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

fn put_text(s: &str, ty: &Type, out: &mut BytesMut) {
    if *ty == Type::JSONB {
        out.put_u8(1);
    }
    out.put_slice(s.as_bytes());
}
