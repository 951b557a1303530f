//! The sorter on sentences as people say them, and on complaints of a real city.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which the lint does not see as tests")]

use std::sync::LazyLock;

use jinggai_rules::RulePack;
use jinggai_rules::hazards::{Catalogue, Level};
use jinggai_rules::sorting::{Candidate, Relevance, SortWords, Sorted, Sorter};
use proptest::prelude::*;

static SORTER: LazyLock<Sorter> = LazyLock::new(|| {
    let catalogue = Catalogue::shipped_by_id("hazards").unwrap();
    Sorter::new(&catalogue, &SortWords::shipped_by_id("sorting").unwrap())
});

fn sorter() -> &'static Sorter {
    &SORTER
}

fn open(sorted: &Sorted) -> Vec<&str> {
    sorted.open().map(|candidate| candidate.code.as_str()).collect()
}

fn roads(sorted: &Sorted) -> Vec<String> {
    let road = |place: &jinggai_rules::sorting::PlaceWord| {
        format!(
            "{}{}",
            place.road,
            place.number.as_deref().map(|number| format!(" {number}")).unwrap_or_default()
        )
    };
    sorted.places.iter().map(road).collect()
}

#[test]
fn complaints_in_chinese() {
    use Level::{L1, L2, L3, L4};
    use Relevance::{Cover, No, Possible};
    let sorter = sorter();
    let check =
        |text: &str, relevance: Relevance, codes: &[&str], urgency: Option<Level>, places: &[&str]| {
            let sorted = sorter.sort(text);
            let why = format!("{text} → {}", sorted.explanation_zh);
            assert_eq!(sorted.relevance, relevance, "{why}");
            assert_eq!(open(&sorted), codes, "{why}");
            assert_eq!(sorted.urgency, urgency, "{why}");
            assert_eq!(roads(&sorted), places, "{why}");
        };
    check("建新北路58号门口的污水井盖不见了，很危险", Cover, &["H01"], Some(L1), &["建新北路 58号"]);
    check("洋河一路路口没有井盖，晚上有人掉下去", Cover, &["H01"], Some(L1), &["洋河一路"]);
    check("市民反映红石路与渝北二村附近井盖松动，过车咣当响", Cover, &["H05"], Some(L3), &["红石路"]);
    check(
        "江北区观音桥街道建新东路十二号附3号雨水箅子堵了",
        Cover,
        &["H08"],
        Some(L3),
        &["建新东路 十二号附3号"],
    );
    check("松石大道机动车道上窨井下沉，高出路面一截", Cover, &["H06"], Some(L3), &["松石大道"]);
    check("我在北城天街看到一个井盖翻盖了", Cover, &["H05"], Some(L2), &["北城天街"]);
    check("井盖裂开了，小孩踩空摔伤", Cover, &["H03"], Some(L1), &[]);
    check("井盖破损，周边路面也烂了", Cover, &["H04", "H07"], Some(L2), &[]);
    check("鸿恩寺公园旁边的井盖被偷走了", Cover, &["H18"], Some(L1), &[]);
    check("井盖移位，没盖好", Cover, &["H02"], Some(L1), &[]);
    check("暴雨后井盖被顶起，污水外溢", Cover, &["H19"], Some(L1), &[]);
    check("废弃的通信井一直没人管", Cover, &["H13", "H12"], Some(L3), &[]);
    check("下水道堵住了，路面积水", Possible, &["H08"], Some(L3), &[]);
    check("海尔路上有个盖子坏了", Possible, &["H04"], Some(L2), &["海尔路"]);
    check("井盖上的编号不清，希望更换", Cover, &["H11"], Some(L4), &[]);
    check("施工打开检查井，没有围挡", Cover, &["H22"], Some(L2), &[]);
    check("水泥井盖都用了几十年", Cover, &["H15"], Some(L4), &[]);
    check("井盖没盖上，一过车就响", Cover, &["H02", "H05"], Some(L1), &[]);
    check("井盖丢了", Cover, &["H01"], Some(L1), &[]);
    check("井盖有煤气味", Cover, &["H20"], Some(L1), &[]);
    check("请问井盖归哪个部门管", Cover, &[], None, &[]);
    check("楼上邻居噪音太大", No, &["H05"], None, &[]);
    check("马路边垃圾桶盖子坏了", No, &["H04"], None, &[]);
    check("海尔路路灯坏了", No, &["H04"], None, &["海尔路"]);
    check("", No, &[], None, &[]);
    // Full width, and blanks between characters.
    check("建新北路５８号　井盖 松动", Cover, &["H05"], Some(L3), &["建新北路 58号"]);
    check("洪湖支路和龙溪巷交叉口的井盖松动", Cover, &["H05"], Some(L3), &["洪湖支路", "龙溪巷"]);
    check("十字路口那条路的井盖松动，在马路中间", Cover, &["H05"], Some(L3), &[]);
}

