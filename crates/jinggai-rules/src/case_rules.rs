//! 案卷规则: sources, the limits of each stage, what may be extended or suspended, and who is told when.
//!
//! All of it is a pack: no national text gives these numbers for the stages around handling (`domain.md` 3.6, 10.2).
//! Handling itself has its limit in the hazard catalogue.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::clock::Limit;
use crate::error::RuleError;
use crate::hazards::Level;
use crate::pack::{PackHead, RulePack};

code_enum! {
    /// 问题来源 (`domain.md` 11.2).
    pub enum Source {
        /// 采集员: grid collector.
        Collector = "collector", "采集员", "Grid collector", ["监督员", "采集员上报", "网格员"];
        /// 巡查: patrol of the owner or maintainer.
        Patrol = "patrol", "巡查", "Patrol", ["巡查发现", "巡检"];
        /// 12345 政务服务热线.
        Hotline12345 = "12345", "12345热线", "Hotline 12345", ["12345", "市民热线"];
        /// 12319 城管热线.
        Hotline12319 = "12319", "12319热线", "Hotline 12319", ["12319", "城管热线"];
        /// 公众: somebody who scanned a plate or opened the public page.
        Citizen = "citizen", "公众", "Citizen", ["市民", "群众", "群众举报"];
        /// 传感器.
        Sensor = "sensor", "传感器", "Sensor", ["智能监测", "物联网"];
        /// 视频.
        Video = "video", "视频", "Video", ["视频监控", "监控"];
        /// 上级、领导批示.
        Superior = "superior", "上级交办", "Superior", ["领导批示", "上级"];
        /// 媒体.
        Media = "media", "媒体", "Media", ["媒体曝光", "舆情"];
        /// 部门批转.
        Transfer = "transfer", "部门批转", "Transfer", ["批转", "部门移交"];
    }
}

code_enum! {
    /// 提醒对象 of the escalation ladder.
    pub enum Recipient {
        /// 承办单位.
        Handler = "handler", "承办单位", "Handling unit", [];
        /// 行业主管和属地单位, and the command centre.
        Supervisor = "supervisor", "主管和属地单位", "Supervising and territorial unit", [];
        /// 领导小组办公室.
        Leader = "leader", "领导小组办公室", "Leading group", [];
        /// 超期公示名单 (曝光台): a local practice, so no rung leads here unless the district's rules say so.
        Public = "public", "超期公示名单", "Public list", ["曝光台", "督办名单"];
    }
}

recognise_by_words!(Source, Recipient);

/// 案卷规则.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRules {
    /// Head.
    pub pack: PackHead,
    /// Sources whose report needs no verification.
    pub trusted: Vec<Source>,
    /// Handling limit of a hazard that the catalogue leaves to a plan.
    pub handle_by_plan: Limit,
    /// Metres within which a report may be the same.
    pub near_m: f64,
    /// Days within which a report may be the same.
    pub near_days: u32,
    /// Metres within which a photo counts as taken at the place.
    pub photo_near_m: f64,
    /// 延期 granted at most.
    pub extensions_max: u32,
    /// 挂账 granted at most.
    pub suspensions_max: u32,
    /// Days of a 挂账 at most.
    pub suspension_days_max: u32,
    /// Reminders wait from here …
    pub quiet_from: Time,
    /// … to here, except L1.
    pub quiet_to: Time,
    /// Limits by level.
    pub levels: Vec<LevelLimits>,
    /// 升级阶梯.
    pub ladder: Vec<Rung>,
}

/// The limits of the stages around handling for one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelLimits {
    /// 等级.
    pub level: Level,
    /// From filing to dispatch.
    pub dispatch: Limit,
    /// From the end of handling to the check.
    pub check: Limit,
    /// From the check to closing.
    pub close: Limit,
    /// From filing to closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Limit>,
}

/// One rung: at this share of a running limit somebody is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Share of the limit, 1 = the deadline.
    pub share: f64,
    /// Who.
    pub to: Recipient,
}

impl CaseRules {
    /// The limits of a level; every level is there in a valid pack.
    pub fn limits(&self, level: Level) -> Option<&LevelLimits> {
        self.levels.iter().find(|l| l.level == level)
    }

