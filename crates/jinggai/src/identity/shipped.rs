//! The areas that come with the program: Chongqing's districts, 江北区's streets and communities, the change of 2025-11.
use super::areas::{self, AreaInput};
use crate::error::{AppError, Result};
use jiff::civil::Date;
use jinggai_db::Tx;
use jinggai_db::events::Event;

const DISTRICTS: &str = include_str!("../../data/areas/districts.csv");
const STREETS: &str = include_str!("../../data/areas/streets.csv");
const COMMUNITIES: &str = include_str!("../../data/areas/communities.csv");
const CHANGES: &str = include_str!("../../data/areas/changes.csv");

fn broken(e: impl std::fmt::Display) -> AppError {
    AppError::internal(anyhow::anyhow!("the built-in areas: {e}"))
}

fn input(code: &str, name: &str) -> AreaInput {
    AreaInput {
        code: code.into(),
        name: name.into(),
        level: None,
        parent: None,
        valid_from: None,
        valid_to: None,
        geometry: None,
    }
}

/// Enters what is missing of the shipped areas.
///
/// # Errors
/// What the store says.
pub async fn init(tx: &mut Tx) -> Result<Vec<Event>> {
    let mut events = vec![];
    for file in [DISTRICTS, STREETS, COMMUNITIES] {
        for (code, name) in codes(file)? {
            if areas::id_of(tx, &code).await?.is_none() {
                events.push(areas::create(tx, &input(&code, &name)).await?.1);
            }
        }
    }
    events.extend(changes(tx).await?);
    areas::renew_closure(tx).await?;
    Ok(events)
}

/// (code, name) of each row.
fn codes(file: &str) -> Result<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    reader
        .records()
        .map(|r| {
            let r = r.map_err(broken)?;
            Ok((r.get(0).unwrap_or_default().to_owned(), r.get(1).unwrap_or_default().to_owned()))
        })
        .collect()
}

/// The change of districts: whole districts, and parts named by their streets where these are known here.
async fn changes(tx: &mut Tx) -> Result<Vec<Event>> {
    let mut events = vec![];
    let mut reader = csv::Reader::from_reader(CHANGES.as_bytes());
    for r in reader.records() {
        let r = r.map_err(broken)?;
        let cell = |i: usize| r.get(i).unwrap_or_default();
        let (old, part, new, new_name) = (cell(0), cell(2), cell(3), cell(4));
        let day: Date = cell(5).parse().map_err(broken)?;
        if areas::id_of(tx, new).await?.is_none() {
            let mut area = input(new, new_name);
            area.valid_from = Some(day);
            events.push(areas::create(tx, &area).await?.1);
        }
        if areas::id_of(tx, old).await?.is_none() {
            continue;
        }
        if part == "全部" || part.starts_with("不含") {
            // The parts that are excepted have rows of their own, which go before.
            events.extend(areas::succeed(tx, old, None, new, day, cell(6)).await?);
        } else {
            for street in streets_named(tx, old, part).await? {
                events.extend(areas::succeed(tx, old, Some(&street), new, day, cell(6)).await?);
            }
        }
    }
    Ok(events)
}

/// Codes of the streets named in `part` that are entered under the district.
async fn streets_named(tx: &mut Tx, district: &str, part: &str) -> Result<Vec<String>> {
    let rows: Vec<(String, String)> = tx
        .all(jinggai_db::sql!(
            "SELECT a.code, a.name FROM areas a JOIN areas p ON p.id = a.parent_id WHERE p.code = ? AND a.level = 'street'",
            district
        ))
        .await?;
    Ok(rows
        .into_iter()
        .filter(|(_, name)| part.split('、').any(|p| p == name))
        .map(|(code, _)| code)
        .collect())
}
