//! Numbers for new covers (编号): taken from the sequence of their scope, many at a time, in the batch's transaction.
use super::state::State;
use crate::error::{AppError, Result};
use crate::registry::draft::NewCode;
use jinggai_db::{Sql, Tx, sql};
use jinggai_rules::codes::{ClassList, CodeParts, CodeScheme, SegmentRole};
use jinggai_rules::kinds::CoverKind;
use std::collections::BTreeMap;

/// Gives numbers of the default scheme.
pub struct Issuer {
    scheme: CodeScheme,
    list: Option<ClassList>,
    /// District of wells whose area is not known.
    district: String,
}

/// The scheme for kinds that the default scheme has no class for, and for sequences that are used up.
const FREE: &str = "free";

impl Issuer {
    /// For the scheme of the settings.
    ///
    /// # Errors
    /// `code.scheme_unknown`.
    pub fn new(state: &State, key: &str, district: &str) -> Result<Issuer> {
        let (scheme, list) = state.scheme(key).ok_or_else(|| {
            AppError::field(
                "code.scheme_unknown",
                "code_scheme",
                format!("设置 code_scheme 的编码规则“{key}”不存在"),
                format!("there is no code scheme {key:?}"),
            )
        })?;
        Ok(Issuer { scheme, list, district: district.to_owned() })
    }

    /// Numbers for covers of these kinds and area codes, in their order; `false` where the area was not known.
    ///
    /// # Errors
    /// What the store says.
    pub async fn issue(&self, tx: &mut Tx, wanted: &[(CoverKind, Option<&str>)]) -> Result<Vec<NewCode>> {
        let mut groups: BTreeMap<(CoverKind, &str), Vec<usize>> = BTreeMap::new();
        for (i, (kind, area)) in wanted.iter().enumerate() {
            let width = self.scheme.segment(SegmentRole::Area).map_or(6, |s| s.width);
            let area = area.and_then(|a| a.get(..width)).unwrap_or(&self.district);
            groups.entry((*kind, area)).or_default().push(i);
        }
        let mut out: Vec<Option<NewCode>> = vec![None; wanted.len()];
        for ((kind, area), rows) in groups {
            let mut codes = self.of_group(tx, kind, area, rows.len()).await?.into_iter();
            for i in rows {
                out[i] = codes.next();
            }
        }
        Ok(out.into_iter().flatten().collect())
    }

    async fn of_group(&self, tx: &mut Tx, kind: CoverKind, area: &str, n: usize) -> Result<Vec<NewCode>> {
        let version = self.list.as_ref().map(|l| format!("{}@{}", l.pack.id, l.pack.version));
        let code = |scheme: &str, code: String, version: &Option<String>| NewCode {
            scheme: scheme.to_owned(),
            code,
            list_version: version.clone(),
            alias: false,
        };
        let Some((parts, class)) = self.parts(kind, area) else {
            let texts = free(tx, area, kind.code(), n).await?;
            return Ok(texts.into_iter().map(|c| code(FREE, c, &None)).collect());
        };
        let scope =
            self.scheme.sequence_scope(&parts).map_err(|e| AppError::internal(anyhow::anyhow!("{e}")))?;
        let mut last = advance(tx, self.scheme.key(), &scope, n).await?;
        let mut out = Vec::with_capacity(n);
        // Numbers that came from outside may stand in the way: the sequence steps over them.
        while out.len() < n {
            let mut tried = vec![];
            for _ in out.len()..n {
                match self.scheme.next_code(&parts, Some(last)) {
                    Ok(next) => {
                        last = next.sequence;
                        tried.push(next.code);
                    }
                    Err(_) => break,
                }
            }
            if tried.is_empty() {
                let rest = free(tx, area, &class, n - out.len()).await?;
                out.extend(rest.into_iter().map(|c| code(FREE, c, &None)));
                break;
            }
            let taken = taken(tx, self.scheme.key(), &tried).await?;
            out.extend(
                tried
                    .into_iter()
                    .filter(|t| !taken.contains(t))
                    .map(|c| code(self.scheme.key(), c, &version)),
            );
        }
        settle(tx, self.scheme.key(), &scope, last).await?;
        Ok(out)
    }

