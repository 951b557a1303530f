//! Putting wells into the ledger: one batch, all its rows, in the caller's transaction.
//!
//! Forms, phones, imports and the demo all come through [`create`]; nothing else inserts wells or covers.
use super::draft::{NewCover, NewResponsibility, NewWell, SourcePosition};
use super::facts::{self, Facts};
use crate::clock;
use crate::error::{AppError, Result};
use jiff::{Span, Timestamp, civil::Date};
use jinggai_db::events::Event;
use jinggai_db::{DbError, Dialect, Sql, Tx, Value};
use jinggai_geo::Point;
use jinggai_geo::cell_of;
use jinggai_rules::kinds::{LoadClass, Material, Place, Problem, ResponsibilityRole, RoadManager, Shape};
use jinggai_rules::search;
use uuid::Uuid;

/// What a new well became.
#[derive(Clone, Debug)]
pub struct Created {
    /// Row of `wells`.
    pub well_id: i64,
    /// Public id.
    pub well_uid: Uuid,
    /// Rows of `covers`, in the order of the draft.
    pub cover_ids: Vec<i64>,
    /// Public ids of the covers.
    pub cover_uids: Vec<Uuid>,
}

/// How new wells are entered.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Days in which a well without owner or fallback must have one.
    pub ownership_days: i64,
    /// The day it is.
    pub today: Date,
    /// Why, for the event log.
    pub reason: Option<String>,
}

impl Entry {
    /// Today, with the deadline of the settings.
    #[must_use]
    pub fn now(ownership_days: i64, reason: Option<String>) -> Self {
        Entry { ownership_days, today: clock::today(), reason }
    }
}

const WELL_COLUMNS: [&str; 31] = [
    "id",
    "uid",
    "kind",
    "name",
    "lifecycle",
    "area_id",
    "grid_code",
    "road",
    "address",
    "road_manager",
    "place",
    "crowded",
    "blind_track",
    "low_lying",
    "emergency_vehicles",
    "depth_m",
    "wall_material",
    "ground_elevation_m",
    "bottom_elevation_m",
    "note",
    "accuracy",
    "source_x",
    "source_y",
    "source_crs",
    "source_transform",
    "source_row",
    "demo",
    "version",
    "geom",
    "created_at",
    "updated_at",
];
const COVER_COLUMNS: [&str; 29] = [
    "id",
    "uid",
    "well_id",
    "predecessor_id",
    "kind",
    "lifecycle",
    "condition",
    "problem",
    "shape",
    "size",
    "material",
    "load_class",
    "maker",
    "standard",
    "batch",
    "installed_on",
    "installed_precision",
    "design_life_years",
    "expires_on",
    "has_lock",
    "has_sensor",
    "mass_kg",
    "note",
    "cell",
    "demo",
    "version",
    "geom",
    "created_at",
    "updated_at",
];

/// Enters the wells with everything that belongs to them, and gives the events for the caller to append last.
///
/// # Errors
/// `code.taken` when a number is in use already or was once; else what the store says.
pub async fn create(tx: &mut Tx, wells: &[NewWell], entry: &Entry) -> Result<(Vec<Created>, Vec<Event>)> {
    let covers_n = wells.iter().map(|w| w.covers.len()).sum();
    let well_first = tx.reserve_ids("wells", wells.len()).await?;
    let mut cover_id = tx.reserve_ids("covers", covers_n).await?;
    let mut created = Vec::with_capacity(wells.len());
    for (well, well_id) in wells.iter().zip(well_first..) {
        let n = i64::try_from(well.covers.len()).unwrap_or(0);
        created.push(Created {
            well_id,
            well_uid: Uuid::now_v7(),
            cover_ids: (cover_id..cover_id + n).collect(),
            cover_uids: (0..n).map(|_| Uuid::now_v7()).collect(),
        });
        cover_id += n;
    }
    let batch = Batch { wells, created: &created, now: Timestamp::now(), entry };
    tx.bulk("wells", &WELL_COLUMNS, batch.well_rows()).await?;
    insert_covers(tx, &batch.placed(), batch.now).await?;
    tx.bulk(
        "responsibilities",
        &[
            "uid",
            "well_id",
            "role",
            "unit_id",
            "confirmed",
            "basis",
            "valid_from",
            "version",
            "created_at",
            "updated_at",
        ],
        batch.responsibility_rows(),
    )
    .await?;
    facts::open(tx, batch.facts(), entry.today).await?;
    tx.bulk("ownership_queue", &["well_id", "since", "due_on", "rule"], batch.ownerless_rows()).await?;
    index_words(tx, batch.words()).await?;
    let events = batch.events();
    Ok((created, events))
}

/// A number that is in use, or once was: numbers are never given twice.
pub fn code_taken(e: DbError) -> AppError {
    if e.is_unique("codes_scheme_code_key") {
        return AppError::field(
            "code.taken",
            "code",
            "这个编号已经属于另一个井盖（编号终身有效，注销后也不再使用），请换一个编号",
            "this number belongs to another cover, or once did; numbers are never given twice",
        );
    }
    e.into()
}

