//! 责任单位导入: a table of covers with their units (权属、管养、主管、属地、兜底) settles who answers for them.
//!
//! Covers are found by any of their numbers. A unit that is not known is refused, unless it is an owner or maintainer
//! with a telling name; what the ledger says already is left alone.
use super::owners;
use super::report::Report;
use super::row::Finding;
use super::run::{Request, source_of};
use super::sheet::{self, Field, Outcome, Rows, Sheet};
use super::state::State;
use super::tally::Tally;
use super::update::replace_unit;
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::identity::units::UnitInput;
use crate::identity::{Permission, Scope};
use crate::registry::NewResponsibility;
use crate::registry::commands::renew;
use jiff::Timestamp;
use jiff::civil::Date;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, sql};
use jinggai_rules::kinds::ResponsibilityRole as Role;
use jinggai_tables::Record;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const FIELDS: &[Field] = &[
    Field(
        "code",
        "井盖编号",
        &[
            "编号",
            "井盖编号",
            "窨井编号",
            "统一编号",
            "标识码",
            "部件标识码",
            "objid",
            "comp code",
            "code",
            "exp no",
            "asset id",
            "facilityid",
            "原编号",
            "资产编号",
            "管线点编号",
        ],
    ),
    Field("owner", "权属单位", &["权属单位", "权属", "产权单位", "业主单位", "belong", "owner", "owned by"]),
    Field(
        "maintainer",
        "管养单位",
        &["管养单位", "管养", "养护单位", "维护单位", "管理单位", "maintainer", "maintby"],
    ),
    Field("supervisor", "行业主管部门", &["行业主管部门", "行业主管", "主管部门", "supervisor"]),
    Field("territorial", "属地单位", &["属地单位", "属地", "属地街镇", "territorial"]),
    Field("fallback", "兜底单位", &["兜底单位", "兜底", "托底单位", "fallback"]),
    Field("basis", "依据", &["依据", "确权依据", "文号", "basis", "evidence"]),
];

struct Claims {
    at: BTreeMap<&'static str, usize>,
    source: String,
    state: State,
    scope: Scope,
    create: bool,
    today: Date,
    ownership_days: i64,
    changed: Vec<i64>,
}

/// Imports the table.
///
/// # Errors
/// What the store says.
pub(super) async fn import(
    app: &App,
    request: &Request<'_>,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Report> {
    let scope = request.actor.require(Permission::OwnershipDecide)?;
    let (path, options) = (request.path.clone(), request.options.clone());
    let sheet = tokio::task::spawn_blocking(move || {
        Sheet::open(
            &path,
            &options,
            FIELDS,
            &[&["code"], &["owner", "maintainer", "supervisor", "territorial", "fallback"]],
        )
    })
    .await
    .map_err(crate::error::AppError::internal)?;
    let mut tx = app.db().snapshot().await?;
    let source = source_of(request);
    let state = State::load(&mut tx, &source, app.config().duplicate_metres, &scope, clock::today()).await?;
    drop(tx);
    let mut rows = Claims {
        at: sheet.as_ref().map(|s| s.at.clone()).unwrap_or_default(),
        source,
        state,
        scope,
        create: !request.options.no_create_units,
        today: clock::today(),
        ownership_days: app.config().ownership_days,
        changed: vec![],
    };
    sheet::drive(app, request, sheet, &mut rows, progress).await
}

impl Claims {
    /// The unit that a text names; made when it is a telling name of an owner or maintainer.
    async fn unit(
        &mut self,
        tx: &mut Tx,
        text: &str,
        role: Role,
        events: &mut Vec<Event>,
        tally: &mut Tally,
    ) -> Result<Option<(i64, bool)>> {
        if let Some(found) = self.state.units.find(text) {
            return Ok(Some(found));
        }
        if !self.create || owners::is_code(text) || !matches!(role, Role::Owner | Role::Maintainer) {
            return Ok(None);
        }
        tally.count("unit_created", owners::MADE_MESSAGE, Some(text));
        let code = owners::made_code(text);
        let input = UnitInput {
            code: code.clone(),
            name: text.to_owned(),
            kinds: vec![role.code().to_owned()],
            duty: Some(format!("导入时自动建立（来源 {}），请核对", self.source)),
            ..UnitInput::default()
        };
        let (id, event) = crate::identity::units::create(tx, &input).await?;
        events.push(event);
        self.state.units.add(&code, text, id);
        Ok(Some((id, false)))
    }
}

