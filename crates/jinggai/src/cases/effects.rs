//! What each move does: rows, clocks, notices. The table of the flow has let it pass already.
use super::desk::By;
use super::guards::{self, Held};
use super::hazards;
use super::model::CaseRow;
use super::moves::MoveAsk;
use super::notices::{self, About, Telling};
use super::{clocks, filing, requests, store};
use crate::app::App;
use crate::error::{AppError, Result};
use crate::identity::Role;
use jinggai_db::events::Event;
use jinggai_db::{Sql, Tx, Value, sql};
use jinggai_rules::case_rules::LevelLimits;
use jinggai_rules::hazards::Treatment;
use jinggai_rules::workflow::{CaseMove, CaseState};
use serde_json::{Value as Json, json};

/// Something to tell about a case; the version makes each move of the same sort a new thing.
pub(super) fn telling<'a>(
    by: &By<'_>,
    case: &'a CaseRow,
    kind: &'static str,
    title: String,
    body: String,
) -> Telling<'a> {
    let body = if body.is_empty() { case.number.clone() } else { format!("{}：{body}", case.number) };
    Telling {
        key: format!("{kind}:{}:{}", case.uid, case.version),
        kind,
        about: About::Case(case),
        title,
        body,
        at: by.now,
    }
}

/// A move being made.
pub(super) struct Work<'a> {
    /// The platform.
    pub app: &'a App,
    /// Who moves.
    pub by: &'a By<'a>,
    /// The case as it was.
    pub case: &'a CaseRow,
    /// What was asked.
    pub ask: &'a MoveAsk,
    /// What was found.
    pub held: Held,
    /// The limits of its level.
    pub limits: LevelLimits,
    /// The state after.
    pub to: CaseState,
    /// Events of other things than the case.
    pub events: Vec<Event>,
    /// What the event of the move says beside its states.
    pub more: Json,
}

