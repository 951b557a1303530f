//! The table of results: medians of the runs, and how many times each program's wall time ours is. The first program
//! of a task is ours.
use std::collections::BTreeMap;
use std::io::Write;

/// The runs of one program at one task.
#[derive(Default)]
struct Runs {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    megabytes: Vec<f64>,
    rows: String,
}

/// A line of the file: task, who, wall seconds, user seconds, system seconds, peak kilobytes, rows done.
fn read(line: &str) -> Option<((String, String), [f64; 4], String)> {
    let f: Vec<&str> = line.split('\t').collect();
    let number = |i: usize| f.get(i)?.parse::<f64>().ok();
    let measured = [number(2)?, number(3)?, number(4)?, number(5)?];
    Some((
        (f.first()?.to_string(), f.get(1)?.to_string()),
        measured,
        f.get(6).map(ToString::to_string).unwrap_or_default(),
    ))
}

fn median(values: &[f64]) -> f64 {
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    match v.len() {
        0 => 0.0,
        n if n % 2 == 1 => v[n / 2],
        n => f64::midpoint(v[n / 2 - 1], v[n / 2]),
    }
}

/// Prints the Markdown table of a results file.
pub fn print(file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    std::io::stdout().write_all(markdown(&text)?.as_bytes()).map_err(|e| e.to_string())
}

fn markdown(text: &str) -> Result<String, String> {
    let mut order: Vec<(String, String)> = vec![];
    let mut all: BTreeMap<(String, String), Runs> = BTreeMap::new();
    for (n, line) in text.lines().enumerate() {
        let (key, [wall, user, system, kb], rows) =
            read(line).ok_or_else(|| format!("line {}: {line:?} is no measurement", n + 1))?;
        if !order.contains(&key) {
            order.push(key.clone());
        }
        let runs = all.entry(key).or_default();
        runs.wall.push(wall);
        runs.cpu.push(user + system);
        runs.megabytes.push(kb / 1024.0);
        runs.rows = rows;
    }
    let mut out = String::from(
        "| task | program | wall s | CPU s | peak MB | runs | rows | jinggai ÷ this |\n|---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut first: Option<(&str, f64)> = None;
    for key in &order {
        let runs = &all[key];
        let wall = median(&runs.wall);
        let base = match first {
            Some((task, base)) if task == key.0 => base,
            _ => wall,
        };
        first = Some((&key.0, base));
        out.push_str(&format!(
            "| {} | {} | {wall:.2} | {:.2} | {:.0} | {} | {} | {:.2} |\n",
            key.0,
            key.1,
            median(&runs.cpu),
            median(&runs.megabytes),
            runs.wall.len(),
            runs.rows,
            if wall > 0.0 { base / wall } else { 1.0 },
        ));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ratios() {
        let text = "import\tjinggai\t4\t3\t1\t2048\t10\nimport\tjinggai\t6\t3\t1\t4096\t10\nimport\tjinggai\t5\t3\t1\t2048\t10\nimport\togr2ogr\t10\t9\t1\t1024\t10\n";
        let table = markdown(text).unwrap();
        assert!(table.contains("| import | jinggai | 5.00 | 4.00 | 2 | 3 | 10 | 1.00 |"), "{table}");
        assert!(table.contains("| import | ogr2ogr | 10.00 | 10.00 | 1 | 1 | 10 | 0.50 |"), "{table}");
        assert!(markdown("nonsense").unwrap_err().contains("line 1"));
    }
}