#[test]
fn denial_and_what_is_settled() {
    let sorter = sorter();
    let check = |text: &str, codes: &[&str], denied: &[(&str, &str)], says_fine: bool| {
        let sorted = sorter.sort(text);
        let why = format!("{text} → {}", sorted.explanation_zh);
        let by = |candidate: &Candidate| candidate.denied_by.clone();
        let not_open: Vec<(&str, String)> =
            sorted.candidates.iter().filter_map(|found| Some((found.code.as_str(), by(found)?))).collect();
        let wanted: Vec<(&str, String)> = denied.iter().map(|(code, by)| (*code, (*by).to_owned())).collect();
        assert_eq!(open(&sorted), codes, "{why}");
        assert_eq!(not_open, wanted, "{why}");
        assert_eq!(sorted.says_fine, says_fine, "{why}");
        assert_eq!(sorted.relevance, Relevance::Cover, "{why}");
    };
    check("井盖完好", &[], &[], true);
    check(
        "今日巡查，井盖完好，无破损、松动、缺失",
        &[],
        &[("H01", "无"), ("H04", "无"), ("H05", "无")],
        true,
    );
    check("未发现井盖破损或下沉", &[], &[("H04", "未发现"), ("H06", "未发现")], true);
    check("井盖没有明显的下沉", &[], &[("H06", "没有")], true);
    check("井盖不松动，也没有危险", &[], &[("H05", "不")], true);
    check("井盖没有缺失，但是松动", &["H05"], &[("H01", "没有")], false);
    check("井盖没有被盗但破损严重", &["H04"], &[("H18", "没有")], false);
    check("昨天反映的井盖松动已经修好，谢谢", &[], &[("H05", "已经修好")], true);
    check("井盖之前松动，响了好几天，现在已修复", &[], &[("H05", "已修复")], true);
    check("井盖松动，还没有修好了再来看", &["H05"], &[], false);
    check("修好了的井盖又松动", &["H05"], &[], false);
    check("井盖完好，井周破损", &["H07"], &[], false);
    // Not a denial: the negation is about something else.
    check("井盖破损一直没有修", &["H04"], &[], false);
    check("不知道谁把井盖偷走了", &["H18"], &[], false);
    check("没有井盖", &["H01"], &[], false);
    check("请尽快修好松动的井盖", &["H05"], &[], false);
    // One open mention outweighs a denied one.
    check("东边井盖没有松动，西边井盖松动", &["H05"], &[], false);
}

/// Would take hours if any step looked at all words for each word.
#[test]
fn long_texts_stay_cheap() {
    let sorter = sorter();
    for piece in ["破损", "没有", "建新路", "已修好", "路", " ", "井盖 ", "1 a street "] {
        let sorted = sorter.sort(&piece.repeat(20_000));
        assert!(sorted.places.len() <= 20);
    }
    let roads: String = (0..20_000).map(|number| format!("第{number}大道，")).collect();
    assert_eq!(sorter.sort(&roads).places.len(), 20);
}