impl Work<'_> {
    /// Carries the move out.
    ///
    /// # Errors
    /// `conflict.version` when somebody was faster; what the store says.
    pub async fn carry_out(&mut self, tx: &mut Tx, action: CaseMove) -> Result<()> {
        match action {
            CaseMove::Dispatch => self.dispatch(tx).await,
            CaseMove::Accept => self.accept(tx).await,
            CaseMove::Return => self.send_back(tx).await,
            CaseMove::Finish => self.finish(tx).await,
            CaseMove::SendToCheck => self.send_to_check(tx).await,
            CaseMove::Pass => self.pass(tx).await,
            CaseMove::Rework => self.rework(tx).await,
            CaseMove::Close => self.close(tx).await,
            CaseMove::Cancel => self.cancel(tx).await,
            CaseMove::Resume => self.resume(tx).await,
            CaseMove::Suspend => requests::suspend(tx, self.by, self.case).await,
            // Findings move in their own module, and the table lets none of these out of a case's state.
            CaseMove::SendToVerify
            | CaseMove::Confirm
            | CaseMove::Deny
            | CaseMove::Refuse
            | CaseMove::Merge
            | CaseMove::File => Err(AppError::internal(anyhow::anyhow!("{action} of a case"))),
        }
    }

    /// Sets the state and columns of the case if nobody moved it meanwhile.
    async fn set(&self, tx: &mut Tx, columns: &str, args: Vec<Value>) -> Result<()> {
        let now = self.by.now;
        let mut q = Sql::new(
            "UPDATE cases SET state = ?, version = version + 1, updated_at = ?",
            vec![self.to.code().into(), now.into()],
        );
        if !columns.is_empty() {
            q.push(&format!(", {columns}"), args);
        }
        q.push(" WHERE id = ? AND version = ?", [self.case.id.into(), self.case.version.into()]);
        if tx.run(q).await? == 0 {
            return Err(store::stale(&self.case.state, self.case.version));
        }
        Ok(())
    }

    fn reason(&self) -> String {
        self.ask.reason.clone().unwrap_or_default()
    }

    async fn tell_units(
        &self,
        tx: &mut Tx,
        kind: &'static str,
        what: &str,
        body: String,
        units: &[i64],
    ) -> Result<()> {
        let t = telling(self.by, self.case, kind, format!("{what}：{}", self.case.title), body);
        notices::tell_units(tx, &t, units).await.map(drop)
    }

    async fn tell_desk(&self, tx: &mut Tx, kind: &'static str, what: &str) -> Result<()> {
        let t = telling(self.by, self.case, kind, format!("{what}：{}", self.case.title), self.reason());
        notices::tell_roles(tx, &t, &[Role::Operator.code()]).await.map(drop)
    }

    /// Starts the clock of handling anew.
    async fn start_handling(&self, tx: &mut Tx) -> Result<()> {
        let hazard = self.by.rules.hazard(&self.case.hazard)?;
        let limit = self.by.rules.handling(self.case.kind.as_deref(), hazard);
        clocks::start(tx, self.by, self.case.id, "handle", limit).await
    }

    /// Writes down which units are told, tells them, and lets their clock run.
    async fn dispatch(&mut self, tx: &mut Tx) -> Result<()> {
        self.set(tx, "dispatched_at = ?", vec![self.by.now.into()]).await?;
        let mut units = vec![];
        for u in &self.held.units {
            tx.run(sql!(
                "INSERT INTO case_units (case_id, unit_id, duty, basis, assigned_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (case_id, unit_id) WHERE ended_at IS NULL DO NOTHING",
                self.case.id,
                u.unit_id,
                u.duty,
                &u.basis,
                self.by.now
            ))
            .await?;
            units.push(json!({"unit": u.name, "duty": u.duty, "basis": u.basis}));
        }
        if let Some(lead) = self.held.units.iter().find(|u| u.duty != "joint") {
            tx.run(sql!(
                "UPDATE hazards SET unit_id = ?, version = version + 1, updated_at = ? WHERE case_id = ? AND closed_at IS NULL AND (unit_id IS NULL OR unit_id <> ?)",
                lead.unit_id,
                self.by.now,
                self.case.id,
                lead.unit_id
            ))
            .await?;
        }
        self.more = json!({"units": units});
        let ids: Vec<i64> = self.held.units.iter().map(|u| u.unit_id).collect();
        self.tell_units(tx, "dispatched", "待接收", self.case.standard.clone(), &ids).await?;
        clocks::end(tx, self.by, self.case.id, &["dispatch"]).await?;
        self.start_handling(tx).await
    }

    async fn accept(&mut self, tx: &mut Tx) -> Result<()> {
        self.set(tx, "", vec![]).await?;
        let mut q = sql!(
            "UPDATE case_units SET acknowledged_at = ?, acknowledged_by = ? WHERE case_id = ? AND ended_at IS NULL AND acknowledged_at IS NULL",
            self.by.now,
            self.by.actor.user_id,
            self.case.id
        );
        q.and_in("unit_id", &self.held.own_units);
        tx.run(q).await?;
        self.took_part(tx).await
    }

    /// Notes who did the work: they will neither check nor close it.
    async fn took_part(&self, tx: &mut Tx) -> Result<()> {
        tx.run(sql!(
            "INSERT INTO case_workers (case_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            self.case.id,
            self.by.person()?
        ))
        .await?;
        Ok(())
    }

    async fn send_back(&mut self, tx: &mut Tx) -> Result<()> {
        self.set(tx, "returns = returns + 1", vec![]).await?;
        tx.run(sql!(
            "UPDATE case_units SET ended_at = ?, ended_reason = ? WHERE case_id = ? AND ended_at IS NULL",
            self.by.now,
            self.reason(),
            self.case.id
        ))
        .await?;
        clocks::end(tx, self.by, self.case.id, &["handle"]).await?;
        clocks::start(tx, self.by, self.case.id, "dispatch", self.limits.dispatch).await?;
        self.tell_desk(tx, "returned", "被退回").await
    }

    /// One unit has done its part; the case goes on when all have.
    async fn finish(&mut self, tx: &mut Tx) -> Result<()> {
        let (now, id) = (self.by.now, self.case.id);
        let treatment = self.ask.treatment()?.map(Treatment::code);
        self.took_part(tx).await?;
        let mut q =
            sql!("UPDATE case_units SET finished_at = ? WHERE case_id = ? AND ended_at IS NULL", now, id);
        q.and_in("unit_id", &self.held.own_units);
        tx.run(q).await?;
        let left = guards::unfinished(tx, id).await?;
        if left > 0 {
            self.to = CaseState::Handling;
            self.more = json!({"units_left": left, "treatment": treatment});
            return self.set(tx, "", vec![]).await;
        }
        let columns = "handled_at = ?, handled_by = ?, treatment = ?, measured = ?";
        let measured = json!(self.held.measured);
        self.set(
            tx,
            columns,
            vec![now.into(), self.by.actor.user_id.into(), treatment.into(), measured.clone().into()],
        )
        .await?;
        tx.run(sql!(
            "UPDATE hazards SET treatment = ?, treated_at = ?, treated_by = ?, version = version + 1, updated_at = ? WHERE case_id = ? AND closed_at IS NULL",
            treatment,
            now,
            self.by.actor.user_id,
            now,
            id
        ))
        .await?;
        clocks::end(tx, self.by, id, &["handle"]).await?;
        clocks::start(tx, self.by, id, "check", self.limits.check).await?;
        self.more = json!({"treatment": treatment, "measured": measured});
        self.tell_desk(tx, "handled", "已处置").await
    }

    async fn send_to_check(&mut self, tx: &mut Tx) -> Result<()> {
        let Some((id, name)) = self.held.checker.clone() else {
            return Err(AppError::internal(anyhow::anyhow!("a check without a checker")));
        };
        self.set(tx, "checker_id = ?", vec![id.into()]).await?;
        self.more = json!({"checker": name});
        let title = format!("待核查：{}", self.case.title);
        let t = telling(self.by, self.case, "check", title, self.case.closing.clone());
        notices::tell_users(tx, &t, &[id]).await.map(drop)
    }

    async fn pass(&mut self, tx: &mut Tx) -> Result<()> {
        let measured = json!(self.held.measured);
        self.more = json!({"measured": measured});
        let args = vec![self.by.now.into(), self.by.actor.user_id.into(), measured.into()];
        self.set(tx, "checked_at = ?, checked_by = ?, measured = ?", args).await?;
        clocks::end(tx, self.by, self.case.id, &["check"]).await?;
        clocks::start(tx, self.by, self.case.id, "close", self.limits.close).await?;
        self.tell_desk(tx, "checked", "核查通过，待结案").await
    }

    async fn rework(&mut self, tx: &mut Tx) -> Result<()> {
        let columns = "reworks = reworks + 1, checked_at = NULL, checked_by = NULL, checker_id = NULL";
        self.set(tx, columns, vec![]).await?;
        tx.run(sql!(
            "UPDATE case_units SET finished_at = NULL WHERE case_id = ? AND ended_at IS NULL",
            self.case.id
        ))
        .await?;
        clocks::end(tx, self.by, self.case.id, &["check", "close"]).await?;
        self.start_handling(tx).await?;
        let units = guards::duty_units(tx, self.case.id).await?;
        self.tell_units(tx, "rework", "返工", self.reason(), &units).await
    }

    async fn close(&mut self, tx: &mut Tx) -> Result<()> {
        let args = vec![self.by.now.into(), self.by.actor.user_id.into()];
        self.set(tx, "closed_at = ?, closed_by = ?", args).await?;
        let treatment = self.case.treatment.as_deref().and_then(Treatment::from_code);
        self.end(tx, treatment, "办结销号", "已办结").await
    }

    async fn cancel(&mut self, tx: &mut Tx) -> Result<()> {
        let args = vec![self.by.now.into(), self.reason().into()];
        self.set(tx, "closed_at = ?, ended_reason = ?", args).await?;
        let outcome = format!("撤销：{}", self.reason());
        self.end(tx, None, &outcome, &outcome).await
    }

    /// No clock runs any more, its hazards are closed, and everybody who reported is told.
    async fn end(
        &mut self,
        tx: &mut Tx,
        treatment: Option<Treatment>,
        hazards: &str,
        told: &str,
    ) -> Result<()> {
        let (by, case) = (self.by, self.case);
        clocks::end(tx, by, case.id, &[]).await?;
        let days = self.app.config().ownership_days;
        self.events = hazards::close_of_case(tx, by, case.id, treatment, hazards, days).await?;
        self.events.extend(filing::child_ended(tx, case, self.to.code()).await?);
        tx.run(sql!(
            "UPDATE findings SET outcome = ?, version = version + 1, updated_at = ? WHERE case_id = ?",
            told,
            by.now,
            case.id
        ))
        .await?;
        let reporters: Vec<i64> = tx
            .all::<(i64,)>(sql!(
                "SELECT DISTINCT reporter_id FROM findings WHERE case_id = ? AND reporter_id IS NOT NULL",
                case.id
            ))
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect();
        let t = telling(by, case, "ended", format!("您上报的问题{told}：{}", case.title), String::new());
        notices::tell_users(tx, &t, &reporters).await.map(drop)
    }

    async fn resume(&mut self, tx: &mut Tx) -> Result<()> {
        let back = self.case.resumes_to.as_deref().and_then(CaseState::from_code);
        self.to = back.unwrap_or(CaseState::Handling);
        self.set(tx, "suspended_until = NULL, resumes_to = NULL", vec![]).await?;
        tx.run(sql!(
            "UPDATE case_pauses SET to_at = ? WHERE case_id = ? AND (to_at IS NULL OR to_at > ?)",
            self.by.now,
            self.case.id,
            self.by.now
        ))
        .await?;
        clocks::retime(tx, self.by, self.case.id).await
    }
}
