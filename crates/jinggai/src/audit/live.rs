//! `GET /api/v1/events`: what happens, as it happens, by server-sent events.
//!
//! The stream reads the event log, so nothing is missed after a reconnect (`Last-Event-ID`) or a crash, and changes of
//! other processes show too. It carries what a client needs to look again, not the content of the change.
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::Ctx;
use crate::http::ctx::secret;
use crate::identity::{Actor, Permission, Scope, sessions};
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use jinggai_db::{Sql, row, sql};
use serde::Serialize;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::time::{Duration, Instant};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// How often other processes' changes are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How long a quiet stream goes on without asking whether the session still holds.
const RENEW: Duration = Duration::from_secs(10);
/// Events read at a time.
const BATCH: i64 = 500;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(watch_events))
}

row! {
    /// Something that happened.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    pub struct Happened {
        /// Place in the log; also the event's id, for `Last-Event-ID`.
        pub seq: i64,
        /// When.
        #[schema(value_type = String, format = DateTime)]
        pub at: jiff::Timestamp,
        /// Kind of thing.
        pub subject: String,
        /// Public id of the thing.
        pub subject_uid: Uuid,
        /// What happened.
        pub action: String,
        #[serde(skip)]
        actor: String,
        #[serde(skip)]
        well_id: Option<i64>,
        /// The well it belongs to.
        pub well: Option<Uuid>,
    }
}

struct Watch {
    app: App,
    secret: String,
    actor: Actor,
    checked: Instant,
    at: i64,
    ready: VecDeque<Happened>,
}

impl Watch {
    /// Asks anew who watches: an open stream must not outlive a log-out, a disabled user or a grant that was taken
    /// away. False when nobody is logged in any more.
    async fn renew(&mut self) -> Result<bool> {
        let who = sessions::still(&self.app, &self.secret, &self.actor.origin).await?;
        self.checked = Instant::now();
        let Some(who) = who.filter(|w| !w.must_change && w.actor.may(Permission::DirectoryRead)) else {
            return Ok(false);
        };
        self.actor = who.actor;
        Ok(true)
    }

    /// Reads on and keeps what the actor may see; false when the stream must end.
    async fn read(&mut self) -> Result<bool> {
        let found: Vec<Happened> = self
            .app
            .db()
            .all(sql!(
                "SELECT e.seq, e.at, e.subject, e.subject_uid, e.action, e.actor, e.well_id, w.uid FROM events e LEFT JOIN wells w ON w.id = e.well_id WHERE e.seq > ? ORDER BY e.seq LIMIT ?",
                self.at,
                BATCH
            ))
            .await?;
        let Some(last) = found.last() else {
            return if self.checked.elapsed() > RENEW { self.renew().await } else { Ok(true) };
        };
        let last = last.seq;
        if !self.renew().await? {
            return Ok(false);
        }
        let visible = self.visible(&found).await?;
        let auditor = self.actor.require_everywhere(Permission::AuditRead).is_ok();
        let me = self.actor.login.as_str();
        let cases = self.actor.scope(Permission::CaseRead);
        self.ready.extend(found.into_iter().filter(|e| match (e.well_id, e.subject.as_str()) {
            (_, "finding" | "case" | "hazard" | "plan") if cases == Scope::Nothing => false,
            (Some(well), _) => visible.contains(&well),
            // At a place without a well: for those who see every case, and for who did it.
            (None, "finding" | "case" | "hazard" | "plan") => cases == Scope::Everything || e.actor == me,
            (None, "unit" | "area" | "rule_pack" | "template") => true,
            // Of users, imports and reports everybody learns what is their own doing.
            (None, _) => auditor || e.actor == me,
        }));
        self.at = last;
        Ok(true)
    }

    /// Which of the events' wells the actor may see: one query for the batch.
    async fn visible(&self, found: &[Happened]) -> Result<HashSet<i64>> {
        let wells: Vec<i64> = found.iter().filter_map(|e| e.well_id).collect();
        let scope = self.actor.scope(Permission::RegistryRead);
        if wells.is_empty() || scope == Scope::Nothing {
            return Ok(HashSet::new());
        }
        if scope == Scope::Everything {
            return Ok(wells.into_iter().collect());
        }
        let mut q = Sql::new("SELECT DISTINCT f.well_id FROM cover_facts f WHERE f.to_day IS NULL", vec![]);
        q.and_in("f.well_id", &wells);
        scope.and(&mut q, "f");
        let rows: Vec<(i64,)> = self.app.db().all(q).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    async fn next(&mut self) -> Option<Happened> {
        loop {
            if let Some(e) = self.ready.pop_front() {
                return Some(e);
            }
            let app = self.app.clone();
            let changed = app.changed().notified();
            match self.read().await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(e) => tracing::warn!(error = %e, "live push could not read the log; it tries again"),
            }
            if self.ready.is_empty() {
                tokio::time::timeout(LOOK, changed).await.ok();
            }
        }
    }
}

/// Live push of everything in the actor's scope; continues after `Last-Event-ID`.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "watch_events", tag = "audit",
    responses((status = 200, description = "server-sent events of Happened", content_type = "text/event-stream", body = Happened),
              (status = "4XX", body = Problem)))]
async fn watch_events(
    ctx: Ctx,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = std::result::Result<Event, Infallible>>>> {
    ctx.actor.require(Permission::DirectoryRead)?;
    let (head,): (i64,) = ctx.app.db().one(sql!("SELECT seq FROM event_head WHERE id = 1")).await?;
    let last = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    let watch = Watch {
        app: ctx.app.0.clone(),
        secret: secret(&headers).unwrap_or_default(),
        actor: ctx.actor,
        checked: Instant::now(),
        at: last.unwrap_or(head).clamp(0, head),
        ready: VecDeque::new(),
    };
    let stream = futures::stream::unfold(watch, |mut w| async move {
        let e = w.next().await?;
        let event =
            Event::default().id(e.seq.to_string()).event(e.subject.clone()).json_data(&e).unwrap_or_default();
        Some((Ok(event), w))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("still here")))
}