/// A unit that a row puts into a role.
type Claim = (Role, i64, bool);

impl Claims {
    /// The well that a number leads to, if it is one and in reach.
    async fn well(&self, tx: &mut Tx, code: &str) -> Result<std::result::Result<(i64, Uuid), Finding>> {
        let mut q = Sql::new(
            "SELECT DISTINCT c.well_id, w.uid FROM codes k JOIN covers c ON c.id = k.cover_id JOIN wells w ON w.id = c.well_id WHERE k.code = ?",
            vec![code.into()],
        );
        self.scope.and_well(&mut q, "c.well_id");
        let wells: Vec<(i64, Uuid)> = tx.all(q).await?;
        let unusable =
            |problem: &str, right: &str| Err(Finding::new("code.unknown", "井盖编号", code, problem, right));
        Ok(match wells.as_slice() {
            [one] => Ok(*one),
            [] => unusable("台账中没有这个编号（或不在您的管辖范围内）", "台账中井盖的编号"),
            _ => unusable("这个编号对应多个井", "唯一的编号"),
        })
    }

    /// The units of a row that are not yet in their role, with who is; all of them are known before any is written.
    async fn claims(
        &mut self,
        tx: &mut Tx,
        r: &Record,
        well_id: i64,
        events: &mut Vec<Event>,
        tally: &mut Tally,
    ) -> Result<std::result::Result<Vec<(Claim, Option<i64>)>, Finding>> {
        let open: Vec<(String, i64)> = tx
            .all(sql!("SELECT role, unit_id FROM responsibilities WHERE well_id = ? AND valid_to IS NULL ORDER BY id", well_id))
            .await?;
        let mut out = vec![];
        for role in Role::ALL {
            let Some(name) = Sheet::text(&self.at, r, role.code()) else { continue };
            let Some((unit, sure)) = self.unit(tx, &name, *role, events, tally).await? else {
                let right = "已登记单位的代码、名称或简称";
                return Ok(Err(Finding::new("unit.unknown", role.name_zh(), name, "没有这个单位", right)));
            };
            let now = open.iter().rev().find(|(r, _)| r == role.code()).map(|(_, u)| *u);
            if now != Some(unit) {
                out.push(((*role, unit, sure), now));
            }
        }
        Ok(Ok(out))
    }
}

impl Rows for Claims {
    async fn row(
        &mut self,
        tx: &mut Tx,
        r: &Record,
        _: &str,
        events: &mut Vec<Event>,
        tally: &mut Tally,
    ) -> Result<Outcome> {
        let Some(code) = Sheet::text(&self.at, r, "code") else {
            let f = Finding::new("code.missing", "井盖编号", "", "没有编号", "台账中井盖的编号");
            return Ok(Outcome::Rejected(f));
        };
        let (well_id, uid) = match self.well(tx, &code).await? {
            Ok(w) => w,
            Err(f) => return Ok(Outcome::Rejected(f)),
        };
        let claims = match self.claims(tx, r, well_id, events, tally).await? {
            Ok(c) => c,
            Err(f) => return Ok(Outcome::Rejected(f)),
        };
        if claims.is_empty() {
            return Ok(Outcome::Unchanged);
        }
        let basis = Sheet::text(&self.at, r, "basis").unwrap_or_else(|| format!("导入：{}", self.source));
        let (mut before, mut after) = (Map::new(), Map::new());
        for ((role, unit_id, confirmed), now) in claims {
            let claim = NewResponsibility {
                role,
                unit_id,
                confirmed,
                basis: Some(basis.clone()),
                valid_from: self.today,
            };
            replace_unit(tx, well_id, &claim, self.today, Timestamp::now()).await?;
            before.insert(role.code().to_owned(), json!(now));
            after.insert(role.code().to_owned(), json!(unit_id));
        }
        self.changed.push(well_id);
        events.push(Event {
            subject: "well",
            subject_uid: uid,
            well_id: Some(well_id),
            action: "responsibility_set",
            before: Some(before.into()),
            after: Some(after.into()),
            reason: Some(basis),
        });
        Ok(Outcome::Updated)
    }

    async fn settle(&mut self, tx: &mut Tx) -> Result<()> {
        let mut wells = std::mem::take(&mut self.changed);
        wells.sort_unstable();
        wells.dedup();
        renew(tx, &wells, self.ownership_days, self.today).await
    }
}
