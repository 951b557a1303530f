//! What all shipped packs and all enumerations must keep: they load, survive storage, and know their own names.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which the lint does not see as tests")]

use std::collections::HashSet;
use std::fmt::Debug;

use jiff::civil::date;
use jinggai_rules::annex1::AnnexTemplate;
use jinggai_rules::calendar::{CalendarYear, WorkHours};
use jinggai_rules::case_rules::{CaseRules, Recipient, Source};
use jinggai_rules::clock::TimeUnit;
use jinggai_rules::codes::{ClassList, CodeScheme};
use jinggai_rules::division::Division;
use jinggai_rules::guard::GuardRules;
use jinggai_rules::hazards::*;
use jinggai_rules::kinds::*;
use jinggai_rules::life::LifeRules;
use jinggai_rules::load::LoadRules;
use jinggai_rules::pack::in_force;
use jinggai_rules::passwords::PasswordRules;
use jinggai_rules::size::SizeLimits;
use jinggai_rules::sorting::SortWords;
use jinggai_rules::workflow::{CaseGuard, CaseMove, CaseState, Desk};
use jinggai_rules::{Explain, RulePack};

fn check_packs<P: RulePack + PartialEq + Debug>() {
    let packs = P::shipped();
    assert_eq!(packs.len(), P::SHIPPED.len());
    let ids: HashSet<&str> = packs.iter().map(|pack| pack.head().id.as_str()).collect();
    assert_eq!(ids.len(), packs.len(), "{} ids", P::KIND);
    for pack in &packs {
        let json = serde_json::to_string(pack).unwrap();
        assert_eq!(&<P as RulePack>::parse(&json).unwrap(), pack);
        let toml = toml::to_string(pack).unwrap();
        assert_eq!(&<P as RulePack>::parse(&toml).unwrap(), pack);
        // An unknown key is a typing error, never ignored.
        let unknown = json.replacen("{\"pack\":{", "{\"pack\":{\"foo\":1,", 1);
        let error = <P as RulePack>::parse(&unknown).unwrap_err();
        assert!(error.to_string().contains("unknown field `foo`"), "{error}");
        assert_eq!(error.code(), "rule.syntax");
    }
}

#[test]
fn shipped_packs_load_and_survive_storage() {
    check_packs::<CodeScheme>();
    check_packs::<ClassList>();
    check_packs::<SizeLimits>();
    check_packs::<LoadRules>();
    check_packs::<Division>();
    check_packs::<LifeRules>();
    check_packs::<AnnexTemplate>();
    check_packs::<jinggai_rules::score::Score>();
    check_packs::<PasswordRules>();
    check_packs::<GuardRules>();
    check_packs::<CalendarYear>();
    check_packs::<WorkHours>();
    check_packs::<Catalogue>();
    check_packs::<CaseRules>();
    check_packs::<jinggai_rules::limits::CaseLimits>();
    check_packs::<SortWords>();
}

#[test]
fn every_scheme_names_a_shipped_class_list() {
    for scheme in CodeScheme::shipped() {
        if let Some(list) = &scheme.class_list {
            assert!(ClassList::shipped_by_id(list).is_some(), "{}", scheme.key());
        }
    }
}

#[test]
fn the_version_of_a_day() {
    let version = |version: u32, from: jiff::civil::Date| {
        let mut pack = SizeLimits::shipped_by_id("size-limits").unwrap();
        (pack.pack.version, pack.pack.effective_from) = (version, from);
        pack
    };
    let packs = [
        version(1, date(2021, 7, 22)),
        version(3, date(2026, 1, 1)),
        version(2, date(2026, 1, 1)),
        version(4, date(2027, 1, 1)),
    ];
    let check = |on: jiff::civil::Date, want: Option<u32>| {
        assert_eq!(in_force(&packs, "size-limits", on).map(|pack| pack.pack.version), want, "{on}");
    };
    check(date(2021, 7, 21), None);
    check(date(2021, 7, 22), Some(1));
    check(date(2025, 12, 31), Some(1));
    check(date(2026, 11, 24), Some(3));
    assert!(in_force(&packs, "other", date(2026, 1, 1)).is_none());
}

macro_rules! check_enums {
    ($($name:ident),+ $(,)?) => {
        $(
            for value in $name::ALL {
                let code = value.code();
                assert!(
                    code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                    "{code} is not a readable code"
                );
                assert_eq!($name::from_code(code), Some(*value));
                assert_eq!(code.parse::<$name>().unwrap(), *value);
                assert_eq!(serde_json::to_value(value).unwrap(), serde_json::json!(code));
                for name in [code, value.name_zh(), value.name_en()] {
                    let reading = $name::recognise(name).unwrap();
                    assert_eq!((reading.value, reading.certainty), (*value, Certainty::Certain), "{name}");
                }
            }
            let unknown = "no_such_code".parse::<$name>().unwrap_err();
            assert_eq!(unknown.code(), "rule.unknown_code");
            assert!(unknown.to_string().contains($name::ALL[0].code()));
        )+
    };
}

#[test]
fn enumerations_know_their_own_names() {
    check_enums!(
        CoverKind,
        Place,
        Crowding,
        CoverSpecial,
        AreaLevel,
        Shape,
        Material,
        LoadClass,
        Condition,
        Problem,
        Lifecycle,
        LifecycleMove,
        Guard,
        ResponsibilityRole,
        UnitKind,
        RoadManager,
        AccuracyClass,
        TimeUnit,
        Level,
        Treatment,
        Measure,
        Aggravation,
        FoundColumn,
        FixedColumn,
        Source,
        Recipient,
        CaseState,
        CaseMove,
        CaseGuard,
        Desk,
    );
    assert_eq!(CoverKind::ALL.len(), 20);
}
