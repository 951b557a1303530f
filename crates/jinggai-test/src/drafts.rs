//! Wells to test with.
use jinggai::registry::{NewCode, NewCover, NewResponsibility, NewWell};
use jinggai_geo::Point;
use jinggai_rules::kinds::{AccuracyClass, Condition, CoverKind, Lifecycle, ResponsibilityRole};

/// A sewage well with one round cover in use, at a place of 江北区.
#[must_use]
pub fn well(code: &str, lng: f64, lat: f64) -> NewWell {
    NewWell {
        kind: CoverKind::Sewage,
        name: None,
        area_id: None,
        grid_code: None,
        road: Some("建新北路".into()),
        address: None,
        road_manager: None,
        place: None,
        crowded: false,
        blind_track: false,
        low_lying: false,
        emergency_vehicles: false,
        depth_m: Some(2.5),
        wall_material: None,
        ground_elevation_m: None,
        bottom_elevation_m: None,
        note: None,
        at: Point { lng, lat },
        accuracy: AccuracyClass::B,
        source: None,
        source_row: None,
        demo: false,
        responsibilities: vec![],
        covers: vec![NewCover {
            kind: CoverKind::Sewage,
            lifecycle: Lifecycle::InUse,
            condition: Condition::Intact,
            problem: None,
            shape: None,
            size: Some("D700".into()),
            material: None,
            load_class: None,
            maker: None,
            standard: None,
            batch: None,
            installed_on: None,
            installed_precision: None,
            design_life_years: None,
            expires_on: None,
            has_lock: false,
            has_sensor: false,
            mass_kg: None,
            note: None,
            codes: vec![NewCode {
                scheme: "free".into(),
                code: code.into(),
                list_version: None,
                alias: false,
            }],
            label: None,
        }],
    }
}

/// The same well with an owner.
#[must_use]
pub fn owned(mut w: NewWell, unit_id: i64) -> NewWell {
    w.responsibilities.push(NewResponsibility {
        role: ResponsibilityRole::Owner,
        unit_id,
        confirmed: true,
        basis: Some("测试".into()),
        valid_from: jiff::civil::date(2026, 1, 1),
    });
    w
}
