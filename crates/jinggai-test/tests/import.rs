//! Real inventories become a ledger: the numbers are those of the files, counted here without the product's code.
#![allow(clippy::unwrap_used)]
mod support;
use jinggai::registry::import::Options;
use jinggai_db::sql;
use jinggai_test::{TestApp, on_both_stores};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use support::{count, counts, features, file, inventory, part, run, says, sizes, unit, verify};

/// Rows of one class that lie within half a metre of an earlier accepted one, counted the plain way.
fn twins(rows: &[(f64, f64, String)]) -> u64 {
    let mut kept: Vec<&(f64, f64, String)> = vec![];
    let mut n = 0;
    for row in rows {
        let near = kept.iter().any(|k| {
            let north = (k.1 - row.1) * 111_132.0;
            let east = (k.0 - row.0) * 111_320.0 * row.1.to_radians().cos();
            k.2 == row.2 && north.hypot(east) <= 0.5
        });
        if near {
            n += 1;
        } else {
            kept.push(row);
        }
    }
    n
}

fn at(f: &Json) -> (f64, f64) {
    let c = &f["geometry"]["coordinates"];
    (c[0].as_f64().unwrap(), c[1].as_f64().unwrap())
}

fn tally<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<String, i64> {
    let mut out = BTreeMap::new();
    for w in words {
        *out.entry(w.to_owned()).or_default() += 1;
    }
    out
}

async fn by(app: &TestApp, column: &str) -> BTreeMap<String, i64> {
    let text = format!("SELECT {column}, count(*) FROM cover_facts WHERE to_day IS NULL GROUP BY {column}");
    let rows: Vec<(String, i64)> = app.db().all(jinggai_db::Sql::new(&text, vec![])).await.unwrap();
    rows.into_iter().collect()
}

