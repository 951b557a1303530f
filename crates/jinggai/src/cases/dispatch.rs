//! 派遣: who is to handle a case, by the responsibilities of its well; with the fallback unit at once when no owner is
//! known (江北区方案 二(二)1 兜底; `domain.md` 3.7 \[B\]\[S38\]: 责任不清的由属地先行处置).
use super::model::CaseRow;
use crate::error::{AppError, Result};
use jinggai_db::{Tx, sql};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A unit that may be told to handle a case.
#[derive(Clone, Debug, Serialize, ToSchema, PartialEq, Eq)]
pub struct DutyUnit {
    /// Row.
    #[serde(skip)]
    pub unit_id: i64,
    /// Code of the unit.
    pub code: String,
    /// Name of the unit.
    pub name: String,
    /// `lead` or `fallback`.
    pub duty: &'static str,
    /// Why, in Chinese.
    pub why: String,
}

type Role = (String, i64, String, String, bool);

/// Units in the order in which they are to be asked; the first is the one to take.
///
/// # Errors
/// What the store says.
pub async fn suggest(tx: &mut Tx, case: &CaseRow) -> Result<Vec<DutyUnit>> {
    let mut out = vec![];
    if let Some(well) = case.well_id {
        let roles: Vec<Role> = tx
            .all(sql!(
                "SELECT r.role, u.id, u.code, u.name, r.confirmed FROM responsibilities r JOIN units u ON u.id = r.unit_id WHERE r.well_id = ? AND r.valid_to IS NULL",
                well
            ))
            .await?;
        let of = |role: &str| roles.iter().find(|r| r.0 == role);
        let mut add = |role: &str, duty: &'static str, why: &str| {
            if let Some((_, unit_id, code, name, confirmed)) = of(role) {
                let why = if *confirmed { why.to_owned() } else { format!("{why}（尚未确认）") };
                out.push(DutyUnit { unit_id: *unit_id, code: code.clone(), name: name.clone(), duty, why });
            }
        };
        let owned = of("owner").is_some_and(|r| r.4);
        if owned {
            add("owner", "lead", "权属单位，承担主体责任");
            add("maintainer", "lead", "管养单位");
        }
        add("fallback", "fallback", if owned { "兜底单位" } else { "权属不明，由兜底单位先行处置" });
        if !owned {
            add("owner", "lead", "登记的权属单位");
            add("maintainer", "lead", "管养单位");
        }
        add("territorial", "fallback", "责任不清时由属地先行处置");
    }
    if out.is_empty()
        && let Some(area) = case.area_id
    {
        let offices: Vec<(i64, String, String)> = tx
            .all(sql!(
                "SELECT DISTINCT u.id, u.code, u.name FROM grants g JOIN units u ON u.id = g.unit_id JOIN area_closure x ON x.ancestor_id = g.area_id WHERE g.role = 'street' AND x.area_id = ? AND u.valid_to IS NULL ORDER BY u.code",
                area
            ))
            .await?;
        let why = "没有登记责任单位，由属地先行处置";
        out.extend(offices.into_iter().map(|(unit_id, code, name)| DutyUnit {
            unit_id,
            code,
            name,
            duty: "fallback",
            why: why.into(),
        }));
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|s| seen.insert(s.unit_id));
    Ok(out)
}

/// The unit with a code, which must still exist.
///
/// # Errors
/// `case.unit` naming the field.
pub async fn unit(tx: &mut Tx, code: &str, field: &str) -> Result<(i64, String)> {
    let found: Option<(i64, String, bool)> =
        tx.opt(sql!("SELECT id, name, valid_to IS NULL FROM units WHERE code = ?", code)).await?;
    match found {
        Some((id, name, true)) => Ok((id, name)),
        Some((_, name, false)) => Err(AppError::field(
            "case.unit",
            field,
            format!("单位“{name}”已撤销，请选择其承接单位"),
            format!("the unit {code} no longer exists"),
        )),
        None => Err(AppError::field(
            "case.unit",
            field,
            format!("没有代码为 {code} 的单位"),
            format!("there is no unit {code}"),
        )),
    }
}

/// Who is to look on site: those at the checker's desk of the place, without those who reported or handled, drawn at
/// random so that nobody can choose their own judge.
///
/// # Errors
/// `case.no_checker` when nobody is left.
pub async fn draw(
    tx: &mut Tx,
    area_id: Option<i64>,
    case_id: Option<i64>,
    not: &[i64],
    named: Option<Uuid>,
) -> Result<(i64, String)> {
    let mut all: Vec<(i64, String, Uuid)> = tx
        .all(sql!(
            "SELECT DISTINCT u.id, u.name, u.uid FROM users u JOIN grants g ON g.user_id = u.id WHERE u.disabled_at IS NULL AND g.role IN ('inspector', 'street')
               AND (g.valid_to IS NULL OR g.valid_to >= ?)
               AND (CAST(? AS BIGINT) IS NULL OR g.area_id IN (SELECT ancestor_id FROM area_closure WHERE area_id = ?))
               AND (u.unit_id IS NULL OR u.unit_id NOT IN (SELECT unit_id FROM case_units WHERE case_id = ? AND ended_at IS NULL AND duty <> 'owner_search'))
             ORDER BY u.id",
            crate::clock::today(),
            area_id,
            area_id,
            case_id
        ))
        .await?;
    all.retain(|(id, _, _)| !not.contains(id));
    if let Some(named) = named {
        return all.into_iter().find(|(_, _, uid)| *uid == named).map(|(id, name, _)| (id, name)).ok_or_else(
            || {
                AppError::field(
                    "case.checker",
                    "checker",
                    "此人不能核实或核查这个问题：须为该区域的巡查员或街镇人员，且未参与上报和处置",
                    "this person cannot check it: an inspector or street officer of the area is needed who neither reported nor handled it",
                )
            },
        );
    }
    let n = u64::try_from(all.len()).unwrap_or(0);
    // The last 64 bits of such an id are chance: the draw needs no secrecy, only fairness.
    let (_, random) = Uuid::now_v7().as_u64_pair();
    let pick = random.checked_rem(n).and_then(|i| usize::try_from(i).ok());
    pick.map(|i| all.swap_remove(i)).map(|(id, name, _)| (id, name)).ok_or_else(|| {
        AppError::new(
            crate::error::Kind::Conflict,
            "case.no_checker",
            "该区域没有可指派的核实核查人员（须未参与上报和处置），请先授权巡查员或街镇人员",
            "nobody in the area can check this: grant an inspector or a street officer who neither reported nor handled it",
        )
    })
}
