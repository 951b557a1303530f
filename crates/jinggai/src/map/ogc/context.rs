//! What every reading of a collection rests on, and the parameters of a list as those of a collection.
use super::links::query_of;
use super::query::wrong;
use crate::app::App;
use crate::cases::facts;
use crate::cases::rules::Rules;
use crate::error::{AppError, Result};
use crate::registry::filter::FilterContext;
use axum::extract::Query;
use axum::http::Uri;
use jiff::Timestamp;
use jinggai_db::Tx;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa::openapi::path::ParameterIn;

/// What holds in the transaction of a reading.
pub struct Context {
    /// What filters of covers depend on.
    pub filter: FilterContext,
    /// What filters and words of cases depend on.
    pub rules: Arc<Rules>,
    /// The moment of the reading.
    pub now: Timestamp,
}

impl Context {
    /// Reads it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(app: &App, tx: &mut Tx) -> Result<Context> {
        let filter = FilterContext::load(tx).await?;
        Ok(Context { filter, rules: Rules::today(app, tx).await?, now: facts::now() })
    }
}

/// Parameters of lists that a collection does not take: pages and their order are the standard's, and what waits for
/// the reader is no question of a map.
const LEFT_OUT: [&str; 4] = ["limit", "cursor", "sort", "mine"];

/// The parameters of a list that its collection takes: name and meaning.
pub fn list_parameters<T: IntoParams>() -> Vec<(String, String)> {
    let all = T::into_params(|| Some(ParameterIn::Query));
    let taken = all.into_iter().filter(|p| !LEFT_OUT.contains(&p.name.as_str()));
    taken.map(|p| (p.name, p.description.unwrap_or_default())).collect()
}

fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> anyhow::Result<T> {
    let uri: Uri = format!("/{}", query_of(pairs)).parse()?;
    Ok(Query::try_from_uri(&uri)?.0)
}

/// The parameters as the query of a list.
///
/// # Errors
/// `query.invalid` naming the parameter that is unknown or wrong.
pub fn list_query<T: DeserializeOwned + IntoParams>(pairs: &[(String, String)]) -> Result<T> {
    let known = list_parameters::<T>();
    for pair in pairs {
        let (name, value) = pair;
        if !known.iter().any(|(k, _)| k == name) {
            let all = known.iter().map(|(k, _)| k.as_str()).collect::<Vec<_>>().join(", ");
            let (zh, en) =
                (format!("没有这个参数；可用：{all}"), format!("no such parameter; there are: {all}"));
            return Err(wrong(name, value, &zh, &en));
        }
        // Read alone, so that the one that is wrong can be named.
        read::<T>(std::slice::from_ref(pair)).map_err(|e| {
            let (zh, en) = (format!("读不出来：{e}"), format!("it cannot be read: {e}"));
            wrong(name, value, &zh, &en)
        })?;
    }
    read(pairs).map_err(AppError::internal)
}
