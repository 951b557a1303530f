//! Suggests a mapping from headers and from values; each suggestion with a reason and how sure it is.
//!
//! Greedy and explainable: every (column, field) pair gets a score, the best pairs win, a column fills one field. What
//! no pair wants is listed as used for nothing. Deliberately no learning: a person must be able to follow each choice.
use super::profile::{ColumnProfile, Profile};
use super::target::{Target, meanings};
use jinggai_rules::kinds::{Condition, Problem};
use serde::Serialize;
use std::collections::BTreeMap;

/// One suggestion (映射建议).
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Suggestion {
    /// The field.
    pub target: &'static str,
    /// Its Chinese name.
    pub name: &'static str,
    /// The column.
    pub column: String,
    /// `certain`, `likely` or `guess`.
    pub certainty: &'static str,
    /// Why (Chinese).
    pub reason: String,
    #[serde(skip)]
    score: i32,
}

impl Suggestion {
    /// A column chosen by its header alone.
    #[must_use]
    pub fn by_header(target: &'static str, name: &'static str, column: &str) -> Self {
        Suggestion {
            target,
            name,
            column: column.to_owned(),
            certainty: "certain",
            reason: format!("列名“{column}”"),
            score: 95,
        }
    }
}

/// What was suggested, and what was left over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suggested {
    /// Field → columns.
    pub columns: BTreeMap<Target, Vec<String>>,
    /// Each choice with its reason.
    pub reasons: Vec<Suggestion>,
    /// Columns used for nothing.
    pub unused: Vec<String>,
}

/// Suggests. `manholes` says that the layer is of shafts, so that a bare 材质 or 直径 is the shaft's.
#[must_use]
pub fn suggest(profile: &Profile, layer: &str) -> Suggested {
    let shafts = layer.to_lowercase().contains("manhole")
        || layer.contains("窨井")
        || profile.columns.iter().any(|c| c.share(|v| v.to_lowercase().contains("manhole")) > 0.5);
    let mut pairs: Vec<(Target, Suggestion)> = vec![];
    for column in &profile.columns {
        by_header(profile, column, shafts, &mut pairs);
        by_values(profile, column, &mut pairs);
    }
    pairs.sort_by_key(|(_, s)| std::cmp::Reverse(s.score));
    let mut out = Suggested::default();
    let mut taken: Vec<&str> = vec![];
    for (target, s) in &pairs {
        let used = out.columns.get(target).is_some_and(|c| !c.is_empty());
        if taken.contains(&s.column.as_str())
            || (used && !target.takes_many())
            || (*target == Target::Code && used)
        {
            continue;
        }
        taken.push(&s.column);
        out.columns.entry(*target).or_default().push(s.column.clone());
        out.reasons.push(s.clone());
    }
    only_one_pair_of_coordinates(profile, &mut out);
    out.unused = profile
        .columns
        .iter()
        .map(|c| c.name.clone())
        .filter(|c| !out.columns.values().flatten().any(|u| u == c))
        .collect();
    out
}

/// A geometry is better than columns that repeat it; x and y are coordinates only together.
fn only_one_pair_of_coordinates(profile: &Profile, out: &mut Suggested) {
    for (a, b) in [(Target::Lng, Target::Lat), (Target::X, Target::Y)] {
        let both = out.columns.contains_key(&a) && out.columns.contains_key(&b);
        if !both || profile.points > 0 || (a == Target::X && out.columns.contains_key(&Target::Lng)) {
            for t in [a, b] {
                out.columns.remove(&t);
                out.reasons.retain(|s| s.target != t.code());
            }
        }
    }
}

fn pair(target: Target, column: &ColumnProfile, score: i32, reason: String) -> (Target, Suggestion) {
    let certainty = match score {
        90.. => "certain",
        60..=89 => "likely",
        _ => "guess",
    };
    (
        target,
        Suggestion {
            target: target.code(),
            name: target.zh(),
            column: column.name.clone(),
            certainty,
            reason,
            score,
        },
    )
}

