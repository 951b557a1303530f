//! 管线导入: lines of a pipe survey (`domain.md` 9.3), linked to the wells at their ends.
//!
//! An end is linked by the number of its point (`S_Exp`, `E_Exp`: the wells' own ids in their source) when exactly one
//! such well is near, else by its coordinates. What cannot be linked is kept and counted (孤立管线).
use super::place;
use super::report::Report;
use super::row::Finding;
use super::run::{Request, locals, source_of};
use super::sheet::{self, Field, Outcome, Rows, Sheet};
use super::tally::Tally;
use super::value;
use crate::app::App;
use crate::error::Result;
use crate::identity::Permission;
use jiff::Timestamp;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, Value, sql};
use jinggai_geo::{Axes, Crs, Geometry, GridIndex, Point, Transform, detect_axes, distance_m};
use jinggai_rules::kinds::CoverKind;
use jinggai_tables::values::LengthUnit;
use jinggai_tables::{Geometry as Shape, Record};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// How far a well may be from the end of its pipe, metres: the width of a shaft.
const REACH_M: f64 = 1.5;
/// How far a well with the right number may be.
const NUMBER_REACH_M: f64 = 20.0;

const FIELDS: &[Field] = &[
    Field(
        "key",
        "管线编号",
        &[
            "lno",
            "line no",
            "pipe id",
            "pipeid",
            "管线编号",
            "管段编号",
            "管线号",
            "facilityid",
            "asset id",
            "globalid",
        ],
    ),
    Field(
        "from",
        "起点编号",
        &["s exp", "start usid", "起点编号", "起点点号", "起点", "from mh", "upstream mh", "from node"],
    ),
    Field(
        "to",
        "终点编号",
        &["e exp", "end usid", "终点编号", "终点点号", "终点", "to mh", "downstream mh", "to node"],
    ),
    Field("from_x", "起点X", &["s x", "起点x", "start x"]),
    Field("from_y", "起点Y", &["s y", "起点y", "start y"]),
    Field("to_x", "终点X", &["e x", "终点x", "end x"]),
    Field("to_y", "终点Y", &["e y", "终点y", "end y"]),
    Field("from_depth", "起点埋深", &["s deep", "起点埋深", "beg h"]),
    Field("to_depth", "终点埋深", &["e deep", "终点埋深", "end h"]),
    Field("kind", "管类", &["type", "code", "管类", "管线类型", "管线种类", "类型", "system type"]),
    Field("material", "管材", &["material", "管材", "材质"]),
    Field("diameter", "管径", &["psize", "d s", "管径", "规格", "断面尺寸", "diameter", "pipe size"]),
    Field("flow", "流向", &["flowdir", "flow dir", "流向"]),
    Field("road", "道路", &["address", "道路", "所在道路", "路名"]),
    Field("owner", "权属单位", &["belong", "权属单位", "权属", "owner"]),
];

struct Pipes {
    at: BTreeMap<&'static str, usize>,
    source: String,
    transform: Transform,
    wells: GridIndex,
    places: HashMap<i64, Point>,
    layer_kind: Option<CoverKind>,
    seen: HashMap<String, u32>,
}

