//! Map tiles: counts are true, nothing dangerous hides, scope and filter apply, a change shows; lines are bounded.
#![allow(clippy::unwrap_used)]
use jiff::civil::{Date, date};
use jinggai::identity::Role;
use jinggai::registry::ledger::{self, Entry};
use jinggai::registry::{NewWell, facts};
use jinggai_db::events::{self, Who};
use jinggai_db::sql;
use jinggai_geo::{Geometry, Point, TileId, tile_of};
use jinggai_rules::kinds::Problem;
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Client, TestApp, on_both_stores};
use serde_json::json;
use uuid::Uuid;

async fn enter(app: &TestApp, wells: &[NewWell]) {
    let mut tx = app.db().begin().await.unwrap();
    let (_, ev) = ledger::create(&mut tx, wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
    tx.commit().await.unwrap();
}

/// Enters wells on a day; gives the row of the first.
async fn on(app: &TestApp, wells: &[NewWell], today: Date) -> i64 {
    let mut tx = app.db().begin().await.unwrap();
    let entry = Entry { today, ..Entry::now(30, None) };
    let (created, ev) = ledger::create(&mut tx, wells, &entry).await.unwrap();
    events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
    tx.commit().await.unwrap();
    created[0].well_id
}

fn at(i: u32) -> NewWell {
    well(&format!("A-{i}"), 106.53 + f64::from(i) * 1e-5, 29.57)
}

/// Reads just enough of the tile's protobuf: (layer, features).
fn layers(tile: &[u8]) -> Vec<(String, usize)> {
    fields(tile)
        .into_iter()
        .filter(|(tag, _)| *tag == 3)
        .map(|(_, layer)| {
            let inner = fields(&layer);
            let name = inner
                .iter()
                .find(|(t, _)| *t == 1)
                .map(|(_, n)| String::from_utf8(n.clone()).unwrap())
                .unwrap();
            (name, inner.iter().filter(|(t, _)| *t == 2).count())
        })
        .collect()
}

fn varint(b: &[u8], at: &mut usize) -> u64 {
    let mut v = 0;
    for i in 0.. {
        let byte = b[*at];
        *at += 1;
        v |= u64::from(byte & 127) << (7 * i);
        if byte < 128 {
            break;
        }
    }
    v
}

fn fields(b: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut out = vec![];
    let mut i = 0;
    while i < b.len() {
        let key = varint(b, &mut i);
        if key & 7 == 2 {
            let n = usize::try_from(varint(b, &mut i)).unwrap();
            out.push((key >> 3, b[i..i + n].to_vec()));
            i += n;
        } else {
            varint(b, &mut i);
        }
    }
    out
}

fn path(z: u8) -> String {
    let TileId { x, y, .. } = tile_of(jinggai_geo::Point { lng: 106.53, lat: 29.57 }, z);
    format!("/tiles/covers/{z}/{x}/{y}.mvt")
}

/// Enters lines of this many points each, between two wells or none.
async fn lines(app: &TestApp, n: usize, points: usize, well: Option<i64>) {
    let now = jiff::Timestamp::now();
    let columns = [
        "uid",
        "kind",
        "source",
        "source_key",
        "from_well_id",
        "road",
        "demo",
        "version",
        "geom",
        "created_at",
        "updated_at",
    ];
    let rows = (0..n).map(|i| {
        let uid = Uuid::now_v7();
        let bend = |p: usize| 29.57 + 0.000_02 * ((p * 7 + i) % 13) as f64;
        let line = (0..points).map(|p| Point { lng: 106.53 + 0.000_05 * p as f64, lat: bend(p) }).collect();
        let road = format!("建新北路{i}段");
        vec![
            uid.into(),
            "sewage".into(),
            "测试".into(),
            uid.to_string().into(),
            well.into(),
            road.into(),
            false.into(),
            1i64.into(),
            Geometry::LineString(line).into(),
            now.into(),
            now.into(),
        ]
    });
    let mut tx = app.db().begin().await.unwrap();
    tx.bulk("pipes", &columns, rows.collect()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn line_tile(who: &Client, z: u8) -> Vec<u8> {
    let reply = who.get(&path(z).replace("covers", "lines")).await;
    assert!(reply.status.is_success(), "{} {}", reply.status, reply.text());
    reply.bytes
}

async fn tile(who: &Client, z: u8, query: &str) -> Vec<(String, usize)> {
    let reply = who.get(&format!("{}{query}", path(z))).await;
    assert!(reply.status.is_success(), "{} {}", reply.status, reply.text());
    layers(&reply.bytes)
}

on_both_stores! {
    async fn near_shows_every_cover_and_far_shows_counts(app: TestApp) {
        let mut missing = at(3);
        missing.covers[0].problem = Some(Problem::Missing);
        enter(&app, &[at(1), at(2), missing]).await;
        let admin = app.as_admin().await;
        assert_eq!(tile(&admin, 16, "").await, vec![("covers".into(), 3)]);
        assert_eq!(tile(&admin, 10, "").await, vec![("counts".into(), 1), ("urgent".into(), 1)]);
        assert_eq!(tile(&admin, 16, "?state=missing").await, vec![("covers".into(), 1)]);
    }

    async fn an_owner_sees_only_its_wells(app: TestApp) {
        let seed = app.seed().await;
        enter(&app, &[owned(at(1), seed.owner), at(2)]).await;
        let owner = app.login(Role::Owner, Some(seed.owner), None).await;
        assert_eq!(tile(&owner, 16, "").await, vec![("covers".into(), 1)]);
        assert_eq!(tile(&app.as_admin().await, 16, "").await, vec![("covers".into(), 2)]);
        assert_eq!(app.anonymous().get(&path(16)).await.status, 401);
    }

    async fn an_unchanged_tile_is_not_sent_again_and_a_change_shows(app: TestApp) {
        enter(&app, &[at(1)]).await;
        let admin = app.as_admin().await;
        let first = admin.get(&path(16)).await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(admin.get_if_changed(&path(16), &tag).await.status, 304);
        enter(&app, &[at(2)]).await;
        let again = admin.get_if_changed(&path(16), &tag).await;
        assert_eq!((again.status.as_u16(), layers(&again.bytes)), (200, vec![("covers".into(), 2)]));
    }

    async fn a_past_day_shows_what_stood_then_and_where(app: TestApp) {
        let first = on(&app, &[at(1)], date(2026, 3, 1)).await;
        on(&app, &[at(2)], date(2026, 4, 10)).await;
        let mut tx = app.db().begin().await.unwrap();
        tx.run(sql!("UPDATE covers SET problem = 'missing' WHERE well_id = ?", first)).await.unwrap();
        facts::refresh(&mut tx, &[first], date(2026, 4, 1)).await.unwrap();
        let far = Point { lng: 106.60, lat: 29.60 };
        tx.run(sql!("UPDATE covers SET geom = ?, cell = ? WHERE well_id = ?", far, jinggai_geo::cell_of(far), first)).await.unwrap();
        facts::refresh(&mut tx, &[first], date(2026, 5, 1)).await.unwrap();
        tx.commit().await.unwrap();
        let admin = app.as_admin().await;
        let one = |name: &str, n: usize| (name.to_owned(), n);
        for (day, near, wide) in [
            ("2026-03-01", vec![one("covers", 1)], vec![one("counts", 1)]),
            ("2026-03-31", vec![one("covers", 1)], vec![one("counts", 1)]),
            ("2026-04-01", vec![one("covers", 1)], vec![one("counts", 1), one("urgent", 1)]),
            ("2026-04-30", vec![one("covers", 2)], vec![one("counts", 1), one("urgent", 1)]),
            // Since then it lies elsewhere.
            ("2026-05-01", vec![one("covers", 1)], vec![one("counts", 2), one("urgent", 1)]),
            (&jinggai::clock::today().to_string(), vec![one("covers", 1)], vec![one("counts", 2), one("urgent", 1)]),
        ] {
            assert_eq!(tile(&admin, 16, &format!("?as_of={day}")).await, near, "{day}");
            assert_eq!(tile(&admin, 10, &format!("?as_of={day}")).await, wide, "{day}");
            let counted = admin.get(&format!("/api/v1/covers?limit=1&as_of={day}&state=missing")).await.ok()["total"].clone();
            assert_eq!(counted, i64::from(wide.len() > 1), "the list of {day} says the same");
        }
        assert_eq!(tile(&admin, 16, "?as_of=2026-04-05&state=missing").await, vec![one("covers", 1)]);
        assert_eq!(tile(&admin, 16, "").await, vec![one("covers", 1)]);
    }

    async fn days_are_told_and_those_that_cannot_be_shown_refused(app: TestApp) {
        let admin = app.as_admin().await;
        let today = jinggai::clock::today();
        let day = |reply: jinggai_test::Reply| {
            let body = reply.json();
            assert_eq!((reply.refusal(), body["fields"][0]["field"].as_str()), ((422, "map.day".into()), Some("as_of")), "{body}");
            body["fields"][0]["message"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(admin.get("/api/v1/ledger-days").await.ok(), json!({"first": null, "today": today}));
        assert!(day(admin.get(&format!("{}?as_of=2026-03-01", path(16))).await).contains("空的"));
        on(&app, &[at(1)], date(2026, 3, 1)).await;
        assert_eq!(admin.get("/api/v1/ledger-days").await.ok(), json!({"first": "2026-03-01", "today": today}));
        assert!(day(admin.get(&format!("{}?as_of=2026-02-28", path(16))).await).contains("台账从 2026-03-01 开始"));
        let tomorrow = today.tomorrow().unwrap();
        assert!(day(admin.get(&format!("{}?as_of={tomorrow}", path(16))).await).contains(&format!("到今天（{today}）为止")));
        let wrong = admin.get(&format!("{}?as_of=2026-02-30", path(16))).await;
        assert_eq!(wrong.refusal(), (422, "filter.invalid".into()));
        assert_eq!(app.anonymous().get("/api/v1/ledger-days").await.status, 401);
    }

    async fn no_day_is_answered_with_the_tile_of_another(app: TestApp) {
        on(&app, &[at(1)], date(2026, 3, 1)).await;
        on(&app, &[at(2)], date(2026, 4, 1)).await;
        let admin = app.as_admin().await;
        let (old, new) = (format!("{}?as_of=2026-03-05", path(16)), format!("{}?as_of=2026-04-05", path(16)));
        let mut tags = vec![];
        for (path, n) in [(&old, 1), (&new, 2), (&path(16), 2), (&old, 1)] {
            let reply = admin.get(path).await;
            assert_eq!(layers(&reply.bytes), vec![("covers".into(), n)], "{path}");
            tags.push(reply.headers["etag"].to_str().unwrap().to_owned());
        }
        assert_eq!(tags[0], tags[3]);
        assert_ne!(tags[0], tags[1]);
        assert_ne!(tags[1], tags[2]);
        assert_eq!(admin.get_if_changed(&old, &tags[0]).await.status, 304);
        assert_eq!(admin.get_if_changed(&new, &tags[0]).await.status, 200);
        enter(&app, &[at(3)]).await;
        let again = admin.get_if_changed(&old, &tags[0]).await;
        assert_eq!((again.status.as_u16(), layers(&again.bytes)), (200, vec![("covers".into(), 1)]), "what happens today changes no past day");
    }

    async fn a_past_day_keeps_to_the_scope(app: TestApp) {
        let seed = app.seed().await;
        on(&app, &[owned(at(1), seed.owner), at(2)], date(2026, 3, 1)).await;
        let owner = app.login(Role::Owner, Some(seed.owner), None).await;
        assert_eq!(tile(&owner, 16, "?as_of=2026-03-05").await, vec![("covers".into(), 1)]);
        assert_eq!(tile(&app.as_admin().await, 16, "?as_of=2026-03-05").await, vec![("covers".into(), 2)]);
    }

    async fn lines_are_drawn_near_and_bounded_far(app: TestApp) {
        lines(&app, 3, 5, None).await;
        let admin = app.as_admin().await;
        assert_eq!(layers(&line_tile(&admin, 16).await), vec![("lines".into(), 3)]);
        let (near, far) = (line_tile(&admin, 16).await, line_tile(&admin, 10).await);
        assert_eq!(layers(&far), vec![("lines".into(), 3)]);
        let says = |tile: &[u8]| String::from_utf8_lossy(tile).contains("建新北路");
        assert!(says(&near) && !says(&far) && far.len() < near.len(), "far away a line has no words and fewer corners");
        assert_eq!(line_tile(&admin, 9).await, Vec::<u8>::new());
        assert_eq!(admin.get("/tiles/lines/3/9/0.mvt").await.status, 404);
        assert_eq!(admin.get("/tiles/lines/3/1/x.mvt").await.status, 404);
        assert_eq!(app.anonymous().get("/tiles/lines/3/1/1.mvt").await.status, 401);
    }

    async fn a_tile_of_too_many_lines_draws_every_nth_and_says_so(app: TestApp) {
        lines(&app, 8_500, 5, None).await;
        let admin = app.as_admin().await;
        for z in [10, 15] {
            let tile = line_tile(&admin, z).await;
            assert_eq!(layers(&tile), vec![("lines".into(), 4_250), ("notes".into(), 1)], "zoom {z}");
        }
    }

    async fn a_tile_of_long_lines_stays_small(app: TestApp) {
        lines(&app, 300, 3_000, None).await;
        let admin = app.as_admin().await;
        let tile = line_tile(&admin, 14).await;
        let names: Vec<String> = layers(&tile).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["lines", "notes"]);
        assert!(tile.len() < (1 << 20) + (1 << 16), "{} bytes", tile.len());
        assert!(line_tile(&admin, 10).await.len() < 50_000, "far away little is left of them");
    }

    async fn a_reader_within_bounds_gets_the_lines_at_its_wells(app: TestApp) {
        let seed = app.seed().await;
        enter(&app, &[owned(at(1), seed.owner), at(2)]).await;
        let ids: Vec<(i64,)> = app.db().all(sql!("SELECT id FROM wells ORDER BY id")).await.unwrap();
        for (well,) in &ids {
            lines(&app, 1, 2, Some(*well)).await;
        }
        lines(&app, 1, 2, None).await;
        let owner = app.login(Role::Owner, Some(seed.owner), None).await;
        assert_eq!(layers(&line_tile(&owner, 16).await), vec![("lines".into(), 1)]);
        assert_eq!(layers(&line_tile(&app.as_admin().await, 16).await), vec![("lines".into(), 3)]);
    }

    async fn what_is_no_tile_or_no_filter_is_refused(app: TestApp) {
        let admin = app.as_admin().await;
        assert_eq!(admin.get("/tiles/covers/3/9/0.mvt").await.status, 404);
        assert_eq!(admin.get("/tiles/covers/3/1/x.mvt").await.status, 404);
        assert_eq!(admin.get("/tiles/covers/3/1/1.mvt?colour=red").await.status, 422);
    }
}
