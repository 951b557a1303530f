//! What handlers rely on: futures of the store can move between threads.
#![allow(clippy::unwrap_used)]
use jinggai_db::{Db, Tx, events::Who, sql};

fn sendable<T: Send>(_: T) {}

#[allow(dead_code)]
fn futures_are_send(db: &Db, mut tx: Tx, who: &Who) {
    sendable(db.all::<(i64,)>(sql!("SELECT 1")));
    sendable(db.begin());
    sendable(async move {
        let _n = tx.all::<(i64,)>(sql!("SELECT 1")).await;
        let _n = tx.run(sql!("SELECT 1")).await;
        let _n = tx.bulk("t", &["a"], vec![]).await;
        tx.commit().await
    });
    sendable(async move {
        let mut tx = db.begin().await?;
        jinggai_db::events::append(&mut tx, who, vec![]).await?;
        tx.commit().await
    });
}