/// What must stand in the ownership queue: neither an owner nor a fallback unit (江北区方案 二(二)1).
#[must_use]
pub fn is_ownerless(roles: impl IntoIterator<Item = ResponsibilityRole>) -> bool {
    !roles.into_iter().any(|r| matches!(r, ResponsibilityRole::Owner | ResponsibilityRole::Fallback))
}

/// Writes what wells are found by: `texts` is what people may type, not yet cut into words.
///
/// # Errors
/// What the store says.
pub async fn index_words(tx: &mut Tx, texts: Vec<(i64, String)>) -> Result<()> {
    if tx.dialect() == Dialect::Sqlite {
        let words = |(id, t): (i64, String)| vec![id.into(), search::index_text(&t).into()];
        tx.bulk("well_words", &["rowid", "words"], texts.into_iter().map(words).collect()).await?;
        return Ok(());
    }
    for chunk in texts.chunks(1024) {
        let mut q = Sql::new("INSERT INTO well_words (rowid, words) VALUES ", vec![]);
        for (i, (id, t)) in chunk.iter().enumerate() {
            q.push(
                if i > 0 {
                    ", (?, CAST(CAST(? AS TEXT) AS tsvector))"
                } else {
                    "(?, CAST(CAST(? AS TEXT) AS tsvector))"
                },
                [Value::from(*id), search::index_lexemes(t).into()],
            );
        }
        tx.run(q).await?;
    }
    Ok(())
}

struct Batch<'a> {
    wells: &'a [NewWell],
    created: &'a [Created],
    now: Timestamp,
    entry: &'a Entry,
}

impl Batch<'_> {
    fn each(&self) -> impl Iterator<Item = (&NewWell, &Created)> {
        self.wells.iter().zip(self.created)
    }

    /// Every cover with its well and ids.
    fn covers(&self) -> impl Iterator<Item = (&NewWell, &Created, &NewCover, i64, Uuid)> {
        self.each().flat_map(|(w, c)| {
            w.covers
                .iter()
                .zip(c.cover_ids.iter().zip(&c.cover_uids))
                .map(move |(cover, (id, uid))| (w, c, cover, *id, *uid))
        })
    }

    fn well_rows(&self) -> Vec<Vec<Value>> {
        self.each().map(|(w, c)| well_row(w, c, self.now)).collect()
    }

    fn placed(&self) -> Vec<Placed<'_>> {
        self.covers()
            .map(|(w, c, cover, id, uid)| Placed {
                well_id: c.well_id,
                at: w.at,
                demo: w.demo,
                predecessor: None,
                cover,
                id,
                uid,
            })
            .collect()
    }

    fn responsibility_rows(&self) -> Vec<Vec<Value>> {
        let row = |well_id: i64, r: &NewResponsibility| {
            vec![
                Uuid::now_v7().into(),
                well_id.into(),
                r.role.code().into(),
                r.unit_id.into(),
                r.confirmed.into(),
                r.basis.clone().into(),
                r.valid_from.into(),
                1i64.into(),
                self.now.into(),
                self.now.into(),
            ]
        };
        self.each().flat_map(|(w, c)| w.responsibilities.iter().map(move |r| row(c.well_id, r))).collect()
    }

    fn facts(&self) -> Vec<Facts> {
        self.covers().map(|(w, c, cover, id, _)| Facts::of_draft(w, cover, c.well_id, id)).collect()
    }

    fn ownerless_rows(&self) -> Vec<Vec<Value>> {
        let due =
            self.entry.today.checked_add(Span::new().days(self.entry.ownership_days)).unwrap_or(Date::MAX);
        self.each()
            .filter(|(w, _)| {
                is_ownerless(w.responsibilities.iter().map(|r| r.role))
                    && w.covers.iter().any(|c| !c.lifecycle.is_ended())
            })
            .map(|(_, c)| vec![c.well_id.into(), self.now.into(), due.into(), "H12".into()])
            .collect()
    }

    fn words(&self) -> Vec<(i64, String)> {
        self.each().map(|(w, c)| (c.well_id, words_of(w))).collect()
    }

    fn events(&self) -> Vec<Event> {
        self.each()
            .map(|(w, c)| Event {
                subject: "well",
                subject_uid: c.well_uid,
                well_id: Some(c.well_id),
                action: "created",
                before: None,
                after: Some(w.summary()),
                reason: self.entry.reason.clone(),
            })
            .collect()
    }
}

/// What a search finds a new well by: numbers, plate, road, address, name.
fn words_of(w: &NewWell) -> String {
    let mut text = String::new();
    let codes = w.covers.iter().flat_map(|c| c.codes.iter().map(|k| Some(&k.code)).chain([c.label.as_ref()]));
    for part in [w.name.as_ref(), w.road.as_ref(), w.address.as_ref()].into_iter().chain(codes).flatten() {
        text.push_str(part);
        text.push(' ');
    }
    text
}