/// Imports the lines of a file.
///
/// # Errors
/// What the store says.
pub(super) async fn import(
    app: &App,
    request: &Request<'_>,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Report> {
    request.actor.require_everywhere(Permission::RegistryImport)?;
    let (path, options) = (request.path.clone(), request.options.clone());
    let sheet = tokio::task::spawn_blocking(move || {
        Sheet::open(&path, &options, FIELDS, &[&["from_x", "geometry"], &["to_x", "geometry"]])
    })
    .await
    .map_err(crate::error::AppError::internal)?;
    let opened = match sheet {
        Ok(s) => match transform(app, request, &s) {
            Ok(t) => Ok((s, t)),
            Err(e) => Err(e),
        },
        Err(e) => Err(e),
    };
    let mut tx = app.db().snapshot().await?;
    let (wells, places) = wells(&mut tx).await?;
    drop(tx);
    let name = super::target::camel(&request.name).replace('_', " ");
    let layer_kind = CoverKind::recognise(&name)
        .filter(|r| r.others.is_empty())
        .map(|r| r.value)
        .or(request.options.kind()?);
    let mut rows = Pipes {
        at: opened.as_ref().map(|(s, _)| s.at.clone()).unwrap_or_default(),
        source: source_of(request),
        transform: opened
            .as_ref()
            .map_or_else(|_| Transform::new(Crs::Cgcs2000, Axes::EastNorth), |(_, t)| t.clone()),
        wells,
        places,
        layer_kind,
        seen: HashMap::new(),
    };
    let crs = rows.transform.crs().to_string();
    let mut report = sheet::drive(app, request, opened.map(|(s, _)| s), &mut rows, progress).await?;
    report.crs = crs;
    Ok(report)
}

/// The transform of the lines: as asked, as declared, as GeoJSON prescribes; plane coordinates must be named.
fn transform(app: &App, request: &Request<'_>, sheet: &Sheet) -> Result<Transform> {
    let locals = locals(&app.config().data)?;
    let records = sheet.source.records().map_err(super::read::table_error)?;
    let samples: Vec<(f64, f64)> =
        records.take(500).flatten().filter_map(|r| ends(&sheet.at, &r)).map(|(a, ..)| a).collect();
    let declared = request.options.crs.clone().or_else(|| sheet.source.crs.clone());
    let crs = match declared {
        Some(text) => Crs::parse(&text, &locals).map_err(|e| place::crs_error(&e))?,
        None if samples.iter().all(|(x, y)| x.abs() <= 180.0 && y.abs() <= 180.0) => Crs::Cgcs2000,
        None => {
            let v = detect_axes(&samples, None, None);
            return Err(place::refused(
                format!("没有说明平面坐标的坐标系，请用 --crs 指明：{}", v.reasons.join("；")),
                "name the coordinate system with --crs",
            ));
        }
    };
    let axes = place::axes(
        request.options.axes.as_deref(),
        place::Where::Plane(0, 1),
        &crs,
        &samples,
        &mut Tally::default(),
    )?;
    Ok(Transform::new(crs, axes))
}

/// All wells by place.
async fn wells(tx: &mut Tx) -> Result<(GridIndex, HashMap<i64, Point>)> {
    let (mut grid, mut places, mut after) = (GridIndex::new(REACH_M), HashMap::new(), 0i64);
    loop {
        let page: Vec<(i64, Point)> =
            tx.all(sql!("SELECT id, geom FROM wells WHERE id > ? ORDER BY id LIMIT 20000", after)).await?;
        let Some((last, _)) = page.last() else { return Ok((grid, places)) };
        after = *last;
        for (id, at) in page {
            grid.insert(id, 0, at);
            places.insert(id, at);
        }
    }
}

/// Row, public id, original row, wells at the ends.
type Kept = (i64, Uuid, String, Option<i64>, Option<i64>);
type Ends = ((f64, f64), (f64, f64), Option<Vec<(f64, f64)>>);

fn ends(at: &BTreeMap<&'static str, usize>, r: &Record) -> Option<Ends> {
    match &r.geometry {
        Some(Shape::LineString(line)) => line_ends(line.iter().map(|c| (c.x, c.y)).collect()),
        Some(Shape::MultiLineString(lines)) if lines.len() == 1 => {
            line_ends(lines.first()?.iter().map(|c| (c.x, c.y)).collect())
        }
        Some(_) => None,
        None => {
            let n = |f: &str| value::number(r.cells.get(*at.get(f)?)?, LengthUnit::Metre);
            Some(((n("from_x")?, n("from_y")?), (n("to_x")?, n("to_y")?), None))
        }
    }
}

fn line_ends(line: Vec<(f64, f64)>) -> Option<Ends> {
    Some((*line.first()?, *line.last().filter(|_| line.len() > 1)?, Some(line)))
}

