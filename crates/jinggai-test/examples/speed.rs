use jinggai::app::App;
use jinggai::config::{Config, Given};
use jinggai::registry::ledger::{self, Entry};
use jinggai_db::events::{self, Who};
use std::time::Instant;
fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let dir = std::env::args().nth(2).unwrap();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let db = std::env::args().nth(3);
        let c = Config::resolve(
            std::path::Path::new(&dir),
            Given::default(),
            Given::default(),
            Given { database: db, ..Given::default() },
        )
        .unwrap();
        let app = App::open(c).await.unwrap();
        let t = Instant::now();
        let mut create = 0.0;
        let mut app_ev = 0.0;
        let mut com = 0.0;
        for b in 0..n / 10_000 {
            let wells: Vec<_> = (0..10_000)
                .map(|i| {
                    let k = b * 10_000 + i;
                    let h = (k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    jinggai_test::drafts::well(
                        &format!("A-{k}"),
                        106.4 + (h % 100_000) as f64 * 4e-6,
                        29.5 + (h / 100_000 % 100_000) as f64 * 2e-6,
                    )
                })
                .collect();
            let mut tx = app.db().begin().await.unwrap();
            let s = Instant::now();
            let (_, ev) = ledger::create(&mut tx, &wells, &Entry::now(30, None)).await.unwrap();
            create += s.elapsed().as_secs_f64();
            let s = Instant::now();
            events::append(&mut tx, &Who::system("x"), ev).await.unwrap();
            app_ev += s.elapsed().as_secs_f64();
            let s = Instant::now();
            tx.commit().await.unwrap();
            com += s.elapsed().as_secs_f64();
        }
        println!(
            "{n} in {:.1}s create {create:.1} events {app_ev:.1} commit {com:.1}",
            t.elapsed().as_secs_f64()
        );
    });
}