/// The life of a well follows its covers: it is as alive as the most alive of them.
fn well_lifecycle(w: &NewWell) -> &'static str {
    let first = w.covers.first().map(|c| c.lifecycle);
    w.covers.iter().map(|c| c.lifecycle).find(|l| !l.is_ended()).or(first).map_or("in_use", |l| l.code())
}

fn well_row(w: &NewWell, c: &Created, now: Timestamp) -> Vec<Value> {
    let s = w.source.as_ref();
    vec![
        c.well_id.into(),
        c.well_uid.into(),
        w.kind.code().into(),
        w.name.clone().into(),
        well_lifecycle(w).into(),
        w.area_id.into(),
        w.grid_code.clone().into(),
        w.road.clone().into(),
        w.address.clone().into(),
        w.road_manager.map(RoadManager::code).into(),
        w.place.map(Place::code).into(),
        w.crowded.into(),
        w.blind_track.into(),
        w.low_lying.into(),
        w.emergency_vehicles.into(),
        w.depth_m.into(),
        w.wall_material.clone().into(),
        w.ground_elevation_m.into(),
        w.bottom_elevation_m.into(),
        w.note.clone().into(),
        w.accuracy.code().into(),
        s.map(|s| s.x).into(),
        s.map(|s| s.y).into(),
        s.map(|s: &SourcePosition| s.crs.clone()).into(),
        s.map(|s| s.transform.clone()).into(),
        w.source_row.clone().into(),
        w.demo.into(),
        1i64.into(),
        w.at.into(),
        now.into(),
        now.into(),
    ]
}

/// A cover with its place: what its row needs from the well.
struct Placed<'a> {
    well_id: i64,
    at: Point,
    demo: bool,
    predecessor: Option<i64>,
    cover: &'a NewCover,
    id: i64,
    uid: Uuid,
}

/// The rows of covers with their codes and labels.
async fn insert_covers(tx: &mut Tx, covers: &[Placed<'_>], now: Timestamp) -> Result<()> {
    tx.bulk("covers", &COVER_COLUMNS, covers.iter().map(|c| cover_row(c, now)).collect()).await?;
    let codes = covers.iter().flat_map(|p| {
        p.cover.codes.iter().map(move |k| {
            vec![
                p.id.into(),
                (&k.scheme).into(),
                (&k.code).into(),
                k.list_version.clone().into(),
                (if k.alias { "alias" } else { "active" }).into(),
                now.into(),
            ]
        })
    });
    let columns = ["cover_id", "scheme", "code", "list_version", "state", "issued_at"];
    tx.bulk("codes", &columns, codes.collect()).await.map_err(code_taken)?;
    let labels = covers.iter().filter_map(|p| {
        let number = p.cover.label.as_ref()?;
        Some(vec![
            Uuid::now_v7().into(),
            p.id.into(),
            number.into(),
            "fixed".into(),
            1i64.into(),
            now.into(),
            now.into(),
        ])
    });
    let columns = ["uid", "cover_id", "number", "state", "version", "created_at", "updated_at"];
    tx.bulk("labels", &columns, labels.collect()).await?;
    Ok(())
}

/// A further cover on a well that is there already, or the successor of one of its covers. The caller settles the
/// well afterwards: facts, queue, words and events.
///
/// # Errors
/// `code.taken` when a number is in use already or was once; else what the store says.
pub async fn add_cover(
    tx: &mut Tx,
    well: (i64, Point, bool),
    cover: &NewCover,
    predecessor: Option<i64>,
) -> Result<(i64, Uuid)> {
    let id = tx.reserve_ids("covers", 1).await?;
    let (well_id, at, demo) = well;
    let placed = Placed { well_id, at, demo, predecessor, cover, id, uid: Uuid::now_v7() };
    insert_covers(tx, std::slice::from_ref(&placed), Timestamp::now()).await?;
    Ok((id, placed.uid))
}

fn cover_row(p: &Placed<'_>, now: Timestamp) -> Vec<Value> {
    let c = p.cover;
    vec![
        p.id.into(),
        p.uid.into(),
        p.well_id.into(),
        p.predecessor.into(),
        c.kind.code().into(),
        c.lifecycle.code().into(),
        c.condition.code().into(),
        c.problem.map(Problem::code).into(),
        c.shape.map(Shape::code).into(),
        c.size.clone().into(),
        c.material.map(Material::code).into(),
        c.load_class.map(LoadClass::code).into(),
        c.maker.clone().into(),
        c.standard.clone().into(),
        c.batch.clone().into(),
        c.installed_on.into(),
        c.installed_precision.clone().into(),
        c.design_life_years.into(),
        c.expires_on.into(),
        c.has_lock.into(),
        c.has_sensor.into(),
        c.mass_kg.into(),
        c.note.clone().into(),
        cell_of(p.at).into(),
        p.demo.into(),
        1i64.into(),
        p.at.into(),
        now.into(),
        now.into(),
    ]
}
