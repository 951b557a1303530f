//! The real program from outside: its command line, its file in other people's hands, and what a kill leaves.
#![allow(clippy::unwrap_used)]
mod cli;
mod geopackage;
mod identity;
mod import_kill;
mod kill;
mod kill_cases;
mod ogc;
mod outage;

use jinggai_e2e::Cli;
use jinggai_test::Place;
use std::path::Path;

/// A call of the program that cargo built for these tests.
fn jinggai(data: &Path) -> Cli {
    Cli::new(env!("CARGO_BIN_EXE_jinggai"), data)
}

/// The same on a place that may be a PostgreSQL.
fn jinggai_at(place: &Place) -> Cli {
    let cli = jinggai(place.dir.path());
    match &place.database {
        Some(url) => cli.args(["--database", url]),
        None => cli,
    }
}

/// A whole number that an SQL text gives, read from the file directly.
fn number(data: &Path, sql: &str) -> i64 {
    let c = rusqlite::Connection::open(data.join("jinggai.gpkg")).unwrap();
    c.query_row(sql, [], |r| r.get(0)).unwrap()
}

/// The event chain holds and, in the embedded store, every page and every index is whole.
fn verify(place: &Place) {
    assert!(jinggai_at(place).args(["verify"]).run().ok().contains("完好"));
    if place.database.is_none() {
        let c = rusqlite::Connection::open(place.dir.path().join("jinggai.gpkg")).unwrap();
        let says = |q: &str| c.query_row(q, [], |r| r.get::<_, String>(0)).unwrap();
        assert_eq!(says("PRAGMA integrity_check"), "ok");
        assert_eq!(says("SELECT rtreecheck('rtree_wells_geom')"), "ok");
        assert_eq!(says("SELECT rtreecheck('rtree_covers_geom')"), "ok");
    }
}
