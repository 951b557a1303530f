//! One batch: a verdict for each row, then everything of it in one transaction, with the cursor and the events.
//!
//! Judging only reads: a dry run stops after it. Order within the file is kept: a row is compared with the ledger and
//! with the rows before it.
use super::numbers::{self, Issuer};
use super::options::Options;
use super::owners::Owners;
use super::read::Plan;
use super::row::{Finding, Row, hash_of};
use super::state::{State, twin_class};
use super::store::{self, Problem, Totals};
use super::tally::Tally;
use super::update;
use crate::error::{AppError, Kind, Result};
use crate::registry::commands::renew;
use crate::registry::draft::{NewCode, NewResponsibility, NewWell};
use crate::registry::facts;
use crate::registry::ledger::{self, Created, Entry};
use jiff::Timestamp;
use jinggai_db::events::{self, Event, Who};
use jinggai_db::{Db, Tx, Value, jobs, sql};
use jinggai_geo::GridIndex;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Problems of a dry run kept in memory.
const SPOOL: usize = 100_000;

/// An import that is under way.
pub struct Run {
    /// The store.
    pub db: Db,
    /// What was asked.
    pub options: Options,
    /// Key of the source.
    pub source: String,
    /// How rows are understood.
    pub plan: Plan,
    /// Scheme of the code column.
    pub scheme: String,
    /// Version of the class list of that scheme.
    pub list_version: Option<String>,
    /// What is known of the ledger.
    pub state: State,
    /// Gives numbers.
    pub issuer: Issuer,
    /// Finds units.
    pub owners: Owners,
    /// Area of the option.
    pub area: Option<i64>,
    /// Metres within which two covers of one kind are the same.
    pub metres: f64,
    /// How new wells are entered.
    pub entry: Entry,
    /// Who imports.
    pub who: Who,
    /// Row of `imports`; none in a dry run of the command line.
    pub import_id: Option<i64>,
    /// Row of `jobs`.
    pub job_id: Option<i64>,
    /// Counts so far.
    pub totals: Totals,
    /// What was noticed so far.
    pub notes: Tally,
    /// Problems of a dry run that is not written down.
    pub spool: Vec<Problem>,
    /// Rows of the file, when known.
    pub rows: Option<u64>,
}

/// What a row is.
enum Verdict {
    New(Vec<NewResponsibility>),
    Unchanged,
    /// In the ledger, but the row is not the same as last time.
    Known(i64, Vec<NewResponsibility>),
    Duplicate(Twin, String),
    Rejected(Vec<Finding>),
}

/// The cover that a row may be.
#[derive(Clone, Copy)]
enum Twin {
    Stored(i64),
    /// A row of this batch.
    Here(usize),
}

impl Run {
    /// Does a batch of rows.
    ///
    /// # Errors
    /// What the store says; then nothing of the batch is kept.
    pub async fn batch(&mut self, rows: Vec<Row>, next_row: u64, tally: Tally) -> Result<()> {
        let mut tx = if self.options.dry_run { self.db.snapshot().await? } else { self.db.begin().await? };
        let mut rows = rows;
        let mut noticed = tally;
        let verdicts = self.judge(&mut tx, &mut rows, &mut noticed).await?;
        let mut done = Totals { read: rows.len() as u64, ..Totals::default() };
        let mut all_events = std::mem::take(&mut self.owners.events);
        let places: Vec<(u8, jinggai_geo::Point, String)> = rows.iter().map(place_of).collect();
        let created = self.enter(&mut tx, &mut rows, &verdicts, &mut noticed, &mut all_events).await?;
        let problems = self.problems(&mut tx, &rows, &verdicts, &created).await?;
        self.bring_up_to_date(&mut tx, &rows, &verdicts, &mut done, &mut noticed, &mut all_events).await?;
        for v in &verdicts {
            match v {
                Verdict::New(_) => done.imported += 1,
                Verdict::Unchanged => done.unchanged += 1,
                Verdict::Known(..) => {}
                Verdict::Duplicate(..) => done.duplicates += 1,
                Verdict::Rejected(_) => done.rejected += 1,
            }
        }
        self.totals.add(done);
        self.notes.add(noticed);
        self.settle(tx, problems, next_row, all_events).await?;
        for (i, (class, at, key)) in places.into_iter().enumerate() {
            if let Some(Verdict::New(_)) = verdicts.get(i) {
                let no = i64::try_from(rows.get(i).map_or(0, |r| r.no)).unwrap_or(0);
                let id = created.get(&i).and_then(|c| c.cover_ids.first().copied()).unwrap_or(-no);
                self.state.grid.insert(id, class, at);
                if !self.options.dry_run {
                    self.state.known.insert(hash_of(&key));
                }
            }
        }
        Ok(())
    }

