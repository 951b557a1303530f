//! Rule packs in force: those kept in `rule_packs`, over those shipped with the program.
//!
//! Only reading, for what the registry decides with; adding and changing packs is another part's.
use crate::error::{AppError, Result};
use jiff::civil::Date;
use jinggai_db::{Tx, sql};
use jinggai_rules::RulePack;
use jinggai_rules::pack::in_force;

/// Every known version of a kind of pack, shipped ones first.
///
/// # Errors
/// What the store says, or when a kept pack no longer reads.
pub async fn all<P: RulePack>(tx: &mut Tx) -> Result<Vec<P>> {
    let kept: Vec<(String,)> =
        tx.all(sql!("SELECT body FROM rule_packs WHERE kind = ? ORDER BY id", P::KIND)).await?;
    let mut packs = P::shipped();
    for (body,) in kept {
        packs.push(P::parse(&body).map_err(AppError::internal)?);
    }
    Ok(packs)
}

/// The pack with this id in force on a day.
///
/// # Errors
/// As [`all`].
pub async fn by_id<P: RulePack + Clone>(tx: &mut Tx, id: &str, on: Date) -> Result<Option<P>> {
    Ok(in_force(&all::<P>(tx).await?, id, on).cloned())
}

/// Of a kind of which one pack rules at a time: the one that came into force last.
///
/// # Errors
/// As [`all`].
pub async fn current<P: RulePack>(tx: &mut Tx, on: Date) -> Result<Option<P>> {
    let packs = all::<P>(tx).await?;
    Ok(packs
        .into_iter()
        .filter(|p| p.head().effective_from <= on)
        .max_by_key(|p| (p.head().effective_from, p.head().version)))
}