impl Pipes {
    fn text(&self, r: &Record, field: &str) -> Option<String> {
        Sheet::text(&self.at, r, field)
    }

    /// The well at an end.
    async fn well(&self, tx: &mut Tx, number: Option<&str>, at: Point) -> Result<Option<i64>> {
        if let Some(number) = number {
            let q = sql!(
                "SELECT DISTINCT c.well_id FROM codes k JOIN covers c ON c.id = k.cover_id WHERE k.code = ?",
                number
            );
            let near: Vec<i64> = tx
                .all::<(i64,)>(q)
                .await?
                .into_iter()
                .map(|(w,)| w)
                .filter(|w| self.places.get(w).is_some_and(|p| distance_m(*p, at) <= NUMBER_REACH_M))
                .collect();
            if let [one] = near.as_slice() {
                return Ok(Some(*one));
            }
        }
        Ok(self.wells.nearest_within(at, REACH_M, None).map(|n| n.id))
    }

    /// What the pipe is known by; none when its own number has occurred in this file already.
    fn key(&mut self, r: &Record) -> Option<String> {
        let own = self.text(r, "key");
        let ends = || Some(format!("{}-{}", self.text(r, "from")?, self.text(r, "to")?));
        let key = own.clone().or_else(ends).unwrap_or_else(|| format!("#{}", r.row));
        let n = self.seen.entry(key.clone()).or_default();
        *n += 1;
        match (*n, own) {
            (1, _) => Some(key),
            (_, Some(_)) => None,
            // Several pipes may run between the same two wells.
            (n, None) => Some(format!("{key}/{n}")),
        }
    }

    fn kind(&self, r: &Record, tally: &mut Tally) -> CoverKind {
        let said = self.text(r, "kind").and_then(|t| CoverKind::recognise(&t)).map(|k| k.value);
        said.or(self.layer_kind).unwrap_or_else(|| {
            tally.count("kind_unknown", "没有写明管类的管线，记为“其他”", None);
            CoverKind::Other
        })
    }
}

/// A pipe as a record gives it.
struct Pipe {
    key: String,
    kind: CoverKind,
    points: Vec<Point>,
    from: Option<String>,
    to: Option<String>,
    from_well: Option<i64>,
    to_well: Option<i64>,
}

impl Pipes {
    /// The line of a record in CGCS2000.
    fn line(&self, r: &Record) -> std::result::Result<Vec<Point>, Finding> {
        let Some((a, b, line)) = ends(&self.at, r) else {
            let problem = "没有起点、终点坐标，几何也不是一条线";
            return Err(Finding::new("position.missing", "起点、终点", "", problem, "两端坐标或一条线"));
        };
        let points = line.unwrap_or_else(|| vec![a, b]);
        points
            .iter()
            .map(|(x, y)| self.transform.to_cgcs2000(*x, *y))
            .collect::<std::result::Result<_, _>>()
            .map_err(|e| {
                Finding::new(
                    "position.wrong",
                    "坐标",
                    format!("{},{}", a.0, a.1),
                    e.to_string(),
                    "属于所给坐标系的坐标",
                )
            })
    }

    fn columns(&self, r: &Record, cells: &str, p: Pipe, now: Timestamp) -> Vec<(&'static str, Value)> {
        let number =
            |f: &str| r.cells.get(*self.at.get(f)?).and_then(|c| value::number(c, LengthUnit::Metre));
        vec![
            ("kind", p.kind.code().into()),
            ("from_key", p.from.into()),
            ("to_key", p.to.into()),
            ("from_well_id", p.from_well.into()),
            ("to_well_id", p.to_well.into()),
            ("material", self.text(r, "material").into()),
            ("diameter", self.text(r, "diameter").into()),
            ("from_depth_m", number("from_depth").into()),
            ("to_depth_m", number("to_depth").into()),
            ("flow_direction", self.text(r, "flow").into()),
            ("road", self.text(r, "road").into()),
            ("owner_text", self.text(r, "owner").into()),
            ("source_row", cells.into()),
            ("geom", Geometry::LineString(p.points).into()),
            ("updated_at", now.into()),
        ]
    }

