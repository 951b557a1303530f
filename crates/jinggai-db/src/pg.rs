//! PostgreSQL: running statements on a pooled connection.
use crate::{Cols, DbError, FromRow, Result, Sql, Value};
use deadpool_postgres::Object;
use tokio_postgres::types::{ToSql, Type};

pub(crate) async fn all<T: FromRow>(c: &Object, q: &Sql) -> Result<Vec<T>> {
    let err = |e: tokio_postgres::Error| DbError::from(e).in_sql(&q.text);
    let st = c.prepare_cached(&q.text).await.map_err(err)?;
    let args: Vec<&(dyn ToSql + Sync)> = q.args.iter().map(|a| a as _).collect();
    let rows = c.query(&st, &args).await.map_err(err)?;
    rows.iter().map(|r| T::from_row(&mut Cols::pg(r))).collect()
}

pub(crate) async fn run(c: &Object, q: &Sql) -> Result<u64> {
    let err = |e: tokio_postgres::Error| DbError::from(e).in_sql(&q.text);
    let st = c.prepare_cached(&q.text).await.map_err(err)?;
    c.execute_raw(&st, q.args.iter()).await.map_err(err)
}

/// COPY in binary form; the column types are asked from the server, since geometry has no fixed number.
pub(crate) async fn bulk(
    c: &Object,
    table: &str,
    cols: &[&str],
    rows: impl Iterator<Item = Vec<Value>> + Send,
) -> Result<u64> {
    let list = cols.join(",");
    let probe = c.prepare_cached(&format!("SELECT {list} FROM {table} LIMIT 0")).await?;
    let types: Vec<Type> = probe.columns().iter().map(|c| c.type_().clone()).collect();
    let sink = c.copy_in(&format!("COPY {table} ({list}) FROM STDIN BINARY")).await?;
    let writer = tokio_postgres::binary_copy::BinaryCopyInWriter::new(sink, &types);
    tokio::pin!(writer);
    for r in rows {
        writer.as_mut().write_raw(r.iter()).await?;
    }
    Ok(writer.finish().await?)
}