    /// The parts of a number for a kind in an area; none when the scheme cannot number it.
    fn parts(&self, kind: CoverKind, area: &str) -> Option<(CodeParts, String)> {
        let mut parts = CodeParts::new();
        let mut class = kind.code().to_owned();
        for s in &self.scheme.segments {
            match s.role {
                SegmentRole::Area => parts = parts.with(&s.key, area),
                SegmentRole::Class => {
                    class = self.scheme.class_part(self.list.as_ref()?, kind).ok()?;
                    parts = parts.with(&s.key, &class);
                }
                SegmentRole::Sequence | SegmentRole::Fixed | SegmentRole::Check => {}
                SegmentRole::Free | SegmentRole::Unit => return None,
            }
        }
        self.scheme.segment(SegmentRole::Sequence)?;
        Some((parts, class))
    }
}

/// Which of these numbers are in use, or once were.
async fn taken(tx: &mut Tx, scheme: &str, codes: &[String]) -> Result<Vec<String>> {
    let (Some(first), Some(last)) = (codes.iter().min(), codes.iter().max()) else { return Ok(vec![]) };
    let q = sql!("SELECT code FROM codes WHERE scheme = ? AND code >= ? AND code <= ?", scheme, first, last);
    Ok(tx.all::<(String,)>(q).await?.into_iter().map(|(c,)| c).collect())
}

/// Moves a sequence on by `n` and gives where it stood; whoever comes second waits here.
async fn advance(tx: &mut Tx, scheme: &str, scope: &str, n: usize) -> Result<u64> {
    let (last,): (i64,) = tx
        .one(sql!(
            "INSERT INTO code_sequences (scheme, prefix, last) VALUES (?, ?, ?) ON CONFLICT (scheme, prefix) DO UPDATE SET last = code_sequences.last + excluded.last RETURNING last",
            scheme,
            scope,
            n
        ))
        .await?;
    Ok(u64::try_from(last).unwrap_or(0).saturating_sub(n as u64))
}

async fn settle(tx: &mut Tx, scheme: &str, scope: &str, last: u64) -> Result<()> {
    tx.run(sql!(
        "UPDATE code_sequences SET last = ? WHERE scheme = ? AND prefix = ?",
        i64::try_from(last).unwrap_or(i64::MAX),
        scheme,
        scope
    ))
    .await?;
    Ok(())
}

/// `500105-landscape-00000001`: numbers of the free scheme, counted per area and class.
async fn free(tx: &mut Tx, area: &str, class: &str, n: usize) -> Result<Vec<String>> {
    let prefix = format!("{area}-{class}-");
    let mut last = advance(tx, FREE, &prefix, n).await?;
    let mut out = Vec::with_capacity(n);
    while out.len() < n {
        let tried: Vec<String> = (out.len()..n)
            .map(|_| {
                last += 1;
                format!("{prefix}{last:08}")
            })
            .collect();
        let taken = taken(tx, FREE, &tried).await?;
        out.extend(tried.into_iter().filter(|t| !taken.contains(t)));
    }
    settle(tx, FREE, &prefix, last).await?;
    Ok(out)
}

/// Whose numbers these are already: (number, cover).
///
/// # Errors
/// What the store says.
pub async fn owners(tx: &mut Tx, scheme: &str, codes: &[String]) -> Result<Vec<(String, i64)>> {
    let mut out = vec![];
    for chunk in codes.chunks(1024) {
        let mut q = Sql::new("SELECT code, cover_id FROM codes WHERE scheme = ?", vec![scheme.into()]);
        q.and_in("code", chunk);
        out.extend(tx.all::<(String, i64)>(q).await?);
    }
    Ok(out)
}