#[test]
fn the_reasons_are_told() {
    let check = |text: &str, want: &str| assert_eq!(sorter().sort(text).explanation_zh, want);
    check(
        "建新北路58号井盖松动，没有缺失，很危险",
        "含“井盖”，涉及井盖；“松动”指 H05 松动、弹跳、异响，L3（一般）；“缺失”（H01）被“没有”否定或了结；\
         险情词“很危险”；紧急程度 L2（重大）；地点 建新北路58号",
    );
    check("路灯不亮", "没有井盖用词，不涉及井盖");
}

/// Text, relevance, hazards and roads of the rows of a real city's complaints, in the order of the file.
#[test]
fn complaints_of_a_city() {
    use Relevance::{Cover, No, Possible};
    let sorter = sorter();
    let mut reader = csv::Reader::from_reader(&include_bytes!("data/nyc311_sample.csv")[..]);
    let read: Vec<(Relevance, Vec<String>, Vec<String>)> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let field = |at: usize| row.get(at).unwrap_or_default();
            let cross = format!("{}, {}", field(11), field(12));
            let place = if field(7).is_empty() { &cross } else { field(7) };
            let sorted = sorter.sort(&format!("{}: {}. {place}", field(3), field(4)));
            let codes = open(&sorted).into_iter().map(str::to_owned).collect();
            (sorted.relevance, codes, roads(&sorted))
        })
        .collect();
    let want: [(Relevance, &[&str], &[&str]); 15] = [
        (Possible, &["H19"], &["97 STREET 33-19"]),
        (No, &["H01"], &["NORTHERN BOULEVARD", "ZION STREET"]),
        (No, &[], &["101 AVENUE 77-21"]),
        (No, &[], &["NEPTUNE AVENUE 873"]),
        (Possible, &["H19"], &["AMSTERDAM AVENUE 875"]),
        (No, &[], &["COURT STREET 554"]),
        (Cover, &["H04", "H06"], &["FORT HAMILTON PARKWAY", "78 STREET"]),
        (Cover, &["H04", "H06"], &["2 AVENUE", "58 STREET"]),
        (Cover, &["H04", "H05"], &["21 AVENUE"]),
        (Cover, &["H04", "H05"], &["EAST 36 STREET 216"]),
        (Cover, &["H04", "H05"], &["60 AVENUE 83-12"]),
        (Cover, &["H04", "H06"], &["EDGERTON BOULEVARD", "DALNY ROAD"]),
        (Possible, &["H01", "H04"], &["LINDEN BOULEVARD", "EAST 49 STREET"]),
        (No, &[], &["JEFFERSON AVENUE 682"]),
        (No, &[], &["EAST 221 STREET 731"]),
    ];
    let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<String>>();
    let want: Vec<_> =
        want.iter().map(|(found, codes, roads)| (*found, owned(codes), owned(roads))).collect();
    for (row, (read, want)) in read.iter().zip(&want).enumerate() {
        assert_eq!(read, want, "row {row}");
    }
    assert_eq!(read.len(), want.len());
}

#[test]
fn english_sentences() {
    let sorter = sorter();
    let check = |text: &str, codes: &[&str], roads_wanted: &[&str]| {
        let sorted = sorter.sort(text);
        assert_eq!(open(&sorted), codes, "{text}");
        assert_eq!(roads(&sorted), roads_wanted, "{text}");
        assert_eq!(sorted.relevance, Relevance::Cover, "{text}");
    };
    check(
        "Manholes near the corner of Main Street and 5 Avenue are rattling",
        &["H05"],
        &["Main Street", "5 Avenue"],
    );
    check("The manhole cover is not broken but loose", &["H05"], &[]);
    check("Manhole with no cover, dangerous", &["H01"], &[]);
}

proptest! {
    #[test]
    fn no_text_breaks_the_sorter(text in "(井盖|没有|破损|松动|已修好|建新|路|街|号|[0-9]|，|、|但|a b|\\PC){0,30}") {
        let sorted = sorter().sort(&text);
        prop_assert!(sorted.relevance != Relevance::No || sorted.urgency.is_none());
        prop_assert!(!sorted.says_fine || sorted.open().count() == 0);
    }
}