fn by_header(profile: &Profile, column: &ColumnProfile, shafts: bool, out: &mut Vec<(Target, Suggestion)>) {
    for (target, telling) in meanings(&column.name) {
        let mut score = if telling { 95 } else { 65 };
        let mut reason = format!("列名“{}”", column.name);
        match target {
            Target::ExternalId => match id_score(profile, column, telling) {
                Some(s) => score = s,
                None => continue,
            },
            Target::Code if column.filled == 0 => continue,
            // Words or nothing: a kind column of bare numbers needs its own value table.
            Target::Kind if column.filled > 0 && column.numbers == column.filled => continue,
            Target::Kind if !telling && column.filled > 0 && column.speaks_of_kinds() == 0.0 => continue,
            Target::Kind => {
                let said = column.speaks_of_kinds();
                score = if telling { 70 } else { 50 } + (said * 25.0) as i32;
                reason = format!("{reason}，{:.0}% 的值能认出井盖类型", said * 100.0);
            }
            Target::Material if !telling && shafts => {
                out.push(pair(
                    Target::WallMaterial,
                    column,
                    60,
                    format!("{reason}，图层是窨井，材质按井壁理解"),
                ));
                continue;
            }
            // A shaft is about a metre wide, a cover 0.6 to 0.8 m.
            Target::Diameter if !telling && largest_figure(column) > 900.0 => continue,
            Target::Problem | Target::Condition if column.filled == 0 => continue,
            // `condition` of a form may hold a stage of life, and 状态 a condition.
            Target::Lifecycle if column.filled > 0 && column.speaks_of_life() < 0.3 => {
                if column.share(|v| Problem::recognise(v).is_some()) > 0.3 {
                    out.push(pair(Target::Problem, column, 70, format!("{reason}，值是问题用语")));
                    continue;
                }
                if column.share(|v| Condition::recognise(v).is_some()) > 0.3 {
                    out.push(pair(Target::Condition, column, 70, format!("{reason}，值是部件状态")));
                    continue;
                }
                score = 40;
            }
            Target::Place if !telling => score = 45,
            Target::Lng | Target::Lat | Target::X | Target::Y if column.numbers * 2 < column.filled => {
                continue;
            }
            _ => {}
        }
        if column.filled == 0 {
            score -= 30;
            reason.push_str("，但抽样行中没有值");
        }
        out.push(pair(target, column, score, reason));
    }
}

/// The largest number at the beginning of the values, as written.
fn largest_figure(column: &ColumnProfile) -> f64 {
    let figure = |v: &str| {
        v.split(|c: char| !(c.is_ascii_digit() || c == '.')).next().and_then(|n| n.parse::<f64>().ok())
    };
    column.values.iter().filter_map(|(v, _)| figure(v)).fold(0.0, f64::max)
}

/// Ids must tell rows apart. Among those that do, a number of the trade is better than one of the program.
fn id_score(profile: &Profile, column: &ColumnProfile, telling: bool) -> Option<i32> {
    if column.filled == 0 || column.distinct <= 1 && profile.rows > 1 {
        return None;
    }
    let base = match (telling, column.name.to_lowercase().as_str()) {
        (true, _) => 60,
        (false, n) if n.contains("objectid") || n == "fid" || n == "gid" || n == "序号" => 40,
        (false, "handle") => 45,
        (false, n) if n.contains("global") || n.contains("guid") => 50,
        _ => 55,
    };
    // A column that repeats itself is the last choice, and nearly empty ones are none.
    if column.is_key(profile.rows) {
        Some(base + 30)
    } else if column.filled * 10 >= profile.rows * 9 && column.distinct * 100 >= column.filled * 95 {
        Some(base - 25)
    } else {
        None
    }
}

/// What the values alone say, for columns whose header says nothing (or was lost).
fn by_values(profile: &Profile, column: &ColumnProfile, out: &mut Vec<(Target, Suggestion)>) {
    if column.filled == 0 {
        return;
    }
    let whole = |n: usize| n * 10 >= column.filled * 9;
    if whole(column.long_codes) && column.distinct * 10 >= column.filled * 9 {
        out.push(pair(Target::Code, column, 62, "值是 15–19 位的长数字，像井盖编号".to_owned()));
    }
    let kinds = column.speaks_of_kinds();
    if kinds >= 0.8 && column.numbers == 0 && column.values.len() <= 40 {
        out.push(pair(Target::Kind, column, 48, format!("{:.0}% 的值能认出井盖类型", kinds * 100.0)));
    }
    if column.speaks_of_life() >= 0.8 && column.numbers == 0 && kinds < 0.5 {
        out.push(pair(Target::Lifecycle, column, 44, "值是使用状态用语".to_owned()));
    }
    if column.numbers == 0 && column.share(|v| Problem::recognise(v).is_some()) >= 0.8 {
        out.push(pair(Target::Problem, column, 42, "值是问题用语".to_owned()));
    }
    if profile.points == 0 && whole(column.numbers) && column.distinct * 10 >= column.filled * 5 {
        let fraction = column.share(|v| v.split('.').nth(1).is_some_and(|f| f.len() >= 4)) > 0.8;
        if fraction && column.min >= 72.0 && column.max <= 138.0 {
            out.push(pair(Target::Lng, column, 46, "值像中国境内的经度".to_owned()));
        } else if fraction && column.min >= 3.0 && column.max <= 55.0 {
            out.push(pair(Target::Lat, column, 46, "值像中国境内的纬度".to_owned()));
        }
    }
    let link = |v: &str| {
        let v = v.to_lowercase();
        v.starts_with("http") && [".jpg", ".jpeg", ".png", ".heic"].iter().any(|e| v.contains(e))
    };
    if column.share(link) >= 0.8 {
        out.push(pair(Target::Photo, column, 48, "值是图片地址".to_owned()));
    }
    let unit = |v: &str| {
        ["公司", "集团", "管理局", "街道办", "管理处", "委员会", "水务局", "住建委"]
            .iter()
            .any(|w| v.contains(w))
    };
    if column.share(unit) >= 0.8 {
        out.push(pair(Target::Owner, column, 45, "值是单位名称".to_owned()));
    }
}
