//! Map tiles: counts are true, nothing dangerous hides, scope and filter apply, a change shows.
#![allow(clippy::unwrap_used)]
use jinggai::identity::Role;
use jinggai::registry::NewWell;
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use jinggai_geo::{TileId, tile_of};
use jinggai_rules::kinds::Problem;
use jinggai_test::drafts::{owned, well};
use jinggai_test::{Client, TestApp, on_both_stores};

async fn enter(app: &TestApp, wells: &[NewWell]) {
    let mut tx = app.db().begin().await.unwrap();
    let (_, ev) = ledger::create(&mut tx, wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), ev).await.unwrap();
    tx.commit().await.unwrap();
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

    async fn what_is_no_tile_or_no_filter_is_refused(app: TestApp) {
        let admin = app.as_admin().await;
        assert_eq!(admin.get("/tiles/covers/3/9/0.mvt").await.status, 404);
        assert_eq!(admin.get("/tiles/covers/3/1/x.mvt").await.status, 404);
        assert_eq!(admin.get("/tiles/covers/3/1/1.mvt?colour=red").await.status, 422);
    }
}