    async fn kept(&self, tx: &mut Tx, key: &str) -> Result<Option<Kept>> {
        let q = sql!(
            "SELECT id, uid, CAST(source_row AS TEXT), from_well_id, to_well_id FROM pipes WHERE source = ? AND source_key = ?",
            &self.source,
            key
        );
        Ok(tx.opt(q).await?)
    }

    /// Writes a pipe and gives its public id.
    async fn write(
        &self,
        tx: &mut Tx,
        old: Option<&Kept>,
        key: &str,
        values: Vec<(&'static str, Value)>,
        now: Timestamp,
    ) -> Result<Uuid> {
        if let Some((id, uid, ..)) = old {
            let mut q = Sql::new("UPDATE pipes SET version = version + 1", vec![]);
            for (column, v) in values {
                q.push(&format!(", {column} = ?"), [v]);
            }
            q.push(" WHERE id = ?", [(*id).into()]);
            tx.run(q).await?;
            return Ok(*uid);
        }
        let uid = Uuid::now_v7();
        let mut columns = vec!["uid", "source", "source_key", "demo", "version", "created_at"];
        let mut row: Vec<Value> =
            vec![uid.into(), (&self.source).into(), key.into(), false.into(), 1i64.into(), now.into()];
        for (column, v) in values {
            columns.push(column);
            row.push(v);
        }
        tx.bulk("pipes", &columns, vec![row]).await?;
        Ok(uid)
    }
}

impl Rows for Pipes {
    async fn row(
        &mut self,
        tx: &mut Tx,
        r: &Record,
        cells: &str,
        events: &mut Vec<Event>,
        tally: &mut Tally,
    ) -> Result<Outcome> {
        let points = match self.line(r) {
            Ok(p) => p,
            Err(f) => return Ok(Outcome::Rejected(f)),
        };
        let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else {
            let f = Finding::new("position.missing", "几何", "", "线没有端点", "至少两个点");
            return Ok(Outcome::Rejected(f));
        };
        let (from, to) = (self.text(r, "from"), self.text(r, "to"));
        let from_well = self.well(tx, from.as_deref(), first).await?;
        let to_well = self.well(tx, to.as_deref(), last).await?;
        if from_well.is_none() || to_well.is_none() {
            tally.count("pipe_unlinked", "有一端或两端没有找到窨井的管线", None);
        }
        let Some(key) = self.key(r) else {
            let own = self.text(r, "key").unwrap_or_default();
            let f =
                Finding::new("pipe.repeated", "管线编号", own, "管线编号在本文件中重复", "每条管线一个编号");
            return Ok(Outcome::Duplicate(f));
        };
        let kind = self.kind(r, tally);
        let old = self.kept(tx, &key).await?;
        let same = |kept: &str| serde_json::from_str::<Json>(kept).ok() == serde_json::from_str(cells).ok();
        if old.as_ref().is_some_and(|(_, _, kept, f, t)| (*f, *t) == (from_well, to_well) && same(kept)) {
            return Ok(Outcome::Unchanged);
        }
        let now = Timestamp::now();
        let after = json!({"kind": kind.code(), "source": self.source, "key": key, "from_well": from_well, "to_well": to_well});
        let pipe = Pipe { key, kind, points, from, to, from_well, to_well };
        let key = pipe.key.clone();
        let values = self.columns(r, cells, pipe, now);
        let uid = self.write(tx, old.as_ref(), &key, values, now).await?;
        events.push(Event {
            subject: "pipe",
            subject_uid: uid,
            well_id: from_well.or(to_well),
            action: if old.is_some() { "corrected" } else { "created" },
            before: None,
            after: Some(after),
            reason: Some("导入管线".into()),
        });
        Ok(if old.is_some() { Outcome::Updated } else { Outcome::Imported })
    }

    async fn settle(&mut self, _: &mut Tx) -> Result<()> {
        Ok(())
    }
}
