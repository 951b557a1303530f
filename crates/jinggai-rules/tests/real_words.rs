//! Every distinct word of the real inventories: what it is read as, and that silence is silence.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which the lint does not see as tests")]

use jinggai_rules::RulePack;
use jinggai_rules::kinds::{Certainty, CoverKind, Lifecycle, Material, Recognised, names_no_cover};
use jinggai_rules::size::{CoverSize, SizeLimits};

const WORDS: &str = include_str!("data/inventory_words.csv");

fn reading<T: std::fmt::Display>(recognised: Option<Recognised<T>>) -> String {
    recognised.map_or(String::new(), |recognised| {
        let certainty = match recognised.certainty {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::Guess => "guess",
        };
        format!("{} {certainty}", recognised.value)
    })
}

fn read(topic: &str, word: &str) -> String {
    match topic {
        "kind" if names_no_cover(word).is_some() => "no cover".to_owned(),
        "kind" => reading(CoverKind::recognise(word)),
        "life" => reading(Lifecycle::recognise(word)),
        "material" => reading(Material::recognise(word)),
        "size" => {
            let limits = SizeLimits::shipped_by_id("size-limits").unwrap();
            CoverSize::parse(word, &limits).map_or(String::new(), |size| size.to_string())
        }
        other => panic!("unknown topic {other}"),
    }
}

#[test]
fn words_of_the_inventories() {
    let mut checked = 0;
    for line in WORDS.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [topic, word, _rows, want] = fields.as_slice() else { panic!("four fields: {line}") };
        assert_eq!(read(topic, word), *want, "{topic} {word}");
        checked += 1;
    }
    assert_eq!(checked, 66);
}
