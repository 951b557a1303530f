//! An import is killed (SIGKILL) at random moments, again and again: the store opens, the chain holds, and the import that
//! is run to its end at last leaves the same ledger as one that nobody disturbed.
use crate::{jinggai_at, verify};
use jinggai_db::Db;
use jinggai_db::Sql;
use jinggai_e2e::{Random, run_for};
use jinggai_test::{Place, Store, TestApp};
use serde_json::Value as Json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Kills that must land inside an import.
const KILLS: u32 = 50;
/// Rows of the file; so many that an import outlives the kills.
const ROWS: u64 = 30_000;

/// The same file every time: 合成 rows on a grid, some of them twice, some wrong, with owners.
fn inventory(path: &Path) {
    use std::fmt::Write;
    let mut text = String::from("编号,井盖类型,经度,纬度,道路,规格,材质,权属单位\n");
    let kinds = ["污水", "雨水", "供水", "电力"];
    for i in 0..ROWS {
        // Every thousandth row lies on the one before; every 997th has no place that could be read.
        let at = if i % 1000 == 999 { i - 1 } else { i };
        let (lng, lat) = (106.40 + 1e-4 * (at % 600) as f64, 29.50 + 1e-4 * (at / 600) as f64);
        let lat = if i % 997 == 996 { "北面".to_owned() } else { format!("{lat:.7}") };
        let kind = kinds[(at % 4) as usize];
        writeln!(text, "SYN-{i:06},{kind},{lng:.7},{lat},合成路{},D700,球墨铸铁,合成单位{}", i % 40, i % 12)
            .unwrap();
    }
    std::fs::write(path, text).unwrap();
}

fn import(place: &Place) -> jinggai_e2e::Cli {
    jinggai_at(place).args([
        "import",
        "covers",
        "../inventory.csv",
        "--source",
        "kill",
        "--crs",
        "EPSG:4490",
        "--json",
    ])
}

/// What the ledger holds, in numbers that do not depend on ids or times.
async fn ledger(db: &Db) -> Vec<(String, i64)> {
    let mut out = vec![];
    for (name, text) in [
        ("wells", "SELECT count(*) FROM wells"),
        ("covers", "SELECT count(*) FROM covers"),
        ("facts", "SELECT count(*) FROM cover_facts"),
        ("codes", "SELECT count(*) FROM codes"),
        ("numbers", "SELECT count(DISTINCT code) FROM codes WHERE scheme = 'free'"),
        ("units", "SELECT count(*) FROM units"),
        ("owners", "SELECT count(*) FROM responsibilities WHERE role = 'owner'"),
        ("queue", "SELECT count(*) FROM ownership_queue"),
        ("records", "SELECT count(*) FROM source_records"),
        (
            "entered",
            "SELECT count(DISTINCT subject_uid) FROM events WHERE subject = 'well' AND action = 'created'",
        ),
        ("events of wells", "SELECT count(*) FROM events WHERE subject = 'well'"),
        ("rejected", "SELECT count(*) FROM import_rows WHERE verdict = 'rejected'"),
        ("duplicates", "SELECT count(*) FROM import_rows WHERE verdict = 'duplicate'"),
    ] {
        let (n,): (i64,) = db.one(Sql::new(text, vec![])).await.unwrap();
        out.push((name.to_owned(), n));
    }
    out
}

fn totals(out: &str) -> Vec<i64> {
    let report: Json = serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"));
    let names = ["read", "imported", "updated", "unchanged", "duplicates", "rejected"];
    let n: Vec<i64> =
        names.iter().map(|n| report[n].as_i64().unwrap_or_else(|| panic!("{n} in {out}"))).collect();
    assert_eq!(n[0], n[1..].iter().sum::<i64>(), "the counts add up");
    n
}

/// Has the import kept something, but not all? A kill may come before there is a file, or a table in it.
fn half_full(place: &Place) -> bool {
    let path = place.dir.path().join("jinggai.gpkg");
    let wells =
        |c: rusqlite::Connection| c.query_row("SELECT count(*) FROM wells", [], |r| r.get::<_, i64>(0));
    path.exists()
        && rusqlite::Connection::open(path).and_then(wells).is_ok_and(|n| (1..ROWS as i64).contains(&n))
}

/// Kills imports until so many kills landed inside one and the last store is half full: a machine under load may be
/// too slow for any batch to be kept between two kills. The store starts anew whenever an import got through.
fn disturb(fresh: impl Fn() -> Place, quiet: Duration, random: &mut Random) -> Place {
    let mut place = fresh();
    let mut landed = 0;
    while landed < KILLS || !half_full(&place) {
        assert!(landed < 4 * KILLS, "{landed} kills, and never a half-full store");
        let slower = u64::from(1 + landed / KILLS);
        let life =
            Duration::from_micros(random.below(slower * u64::try_from(quiet.as_micros()).unwrap() / 12));
        match run_for(import(&place), life) {
            None => {
                landed += 1;
                // The first kills may come before there is a file.
                if place.dir.path().join("jinggai.gpkg").exists() {
                    verify(&place);
                }
            }
            Some(0) => place = fresh(),
            Some(code) => {
                panic!("the import after {landed} kills failed with {code}: {}", import(&place).run())
            }
        }
    }
    place
}

#[test]
fn a_killed_import_goes_on_and_ends_like_an_undisturbed_one() {
    jinggai_test::run(Store::Sqlite, |app: TestApp| async move {
        let root = app.dir().to_owned();
        inventory(&root.join("inventory.csv"));
        let at = |name: &str| {
            let dir = std::sync::Arc::new(tempfile::TempDir::with_prefix_in(name, &root).unwrap());
            Place { dir, database: None }
        };
        let open = async |place: &Place| {
            Db::open(&jinggai_db::Place::File(place.dir.path().join("jinggai.gpkg"))).await.unwrap()
        };
        let calm = at("calm");
        let (began, undisturbed) = tokio::task::block_in_place(|| (Instant::now(), import(&calm).run().ok()));
        let quiet = began.elapsed();
        let mut random = Random::printed();
        let place = tokio::task::block_in_place(|| disturb(|| at("killed"), quiet, &mut random));
        let ended = tokio::task::block_in_place(|| {
            assert!(half_full(&place));
            let ended = import(&place).run().ok();
            verify(&place);
            ended
        });
        assert_eq!(totals(&ended), totals(&undisturbed));
        assert_eq!(ledger(&open(&place).await).await, ledger(&open(&calm).await).await);
        let again = tokio::task::block_in_place(|| import(&place).run().ok());
        let [read, imported, updated, unchanged, duplicates, rejected] = totals(&again)[..] else {
            unreachable!()
        };
        assert_eq!((read, imported, updated), (ROWS as i64, 0, 0), "the same file again changes nothing");
        assert_eq!(unchanged + duplicates + rejected, read);
    });
}
