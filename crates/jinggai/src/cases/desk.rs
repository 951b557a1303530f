//! 岗位: which right sits at which desk, and who is asking, with what they may touch.
use super::rules::Rules;
use crate::error::{AppError, Result};
use crate::identity::{Actor, Permission, Scope};
use jiff::Timestamp;
use jinggai_db::events::{self, Event};
use jinggai_db::{Sql, Tx, sql};
use jinggai_rules::workflow::Desk;

/// A unit has to do with a case when it was ever given it.
const DUTY_CASE: &str = "EXISTS (SELECT 1 FROM case_units du WHERE du.case_id = k.id AND du.unit_id IN (SELECT unit_id FROM unit_closure WHERE ancestor_id = ?))";
/// A unit has to do with a finding through its case.
pub(crate) const DUTY_FINDING: &str = "EXISTS (SELECT 1 FROM case_units du WHERE du.case_id = d.case_id AND du.unit_id IN (SELECT unit_id FROM unit_closure WHERE ancestor_id = ?))";
/// A unit has to do with a hazard that it must clear.
const DUTY_HAZARD: &str = "(h.unit_id IN (SELECT unit_id FROM unit_closure WHERE ancestor_id = ?))";

/// The right of a desk.
#[must_use]
pub fn permission(desk: Desk) -> Permission {
    match desk {
        Desk::Reception => Permission::CaseFile,
        Desk::Dispatcher => Permission::CaseDispatch,
        Desk::Handler => Permission::CaseHandle,
        Desk::Checker => Permission::CaseCheck,
        Desk::Approver => Permission::CaseApprove,
    }
}

/// Bounds a statement about `cases k`.
pub fn bound_cases(scope: &Scope, q: &mut Sql) {
    scope.and_task(q, "k", DUTY_CASE);
}

/// Bounds a statement about `findings d`: also what somebody reported themselves or was sent to look at is theirs.
pub fn bound_findings(scope: &Scope, q: &mut Sql, user_id: Option<i64>) {
    if matches!(scope, Scope::Everything) {
        return;
    }
    let mut inner = Sql::new("1 = 1", vec![]);
    scope.and_task(&mut inner, "d", DUTY_FINDING);
    q.push(" AND (d.reporter_id = ? OR d.verifier_id = ? OR (", [user_id.into(), user_id.into()]);
    q.append(inner);
    q.push("))", []);
}

/// Bounds a statement about `hazards h`.
pub fn bound_hazards(scope: &Scope, q: &mut Sql) {
    scope.and_task(q, "h", DUTY_HAZARD);
}

/// Bounds a statement about `plans p`: those of one's own units, and those with something in them that is within reach.
pub fn bound_plans(scope: &Scope, q: &mut Sql, own_units: &[i64]) {
    if matches!(scope, Scope::Everything) {
        return;
    }
    if matches!(scope, Scope::Nothing) {
        q.push(" AND 1 = 0", []);
        return;
    }
    q.push(" AND (p.unit_id IN ", []);
    q.list(own_units);
    q.push(" OR EXISTS (SELECT 1 FROM hazards h WHERE h.plan_id = p.id", []);
    bound_hazards(scope, q);
    q.push(") OR EXISTS (SELECT 1 FROM renewal_items ri JOIN cover_facts rf ON rf.cover_id = ri.cover_id AND rf.to_day IS NULL WHERE ri.plan_id = p.id", []);
    scope.and(q, "rf");
    q.push("))", []);
}

/// Who acts, when, by which rules.
pub struct By<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// The moment of everything this act writes.
    pub now: Timestamp,
    /// The rules of today.
    pub rules: &'a Rules,
}

impl By<'_> {
    /// Refuses an actor without the right; gives where they have it.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn at(&self, desk: Desk) -> Result<Scope> {
        self.actor.require(permission(desk))
    }

    /// The units the actor works for: that of the user and those of the grants.
    ///
    /// # Errors
    /// What the store says.
    pub async fn units(&self, tx: &mut Tx) -> Result<Vec<i64>> {
        let mut own: Vec<i64> = self.actor.grants.iter().filter_map(|g| g.unit_id).collect();
        if let Some(user) = self.actor.user_id {
            let home: Option<(Option<i64>,)> =
                tx.opt(sql!("SELECT unit_id FROM users WHERE id = ?", user)).await?;
            own.extend(home.and_then(|(u,)| u));
        }
        let mut q = Sql::new("SELECT DISTINCT unit_id FROM unit_closure WHERE ancestor_id IN ", vec![]);
        q.list(&own);
        Ok(tx.all::<(i64,)>(q).await?.into_iter().map(|(id,)| id).collect())
    }

    /// Writes events under the right they rest on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tell(&self, tx: &mut Tx, right: Permission, events: Vec<Event>) -> Result<()> {
        events::append(tx, &self.actor.who(right), events).await?;
        Ok(())
    }

    /// The row of the person; the command line of the machine itself is nobody.
    ///
    /// # Errors
    /// `case.person` when nobody is behind the request.
    pub fn person(&self) -> Result<i64> {
        self.actor.user_id.ok_or_else(|| {
            AppError::new(
                crate::error::Kind::Forbidden,
                "case.person",
                "这一步须由有账号的人办理",
                "this step needs a person with an account",
            )
        })
    }
}