    /// Writes problems, cursor, progress and events, and commits; a dry run writes only its own protocol, if any.
    async fn settle(
        &mut self,
        mut tx: Tx,
        problems: Vec<Problem>,
        next_row: u64,
        list: Vec<Event>,
    ) -> Result<()> {
        let dry = self.options.dry_run;
        if dry {
            drop(tx);
            if self.import_id.is_none() {
                let room = SPOOL.saturating_sub(self.spool.len());
                if problems.len() > room {
                    self.notes.say("problems_cut", format!("问题行太多，清单只含前 {SPOOL} 行"));
                }
                self.spool.extend(problems.into_iter().take(room));
                return Ok(());
            }
            tx = self.db.begin().await?;
        }
        if let Some(id) = self.import_id {
            store::keep_problems(&mut tx, id, problems).await?;
            store::advance(&mut tx, id, next_row, self.totals, &self.notes).await?;
        }
        if let Some(job) = self.job_id {
            let progress = json!({"done": self.totals.read, "total": self.rows, "totals": self.totals});
            if !jobs::progress(&mut tx, job, progress).await? {
                return Err(AppError::new(
                    Kind::Conflict,
                    "import.cancelled",
                    "导入已取消",
                    "the import was cancelled",
                ));
            }
        }
        if !list.is_empty() && !dry {
            events::append(&mut tx, &self.who, list).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn judge(&mut self, tx: &mut Tx, rows: &mut [Row], tally: &mut Tally) -> Result<Vec<Verdict>> {
        let keys: Vec<&str> = rows
            .iter()
            .filter(|r| r.draft.is_ok() && self.state.known.contains(&hash_of(&r.key)))
            .map(|r| r.key.as_str())
            .collect();
        let known = store::records(tx, &self.source, &keys).await?;
        let codes: Vec<String> = rows.iter().filter_map(|r| r.draft.as_ref().ok()?.code.clone()).collect();
        let mut taken: HashMap<String, Twin> = numbers::owners(tx, &self.scheme, &codes)
            .await?
            .into_iter()
            .map(|(c, id)| (c, Twin::Stored(id)))
            .collect();
        let mut here = GridIndex::with_capacity(self.metres, rows.len());
        let mut verdicts = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter_mut().enumerate() {
            let v = self.judge_row(tx, row, i, &known, &mut taken, &mut here, tally).await?;
            verdicts.push(v);
        }
        Ok(verdicts)
    }

    #[allow(clippy::too_many_arguments)]
    async fn judge_row(
        &mut self,
        tx: &mut Tx,
        row: &mut Row,
        i: usize,
        known: &HashMap<String, (i64, Vec<u8>)>,
        taken: &mut HashMap<String, Twin>,
        here: &mut GridIndex,
        tally: &mut Tally,
    ) -> Result<Verdict> {
        let draft = match &mut row.draft {
            Err(findings) => return Ok(Verdict::Rejected(findings.clone())),
            Ok(d) => d,
        };
        let record = known.get(&row.key);
        if record.is_some_and(|(_, digest)| *digest == row.digest) {
            return Ok(Verdict::Unchanged);
        }
        draft.well.area_id = self.area_of(draft.area.as_deref(), draft.well.at, tally);
        if let Some((cover, _)) = record {
            let units = self.owners.of(tx, &mut self.state, draft, tally).await?;
            return Ok(Verdict::Known(*cover, units));
        }
        let class = twin_class(draft.well.kind, draft.cover().lifecycle);
        let far = self.state.grid.nearest_within(draft.well.at, self.metres, Some(class));
        let near = here.nearest_within(draft.well.at, self.metres, Some(class));
        let nearest = match (far, near) {
            (Some(f), Some(n)) if n.distance_m < f.distance_m => {
                Some((Twin::Here(usize::try_from(n.id).unwrap_or(0)), n.distance_m))
            }
            (Some(f), _) => Some((Twin::Stored(f.id), f.distance_m)),
            (None, Some(n)) => Some((Twin::Here(usize::try_from(n.id).unwrap_or(0)), n.distance_m)),
            (None, None) => None,
        };
        if let Some((twin, metres)) = nearest {
            return Ok(Verdict::Duplicate(
                twin,
                format!("与已有的同类井盖相距 {metres:.2} 米（{} 米以内视为同一个）", self.metres),
            ));
        }
        if let Some(code) = &draft.code {
            if let Some(twin) = taken.get(code) {
                return Ok(Verdict::Duplicate(*twin, format!("编号 {code} 已属于另一个井盖")));
            }
            taken.insert(code.clone(), Twin::Here(i));
        }
        let units = self.owners.of(tx, &mut self.state, draft, tally).await?;
        if !self.state.allows(draft.well.area_id, units.iter().map(|r| r.unit_id)) {
            let f = Finding::new(
                "scope.outside",
                "区域",
                draft.area.clone().unwrap_or_default(),
                "不在您的管辖范围内",
                "您管辖的区域（可用选项 area 指定）",
            );
            return Ok(Verdict::Rejected(vec![f]));
        }
        here.insert(i64::try_from(i).unwrap_or(0), class, draft.well.at);
        Ok(Verdict::New(units))
    }

    fn area_of(&self, text: Option<&str>, at: jinggai_geo::Point, tally: &mut Tally) -> Option<i64> {
        if let Some(text) = text {
            if let Some(id) = self.state.areas.find(text) {
                return Some(id);
            }
            tally.count("area_unknown", "没有找到的区域", Some(text));
        }
        self.state.areas.at(at).or(self.area)
    }

    /// Enters the new wells with their numbers.
    async fn enter(
        &mut self,
        tx: &mut Tx,
        rows: &mut [Row],
        verdicts: &[Verdict],
        tally: &mut Tally,
        list: &mut Vec<Event>,
    ) -> Result<HashMap<usize, Created>> {
        if self.options.dry_run {
            return Ok(HashMap::new());
        }
        let mut wells: Vec<NewWell> = vec![];
        let mut at: Vec<(usize, bool)> = vec![];
        for (i, (row, verdict)) in rows.iter_mut().zip(verdicts).enumerate() {
            let Verdict::New(units) = verdict else { continue };
            if let Ok(d) = std::mem::replace(&mut row.draft, Err(vec![])) {
                let mut well = d.well;
                well.responsibilities.clone_from(units);
                self.own_numbers(&mut well, d.code.as_deref(), d.own_id.as_deref());
                wells.push(well);
                at.push((i, d.guard == Some(true)));
            }
        }
        if wells.is_empty() {
            return Ok(HashMap::new());
        }
        self.number(tx, &mut wells, tally).await?;
        let (created, created_events) = ledger::create(tx, &wells, &self.entry).await?;
        list.extend(created_events);
        let mut records = Vec::with_capacity(created.len());
        for (c, (i, _)) in created.iter().zip(&at) {
            if let (Some(row), Some(cover)) = (rows.get(*i), c.cover_ids.first()) {
                records.push(vec![
                    Value::from(&self.source),
                    Value::from(&row.key),
                    (*cover).into(),
                    row.digest.clone().into(),
                ]);
            }
        }
        store::remember(tx, records).await?;
        self.guards(tx, &at, &created).await?;
        Ok(at.into_iter().map(|(i, _)| i).zip(created).collect())
    }

    fn own_numbers(&self, well: &mut NewWell, code: Option<&str>, own_id: Option<&str>) {
        let Some(cover) = well.covers.first_mut() else { return };
        cover.codes.extend(code.map(|c| NewCode {
            scheme: self.scheme.clone(),
            code: c.to_owned(),
            list_version: self.list_version.clone(),
            alias: false,
        }));
        let alias = own_id.filter(|id| Some(*id) != code);
        cover.codes.extend(alias.map(|id| NewCode {
            scheme: format!("source:{}", self.source),
            code: id.to_owned(),
            list_version: None,
            alias: true,
        }));
    }

    /// A number for every cover that brings none.
    async fn number(&self, tx: &mut Tx, wells: &mut [NewWell], tally: &mut Tally) -> Result<()> {
        let without: Vec<usize> = wells
            .iter()
            .enumerate()
            .filter(|(_, w)| w.covers.iter().all(|c| c.codes.iter().all(|k| k.alias)))
            .map(|(i, _)| i)
            .collect();
        let wanted: Vec<_> = without
            .iter()
            .filter_map(|i| wells.get(*i))
            .map(|w| (w.kind, w.area_id.and_then(|a| self.state.areas.code(a))))
            .collect();
        for _ in wanted.iter().filter(|(_, area)| area.is_none()) {
            tally.count("code_district", "区域未知的行，编号用设置中的行政区划（district）", None);
        }
        let codes = self.issuer.issue(tx, &wanted).await?;
        for (i, code) in without.into_iter().zip(codes) {
            if let Some(cover) = wells.get_mut(i).and_then(|w| w.covers.first_mut()) {
                cover.codes.insert(0, code);
            }
        }
        Ok(())
    }

    /// Fall guards that rows tell of; their facts are renewed, since a draft knows no guard.
    async fn guards(&self, tx: &mut Tx, at: &[(usize, bool)], created: &[Created]) -> Result<()> {
        let now = Timestamp::now();
        let guarded: Vec<i64> =
            created.iter().zip(at).filter(|(_, (_, guard))| *guard).map(|(c, _)| c.well_id).collect();
        if guarded.is_empty() {
            return Ok(());
        }
        let guards = guarded.iter().map(|w| guard_row(*w, now)).collect();
        tx.bulk("fall_guards", &GUARD_COLUMNS, guards).await?;
        facts::refresh(tx, &guarded, self.entry.today).await
    }

    /// Updates the covers whose rows say something new.
    async fn bring_up_to_date(
        &mut self,
        tx: &mut Tx,
        rows: &[Row],
        verdicts: &[Verdict],
        done: &mut Totals,
        tally: &mut Tally,
        list: &mut Vec<Event>,
    ) -> Result<()> {
        let write = !self.options.dry_run;
        let mut wells = vec![];
        for (row, verdict) in rows.iter().zip(verdicts) {
            let (Verdict::Known(cover, units), Ok(draft)) = (verdict, &row.draft) else { continue };
            let changed =
                update::bring(tx, *cover, draft, units, &self.plan, self.entry.today, write).await?;
            let guarded = self.guard_known(tx, *cover, draft.guard, write).await?;
            match changed {
                None if guarded.is_none() => done.unchanged += 1,
                None => done.updated += 1,
                Some(mut c) => {
                    done.updated += 1;
                    for field in &c.fields {
                        tally.count("updated_fields", "更新的字段及其行数", Some(field));
                    }
                    c.event.reason.clone_from(&self.entry.reason);
                    wells.push(c.well_id);
                    list.push(c.event);
                }
            }
            if let Some((well, event)) = guarded {
                wells.push(well);
                list.push(event);
            }
            if write {
                store::redigest(tx, &self.source, &row.key, row.digest.clone()).await?;
            }
        }
        if write && !wells.is_empty() {
            wells.sort_unstable();
            wells.dedup();
            renew(tx, &wells, self.entry.ownership_days, self.entry.today).await?;
        }
        Ok(())
    }

    /// A fall guard that a row tells of for the first time.
    async fn guard_known(
        &self,
        tx: &mut Tx,
        cover: i64,
        guard: Option<bool>,
        write: bool,
    ) -> Result<Option<(i64, Event)>> {
        if guard != Some(true) {
            return Ok(None);
        }
        let well: Option<(i64, Uuid)> = tx
            .opt(sql!(
                "SELECT w.id, w.uid FROM covers c JOIN wells w ON w.id = c.well_id WHERE c.id = ? AND NOT EXISTS (SELECT 1 FROM fall_guards g WHERE g.well_id = w.id AND g.removed_on IS NULL)",
                cover
            ))
            .await?;
        let Some((well_id, uid)) = well else { return Ok(None) };
        if write {
            tx.bulk("fall_guards", &GUARD_COLUMNS, vec![guard_row(well_id, Timestamp::now())]).await?;
        }
        let event = Event {
            subject: "well",
            subject_uid: uid,
            well_id: Some(well_id),
            action: "fall_guard_added",
            before: None,
            after: Some(json!({"kind": "net"})),
            reason: self.entry.reason.clone(),
        };
        Ok(Some((well_id, event)))
    }

    /// The rows that need a person, with what they may be.
    async fn problems(
        &self,
        tx: &mut Tx,
        rows: &[Row],
        verdicts: &[Verdict],
        created: &HashMap<usize, Created>,
    ) -> Result<Vec<Problem>> {
        let ids: Vec<i64> = verdicts
            .iter()
            .filter_map(|v| match v {
                Verdict::Duplicate(Twin::Stored(id), _) if *id > 0 => Some(*id),
                _ => None,
            })
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut twins = store::candidates(tx, &ids).await?;
        let fresh: BTreeMap<i64, &Created> =
            created.values().filter_map(|c| Some((*c.cover_ids.first()?, c))).collect();
        for (id, c) in &fresh {
            if let Some(uid) = c.cover_uids.first() {
                twins.insert(*id, (*uid, None, None));
            }
        }
        let mut out = vec![];
        for (row, verdict) in rows.iter().zip(verdicts) {
            match verdict {
                Verdict::Rejected(findings) => out.push(problem(row, "rejected", findings, None)),
                Verdict::Duplicate(twin, why) => {
                    let (id, source_row) = match twin {
                        Twin::Stored(id) if *id < 0 => (None, u64::try_from(-id).ok()),
                        Twin::Stored(id) => (Some(*id), None),
                        Twin::Here(i) => (
                            created.get(i).and_then(|c| c.cover_ids.first().copied()),
                            rows.get(*i).map(|r| r.no),
                        ),
                    };
                    let known = id.and_then(|id| twins.get(&id));
                    let mut said = why.clone();
                    if let Some(no) = source_row {
                        said.push_str(&format!("，即本文件第 {no} 行"));
                    }
                    if let Some((_, code, owner)) = known {
                        said.push_str(&code.as_deref().map(|c| format!("，编号 {c}")).unwrap_or_default());
                        said.push_str(&owner.as_deref().map(|o| format!("，权属 {o}")).unwrap_or_default());
                    }
                    let uid = known.map(|(uid, ..)| uid.to_string()).unwrap_or_default();
                    let f = Finding::new(
                        "duplicate",
                        "位置",
                        uid,
                        said,
                        "确认是同一个井盖则不必再导入；不是则修正坐标、类型或编号后重新导入",
                    );
                    out.push(problem(row, "duplicate", &[f], id));
                }
                _ => {}
            }
        }
        Ok(out)
    }
}

fn place_of(row: &Row) -> (u8, jinggai_geo::Point, String) {
    match &row.draft {
        Ok(d) => (twin_class(d.well.kind, d.cover().lifecycle), d.well.at, row.key.clone()),
        Err(_) => (u8::MAX, jinggai_geo::Point::new(f64::NAN, f64::NAN), String::new()),
    }
}

fn problem(row: &Row, verdict: &'static str, findings: &[Finding], candidate: Option<i64>) -> Problem {
    let findings = serde_json::to_string(findings).unwrap_or_else(|_e| "[]".to_owned());
    Problem { row_no: row.no, verdict, findings, cells: row.original().to_owned(), candidate }
}

const GUARD_COLUMNS: [&str; 7] =
    ["uid", "well_id", "kind", "quantity", "version", "created_at", "updated_at"];

fn guard_row(well_id: i64, now: Timestamp) -> Vec<Value> {
    vec![
        Uuid::now_v7().into(),
        well_id.into(),
        "net".into(),
        1i64.into(),
        1i64.into(),
        now.into(),
        now.into(),
    ]
}
