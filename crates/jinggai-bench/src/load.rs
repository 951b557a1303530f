//! Requests to a running server, as a page or a desk makes them, with how long each took.
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The filters of the console's case list that are measured.
const LISTS: [(&str, &str); 6] = [
    ("all open", "state=open"),
    ("overdue", "state=open&overdue=true"),
    ("one hazard, one level", "hazard=H01&level=l1"),
    ("to be dispatched", "state=filed&source=patrol"),
    ("of one unit", "state=open&unit={unit}"),
    ("one kind, one level", "state=open&kind=sewage&level=l2"),
];

/// A server and a token for it.
pub struct Target {
    pub url: String,
    pub token: String,
}

impl Target {
    async fn get(&self, http: &reqwest::Client, path: &str) -> Result<Json, String> {
        let reply = http.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await;
        answer(reply).await.map_err(|e| format!("{path}: {e}"))
    }
}

async fn answer(reply: Result<reqwest::Response, reqwest::Error>) -> Result<Json, String> {
    let reply = reply.map_err(|e| e.to_string())?;
    let status = reply.status();
    let text = reply.text().await.map_err(|e| e.to_string())?;
    if !status.is_success() {
        return Err(format!("{status} {text}"));
    }
    serde_json::from_str(&text).map_err(|e| e.to_string())
}

/// The smallest of the values that so large a share of them does not exceed.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn line(what: &str, mut took: Vec<f64>, more: &str) -> String {
    took.sort_by(f64::total_cmp);
    let [p50, p95, max] = [0.5, 0.95, 1.0].map(|s| percentile(&took, s) * 1e3);
    format!("| {what} | {} | {p50:.1} | {p95:.1} | {max:.1} | {more} |\n", took.len())
}

/// The pages of the case list: the first pages of each filter, one after the other, as a person turns them.
pub async fn lists(target: &Target, unit: &str, pages: usize) -> Result<String, String> {
    let http = reqwest::Client::new();
    let mut out =
        String::from("| request | times | p50 ms | p95 ms | max ms | found |\n|---|--:|--:|--:|--:|--:|\n");
    for (what, filter) in LISTS {
        let filter = filter.replace("{unit}", unit);
        let (mut took, mut after, mut total) = (vec![], String::new(), Json::Null);
        for _ in 0..pages {
            let begun = Instant::now();
            let page = target.get(&http, &format!("/api/v1/cases?limit=50&{filter}{after}")).await?;
            took.push(begun.elapsed().as_secs_f64());
            total = page["total"].clone();
            after = page["next"].as_str().map_or_else(String::new, |n| format!("&cursor={n}"));
        }
        write!(out, "{}", line(&format!("cases, {what}"), took, &total.to_string()))
            .map_err(|e| e.to_string())?;
    }
    let mut took = vec![];
    for _ in 0..pages {
        let begun = Instant::now();
        target.get(&http, "/api/v1/case-board").await?;
        took.push(begun.elapsed().as_secs_f64());
    }
    write!(out, "{}", line("case board", took, "")).map_err(|e| e.to_string())?;
    Ok(out)
}

/// Dispatches filed cases from so many desks at once.
pub async fn dispatch(target: &Target, n: usize, desks: usize) -> Result<String, String> {
    let http = reqwest::Client::new();
    let mut waiting = VecDeque::new();
    let mut after = String::new();
    while waiting.len() < n {
        let page = target.get(&http, &format!("/api/v1/cases?state=filed&limit=200{after}")).await?;
        waiting.extend(page["items"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&cursor={next}"),
            None => break,
        }
    }
    waiting.truncate(n);
    let n = waiting.len();
    let waiting = Arc::new(Mutex::new(waiting));
    let begun = Instant::now();
    let work = (0..desks).map(|_| async {
        let mut took = vec![];
        loop {
            let Some(case) = waiting.lock().map_err(|e| e.to_string())?.pop_front() else { return Ok(took) };
            let path =
                format!("{}/api/v1/cases/{}/moves", target.url, case["uid"].as_str().unwrap_or_default());
            let asked = Instant::now();
            let body = json!({"move": "dispatch", "version": case["version"]});
            let sent = http.post(path).bearer_auth(&target.token).json(&body).send().await;
            answer(sent).await?;
            took.push(asked.elapsed().as_secs_f64());
        }
    });
    let took: Vec<Vec<f64>> = futures::future::try_join_all(work).await.map_err(|e: String| e)?;
    let rate = n as f64 / begun.elapsed().as_secs_f64();
    Ok(line(&format!("dispatch, {desks} desks"), took.concat(), &format!("{rate:.0} a second")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let took: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!([0.5, 0.95, 1.0].map(|s| percentile(&took, s)), [10.0, 19.0, 20.0]);
        assert_eq!(percentile(&[3.0], 0.95), 3.0);
    }
}
