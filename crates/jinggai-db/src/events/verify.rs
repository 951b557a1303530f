//! Finding what was done to the log behind its back: edited, removed and inserted rows, each named.
use super::{Logged, select};
use crate::{Db, Result, sql};
use serde::{Deserialize, Serialize};

/// Events read at a time.
const PAGE: i64 = 5_000;
/// Faults listed at most; one is enough to distrust the rest.
const FAULTS_MAX: usize = 100;

/// A point of the chain noted elsewhere (a backup's manifest, the anchor file): the chain must still pass it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Place in the chain.
    pub seq: i64,
    /// Hash there, hexadecimal.
    pub hash: String,
}

/// What kind of tampering was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 被修改: the row's content does not give its hash.
    Edited,
    /// 被删除: rows are missing from the chain.
    Removed,
    /// 被插入: a row does not follow the one before it, or stands after the head.
    Inserted,
    /// 链头不符: the chain ends elsewhere than the head or an anchor says.
    Head,
}

/// One thing that is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What was done.
    pub kind: FaultKind,
    /// First row concerned.
    pub seq: i64,
    /// Last row concerned.
    pub to_seq: i64,
    /// The row in words, for people.
    pub what: String,
}

/// The result of a check.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Rows read.
    pub events: i64,
    /// The end of the chain.
    pub head: Anchor,
    /// What is wrong; empty when the log holds.
    pub faults: Vec<Fault>,
}

/// Reads the whole chain and compares it with its head and the anchors given.
///
/// # Errors
/// Only when the store cannot be read; tampering is a [`Verdict`], not an error.
pub async fn verify(db: &Db, anchors: &[Anchor], mut progress: impl FnMut(i64, i64)) -> Result<Verdict> {
    let mut snap = db.snapshot().await?;
    let (head_seq, head_hash): (i64, Vec<u8>) =
        snap.one(sql!("SELECT seq, hash FROM event_head WHERE id = 1")).await?;
    let (genesis,): (Vec<u8>,) = snap.one(sql!("SELECT genesis FROM event_head WHERE id = 1")).await?;
    let mut chain = Chain { seq: 0, hash: genesis, events: 0, faults: vec![] };
    loop {
        let mut q = select();
        q.push(" AND seq > ? ORDER BY seq LIMIT ?", [chain.seq.into(), PAGE.into()]);
        let page: Vec<Logged> = snap.all(q).await?;
        let full = page.len() as i64 == PAGE;
        for e in page {
            chain.step(&e, anchors);
        }
        progress(chain.events, head_seq);
        if !full {
            break;
        }
    }
    chain.end(head_seq, &head_hash);
    let last = chain.seq.max(head_seq);
    for a in anchors.iter().filter(|a| a.seq > last) {
        // The chain may have been cut and its head moved back to fit: only what was noted elsewhere shows it.
        chain.fault(
            FaultKind::Removed,
            last + 1,
            a.seq,
            format!("第 {}–{} 条事件被删除（此前记下的锚点在链尾之后）", last + 1, a.seq),
        );
    }
    Ok(Verdict {
        events: chain.events,
        head: Anchor { seq: chain.seq, hash: hex(&chain.hash) },
        faults: chain.faults,
    })
}

fn hex(b: &[u8]) -> String {
    b.iter().map(|b| format!("{b:02x}")).collect()
}

struct Chain {
    seq: i64,
    hash: Vec<u8>,
    events: i64,
    faults: Vec<Fault>,
}

impl Chain {
    fn fault(&mut self, kind: FaultKind, seq: i64, to_seq: i64, what: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { kind, seq, to_seq, what });
        }
    }

    fn step(&mut self, e: &Logged, anchors: &[Anchor]) {
        self.events += 1;
        let named = format!("{} {} {}", e.subject, e.subject_uid, e.action);
        if e.seq != self.seq + 1 {
            self.fault(
                FaultKind::Removed,
                self.seq + 1,
                e.seq - 1,
                format!("第 {}–{} 条事件被删除", self.seq + 1, e.seq - 1),
            );
        } else if e.prev != self.hash {
            self.fault(
                FaultKind::Inserted,
                e.seq,
                e.seq,
                format!("第 {} 条事件（{named}）与前一条不相接", e.seq),
            );
        }
        if e.digest(&e.prev) != e.hash {
            self.fault(FaultKind::Edited, e.seq, e.seq, format!("第 {} 条事件（{named}）内容被修改", e.seq));
        }
        self.seq = e.seq;
        self.hash.clone_from(&e.hash);
        for a in anchors.iter().filter(|a| a.seq == e.seq && a.hash != hex(&e.hash)) {
            self.fault(FaultKind::Head, a.seq, a.seq, format!("第 {} 条事件与此前记下的锚点不符", a.seq));
        }
    }

    fn end(&mut self, head_seq: i64, head_hash: &[u8]) {
        if self.seq < head_seq {
            self.fault(
                FaultKind::Removed,
                self.seq + 1,
                head_seq,
                format!("第 {}–{head_seq} 条事件被删除（链尾缺失）", self.seq + 1),
            );
        } else if self.seq > head_seq {
            self.fault(
                FaultKind::Inserted,
                head_seq + 1,
                self.seq,
                format!("第 {}–{} 条事件在链头之后被插入", head_seq + 1, self.seq),
            );
        } else if self.hash != head_hash {
            self.fault(FaultKind::Head, head_seq, head_seq, format!("链头与第 {head_seq} 条事件不符"));
        }
    }
}