on_both_stores! {
    async fn sudbury_keeps_every_stage_of_life(app: TestApp) {
        let rows = features("sudbury__manholes.geojson");
        let report = run(&app, &inventory("sudbury__manholes.geojson"), Options::default()).await;
        // Its layer of manholes is of the storm network: the rows that tell their type say so.
        let kind = |f: &Json| match f["properties"]["STYPE"].as_str().unwrap() {
            "Catch basin" => "grate",
            "Combined" => "sewage",
            _ => "storm",
        };
        let life = |f: &Json| match f["properties"]["LIFECYCLESTATUS"].as_str().unwrap() {
            "ACT" => "in_use",
            "REM" => "removed",
            "PRP" => "planned",
            "ABA" => "abandoned_pending",
            other => panic!("{other}"),
        };
        let stage = |f: &Json| match life(f) { "planned" => 0, "removed" => 2, _ => 1 };
        let twins = twins(&rows.iter().map(|f| (at(f).0, at(f).1, format!("{}{}", kind(f), stage(f)))).collect::<Vec<_>>());
        assert_eq!(counts(&report), [rows.len() as u64, rows.len() as u64 - twins, 0, 0, twins, 0]);
        assert_eq!(twins, 0, "the pairs of this file are an old and a new cover");
        assert_eq!(by(&app, "lifecycle").await, tally(rows.iter().map(life)));
        assert_eq!(by(&app, "kind").await, tally(rows.iter().map(kind)));
        assert!(says(&report, "kind_inferred") && says(&report, "owner_code") && says(&report, "outside_china"));
        // Every living well waits for its owner: the file names owners by bare codes only.
        let living = rows.iter().filter(|f| life(f) != "removed").count();
        assert_eq!(count(&app, "SELECT count(*) FROM ownership_queue").await, living as i64);
        // One number each, and the source's own id leads to it.
        assert_eq!(count(&app, "SELECT count(*) FROM codes WHERE state = 'active' AND scheme = 'cjt214-16'").await, rows.len() as i64);
        let id = rows[7]["properties"]["ASSETID"].as_str().unwrap();
        let (found,): (i64,) = app.db().one(sql!("SELECT count(*) FROM codes WHERE scheme = 'source:sudbury__manholes' AND state = 'alias' AND code = ?", id)).await.unwrap();
        assert_eq!(found, 1);
        let (row, crs): (String, String) = app.db().one(sql!("SELECT CAST(w.source_row AS TEXT), w.source_crs FROM wells w JOIN covers c ON c.well_id = w.id JOIN codes k ON k.cover_id = c.id WHERE k.code = ? AND k.state = 'alias'", id)).await.unwrap();
        assert_eq!(serde_json::from_str::<Json>(&row).unwrap()["ASSETID"], *id);
        assert_eq!(crs, "EPSG:4326");
        // Depths of 250 m are elevations that slipped: left out, counted.
        let slipped = rows.iter().filter(|f| f["properties"]["DEPTH"].as_f64().is_some_and(|d| d > 50.0)).count();
        let note = report.notes.iter().find(|n| n.code == "depth_implausible").unwrap();
        assert_eq!(note.rows, slipped as u64);
        verify(&app).await;
    }

    async fn montpelier_has_no_ids_and_things_that_are_no_covers(app: TestApp) {
        let rows = features("MontpelierPointFeatures.geojson");
        let report = run(&app, &inventory("MontpelierPointFeatures.geojson"), Options::default()).await;
        let kind = |f: &Json| match f["properties"]["Type"].as_str().unwrap() {
            "CB tied to Sanitary Sewer" => "grate",
            "Known CSO Outfalls" | "Other - insert comment" => "none",
            _ => "sewage",
        };
        let covers: Vec<&Json> = rows.iter().filter(|f| kind(f) != "none").collect();
        let twins = twins(&covers.iter().map(|f| (at(f).0, at(f).1, kind(f).to_owned())).collect::<Vec<_>>());
        assert_eq!(twins, 89);
        let no_covers = (rows.len() - covers.len()) as u64;
        assert_eq!(counts(&report), [rows.len() as u64, covers.len() as u64 - twins, 0, 0, twins, no_covers]);
        assert!(says(&report, "no_usable_id"), "OBJECTID is 0 in every row");
        let abandoned = rows.iter().filter(|f| f["properties"]["Status"] == "Abandoned").count();
        assert_eq!(by(&app, "lifecycle").await["abandoned_pending"], abandoned as i64);
        let rejected: Vec<String> = support::problems(&app).await.into_iter().filter(|p| p.1 == "rejected").map(|p| p.2[0]["problem"].as_str().unwrap().to_owned()).collect();
        assert_eq!(rejected.iter().filter(|p| p.contains("排放口")).count(), 6);
        assert_eq!(rejected.iter().filter(|p| p.contains("泵站")).count(), 6);
        let again = run(&app, &inventory("MontpelierPointFeatures.geojson"), Options::default()).await;
        assert_eq!(counts(&again), [rows.len() as u64, 0, 0, covers.len() as u64 - twins, twins, no_covers]);
    }

    async fn the_other_towns(app: TestApp) {
        for (name, kind) in [("portcoquitlam__manholes.geojson", "storm"), ("kamloops__manholes.geojson", "storm"), ("penticton__manholes.geojson", "storm"), ("AlburghPointFeatures.geojson", "sewage")] {
            let n = features(name).len() as u64;
            let report = run(&app, &inventory(name), Options::default()).await;
            let [read, imported, _, _, duplicates, rejected] = counts(&report);
            assert_eq!((read, imported + duplicates, rejected), (n, n, 0), "{name}");
            let (of_kind,): (i64,) = app.db().one(sql!("SELECT count(*) FROM source_records r JOIN covers c ON c.id = r.cover_id WHERE r.source = ? AND c.kind = ?", &report.source, kind)).await.unwrap();
            assert!(of_kind as u64 * 10 >= imported * 7, "{name}: {of_kind} of {imported} are {kind}");
            match name {
                // The marks for "unknown" are not elevations.
                "portcoquitlam__manholes.geojson" => {
                    let marks = features(name).iter().filter(|f| [-99.0, -9999.0].contains(&f["properties"]["Bottom_Elev_m"].as_f64().unwrap_or(0.0))).count();
                    let noted: u64 = report.notes.iter().filter(|n| n.code == "sentinel" && n.message.contains("Bottom_Elev_m")).map(|n| n.rows).sum();
                    assert_eq!(noted, marks as u64);
                    let codes = report.notes.iter().find(|n| n.code == "owner_code").unwrap();
                    assert_eq!((codes.values["POCO"], codes.values["COQ"]), (554, 1));
                }
                "AlburghPointFeatures.geojson" => assert!(says(&report, "header_lost")),
                _ => assert!(says(&report, "unit_created")),
            }
        }
        assert_eq!(count(&app, "SELECT count(*) FROM units WHERE name = 'City of Penticton'").await, 1);
        verify(&app).await;
    }

    async fn rows_without_a_place_are_rejected_one_by_one(app: TestApp) {
        let n = features("WilliamstownPointFeatures.geojson").len() as u64;
        let report = run(&app, &inventory("WilliamstownPointFeatures.geojson"), Options::default()).await;
        assert_eq!(counts(&report), [n, 0, 0, 0, 0, n]);
        assert!(says(&report, "geometry_missing") && says(&report, "garbled_text"));
        assert_eq!(support::problems(&app).await[0].2[0]["code"], "position.missing");
    }

    async fn treatment_plants_are_refused_as_a_whole(app: TestApp) {
        let before = sizes(&app).await;
        let report = run(&app, &inventory("BurlingtonWWTF.geojson"), Options::default()).await;
        assert_eq!(counts(&report), [7, 0, 0, 0, 0, 7]);
        let refused = report.refused.unwrap();
        assert_eq!(refused.code, "import.no_covers");
        assert!(refused.message.contains("不含井盖"), "{}", refused.message);
        assert_eq!(sizes(&app).await, before);
    }

    async fn the_same_file_again_changes_nothing(app: TestApp) {
        let path = inventory("penticton__manholes.geojson");
        let first = counts(&run(&app, &path, Options::default()).await);
        let before = sizes(&app).await;
        let again = counts(&run(&app, &path, Options::default()).await);
        assert_eq!(again, [first[0], 0, 0, first[1], first[4], 0]);
        let after = sizes(&app).await;
        // Only the protocol of the run itself is new: its row, its problem rows, its one event.
        for (i, table) in ["wells", "covers", "codes", "responsibilities"].iter().enumerate() {
            assert_eq!(before[i], after[i], "{table}");
        }
        assert_eq!(after[4] - before[4], 1);
    }

    async fn a_dry_run_says_the_same_and_writes_nothing(app: TestApp) {
        let path = inventory("MontpelierPointFeatures.geojson");
        let before = sizes(&app).await;
        let dry = run(&app, &path, Options { dry_run: true, ..Options::default() }).await;
        assert_eq!(sizes(&app).await, before);
        let real = run(&app, &path, Options::default()).await;
        assert_eq!(counts(&dry), counts(&real));
        assert_eq!(dry.spool.len(), 101);
    }

    async fn an_interrupted_import_goes_on_and_ends_with_the_same_numbers(app: TestApp) {
        let path = inventory("MontpelierPointFeatures.geojson");
        let whole = counts(&run(&app, &path, Options { dry_run: true, ..Options::default() }).await);
        let stopped = part(&app, &path, Options::default(), Some(1)).await;
        assert!(stopped.totals.read > 0 && stopped.totals.read < whole[0], "it stopped after {}", stopped.totals.read);
        assert_eq!(count(&app, "SELECT count(*) FROM imports WHERE state = 'running'").await, 1);
        let rest = run(&app, &path, Options::default()).await;
        assert!(rest.resumed);
        assert_eq!(rest.import, stopped.import);
        assert_eq!(counts(&rest), whole);
        assert_eq!(count(&app, "SELECT count(*) FROM covers").await as u64, whole[1]);
        assert_eq!(count(&app, "SELECT count(*) FROM import_rows").await as u64, whole[4] + whole[5]);
        assert_eq!(count(&app, "SELECT count(*) FROM imports").await, 1);
        verify(&app).await;
    }

    async fn a_changed_row_updates_only_what_it_says(app: TestApp) {
        let mut json: Json = serde_json::from_str(&std::fs::read_to_string(inventory("sudbury__manholes.geojson")).unwrap()).unwrap();
        let path = file(&app, "town.geojson", json.to_string().as_bytes());
        let options = || Options { kind: Some("storm".into()), ..Options::default() };
        let first = counts(&run(&app, &path, options()).await);
        let rows = json["features"].as_array_mut().unwrap();
        let row = rows.iter_mut().find(|f| f["properties"]["LIFECYCLESTATUS"] == "ACT" && f["properties"]["LOCATION"].is_string()).unwrap();
        row["properties"]["LIFECYCLESTATUS"] = "REM".into();
        row["properties"]["LOCATION"] = "1 Changed Street, Sudbury".into();
        let id = row["properties"]["ASSETID"].as_str().unwrap().to_owned();
        // A column that fills no field is kept with the row, and changes nothing of the record.
        let other = rows.iter_mut().rev().find(|f| f["properties"]["ASSETID"] != *id).unwrap();
        other["properties"]["WORKAREA"] = "moved".into();
        let path = file(&app, "town.geojson", json.to_string().as_bytes());
        let second = counts(&run(&app, &path, options()).await);
        assert_eq!(second, [first[0], 0, 1, first[1] - 1, first[4], first[5]]);
        let (before, after): (String, String) = app.db().one(sql!("SELECT before, after FROM events WHERE subject = 'cover' AND action = 'corrected'")).await.unwrap();
        let (before, after): (Json, Json) = (serde_json::from_str(&before).unwrap(), serde_json::from_str(&after).unwrap());
        assert_eq!((&before["lifecycle"], &after["lifecycle"]), (&"in_use".into(), &"removed".into()));
        assert_eq!(after["road"], "Changed Street");
        let (life, version): (String, i64) = app.db().one(sql!("SELECT c.lifecycle, c.version FROM covers c JOIN codes k ON k.cover_id = c.id WHERE k.code = ? AND k.state = 'alias'", &id)).await.unwrap();
        assert_eq!((life.as_str(), version), ("removed", 2));
        let (facts,): (String,) = app.db().one(sql!("SELECT f.lifecycle FROM cover_facts f JOIN codes k ON k.cover_id = f.cover_id WHERE k.code = ? AND k.state = 'alias' AND f.to_day IS NULL", &id)).await.unwrap();
        assert_eq!(facts, "removed");
        let (queued,): (i64,) = app.db().one(sql!("SELECT count(*) FROM ownership_queue q JOIN covers c ON c.well_id = q.well_id JOIN codes k ON k.cover_id = c.id WHERE k.code = ?", &id)).await.unwrap();
        assert_eq!(queued, 0, "what is gone needs no owner");
        verify(&app).await;
    }

    async fn owner_codes_are_told_by_a_value_table(app: TestApp) {
        let poco = unit(&app, "poco", "Port Coquitlam Water").await;
        let map = jinggai::registry::import::mapping::Mapping::parse("[values.owner]\nPOCO = \"poco\"\n").unwrap();
        let report = run(&app, &inventory("portcoquitlam__manholes.geojson"), Options { map: Some(map), ..Options::default() }).await;
        assert_eq!(counts(&report)[1], 556);
        let (n,): (i64,) = app.db().one(sql!("SELECT count(*) FROM cover_facts WHERE owner_id = ? AND owner_confirmed", poco)).await.unwrap();
        assert_eq!(n, 554);
        assert_eq!(count(&app, "SELECT count(*) FROM ownership_queue").await, 2);
        // The mapping is kept with its source: the next file of that source needs none.
        let again = run(&app, &inventory("portcoquitlam__manholes.geojson"), Options::default()).await;
        assert_eq!(counts(&again), [556, 0, 0, 556, 0, 0]);
    }
}
