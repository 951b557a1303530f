//! Wells of every sort: what the rules look at, mixed by a small generator of its own, the same on every machine.
use super::day;
use jinggai::registry::ledger::{self, Entry};
use jinggai::registry::{NewResponsibility, NewWell};
use jinggai_db::events::{self, Who};
use jinggai_rules::kinds::{
    Condition, CoverKind, Lifecycle, LoadClass, Material, Place, Problem, ResponsibilityRole as Role,
};
use jinggai_test::drafts::well;
use jinggai_test::{Seed, TestApp};

/// A small generator.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
    pub fn some<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (self.roll(4) > 0).then(|| self.pick(of))
    }
}

fn draft(dice: &mut Dice, n: usize, seed: Seed) -> NewWell {
    let mut w = well(&format!("R-{n}"), 106.50 + n as f64 / 5_000.0, 29.60);
    w.kind = dice.pick(&[CoverKind::Sewage, CoverKind::Storm, CoverKind::Telecom, CoverKind::Gas]);
    w.place = dice.some(&[Place::Carriageway, Place::Footway, Place::Green, Place::School, Place::Kerb]);
    w.area_id = Some(dice.pick(&[seed.street, seed.district]));
    (w.low_lying, w.crowded, w.emergency_vehicles) =
        (dice.roll(4) == 0, dice.roll(3) == 0, dice.roll(3) == 0);
    w.depth_m = dice.some(&[1.2, 2.0, 3.5]);
    let template = w.covers.remove(0);
    for k in 0..=usize::from(dice.roll(4) == 0) {
        let mut c = template.clone();
        c.kind = w.kind;
        c.lifecycle = dice.pick(&[
            Lifecycle::InUse,
            Lifecycle::InUse,
            Lifecycle::InUse,
            Lifecycle::Abnormal,
            Lifecycle::AbandonedPending,
            Lifecycle::Filled,
        ]);
        c.material = dice.some(&[Material::DuctileIron, Material::GreyIron, Material::Concrete]);
        c.load_class = dice.some(LoadClass::ALL);
        c.expires_on =
            dice.some(&[day(-4500), day(-2000), day(-400), day(-1), day(0), day(200), day(900), day(4000)]);
        c.problem = dice.pick(&[
            None,
            None,
            None,
            Some(Problem::OverAge),
            Some(Problem::Outdated),
            Some(Problem::Sunk),
        ]);
        c.condition = c.problem.map_or(Condition::Intact, Problem::condition);
        c.label = (dice.roll(2) == 0).then(|| format!("P-{n}-{k}"));
        c.codes[0].code = format!("R-{n}-{k}");
        w.covers.push(c);
    }
    if dice.roll(3) > 0 {
        w.responsibilities.push(NewResponsibility {
            role: dice.pick(&[Role::Owner, Role::Owner, Role::Fallback, Role::Maintainer]),
            unit_id: seed.owner,
            confirmed: true,
            basis: None,
            valid_from: day(-100),
        });
    }
    w
}

/// Enters so many wells.
pub async fn city(app: &TestApp, seed: Seed, dice: &mut Dice, n: usize) {
    let wells: Vec<NewWell> = (0..n).map(|i| draft(dice, i, seed)).collect();
    let mut tx = app.db().begin().await.unwrap();
    let (_, list) = ledger::create(&mut tx, &wells, &Entry::now(30, None)).await.unwrap();
    events::append(&mut tx, &Who::system("test"), list).await.unwrap();
    tx.commit().await.unwrap();
}