    /// The share of a limit at which a case comes onto the public list; none where the rules know no such list.
    pub fn public_share(&self) -> Option<f64> {
        let rungs = self.ladder.iter().filter(|r| r.to == Recipient::Public);
        rungs.map(|r| r.share).min_by(f64::total_cmp)
    }

    /// Is it a time of day at which only the most urgent is told?
    pub fn is_quiet(&self, at: Time) -> bool {
        if self.quiet_from <= self.quiet_to {
            self.quiet_from <= at && at < self.quiet_to
        } else {
            at >= self.quiet_from || at < self.quiet_to
        }
    }
}

impl RulePack for CaseRules {
    const KIND: &'static str = "case_rules";
    const SHIPPED: &'static [&'static str] = &[include_str!("../packs/case-rules.toml")];

    fn head(&self) -> &PackHead {
        &self.pack
    }

    fn check_content(&self) -> Result<(), RuleError> {
        let wrong = |key: String, problem: String, right: &str| {
            Err(RuleError::value(Self::KIND, key, problem, right))
        };
        for level in Level::ALL {
            if self.levels.iter().filter(|l| l.level == *level).count() != 1 {
                return wrong(
                    "levels".into(),
                    format!("等级 {} 缺失或重复", level.label_zh()),
                    "L1–L4 各一行",
                );
            }
        }
        for l in &self.levels {
            let all = [Some(l.dispatch), Some(l.check), Some(l.close), l.total];
            if all.into_iter().flatten().any(|limit| limit.count == 0) {
                return wrong(format!("levels.{}", l.level), "时限为 0".into(), "至少 1");
            }
        }
        if let Some(r) = self.ladder.iter().find(|r| !(r.share > 0.0 && r.share <= 100.0)) {
            return wrong("ladder.share".into(), r.share.to_string(), "大于 0 的倍数，1 为到期");
        }
        // Nobody is shown up for what is not late yet.
        if let Some(share) = self.public_share().filter(|s| *s <= 1.0) {
            return wrong("ladder.public".into(), share.to_string(), "大于 1：超期之后才能公示");
        }
        if !(self.near_m > 0.0 && self.near_m <= 1000.0) {
            return wrong("near_m".into(), self.near_m.to_string(), "0–1000 米");
        }
        if !(self.photo_near_m > 0.0 && self.photo_near_m <= 10_000.0) {
            return wrong("photo_near_m".into(), self.photo_near_m.to_string(), "0–10000 米");
        }
        if self.suspension_days_max == 0 || self.suspension_days_max > 3660 {
            return wrong("suspension_days_max".into(), self.suspension_days_max.to_string(), "1–3660 天");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;

    fn rules() -> CaseRules {
        CaseRules::shipped().remove(0)
    }

    #[test]
    fn quiet_hours_cross_midnight() {
        let check =
            |h: i8, m: i8, want: bool| assert_eq!(rules().is_quiet(time(h, m, 0, 0)), want, "{h}:{m}");
        check(21, 59, false);
        check(22, 0, true);
        check(0, 0, true);
        check(6, 59, true);
        check(7, 0, false);
    }

    #[test]
    fn the_public_list_is_off_unless_a_rung_leads_to_it() {
        let mut rules = rules();
        assert_eq!(rules.public_share(), None);
        rules.ladder.extend([5.0, 3.0].map(|share| Rung { share, to: Recipient::Public }));
        rules.validate().unwrap();
        assert_eq!(rules.public_share(), Some(3.0));
    }

    #[test]
    fn broken_rules_are_refused() {
        let check = |change: &dyn Fn(&mut CaseRules), want: &str| {
            let mut rules = rules();
            change(&mut rules);
            let error = rules.validate().unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(&|r| r.levels.truncate(3), "等级 L4");
        check(&|r| r.ladder[0].share = 0.0, "ladder.share");
        check(&|r| r.ladder.push(Rung { share: 1.0, to: Recipient::Public }), "ladder.public");
        check(&|r| r.levels[0].check.count = 0, "levels.l1");
        check(&|r| r.near_m = 0.0, "near_m");
        check(&|r| r.photo_near_m = -1.0, "photo_near_m");
    }
}
