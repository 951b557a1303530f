//! Test harness: the platform in process, every test on both stores.
//!
//! [`on_both_stores!`] turns one test into two: on a fresh GeoPackage in a temporary folder, and on a fresh database
//! copied from a migrated template of a PostgreSQL that `scripts/postgres start` runs on a unix socket.
mod client;
pub mod drafts;
pub mod mail_server;
mod picture;
mod proxy;
mod seed;
mod store;

pub use client::{Client, Reply, Watch};
pub use picture::picture;
pub use proxy::{Cut, Proxy};
pub use seed::Seed;
pub use store::{Place, Store, TestApp, run};

/// Declares a test that runs on both stores: `on_both_stores!(async fn name(app: TestApp) { … });`
#[macro_export]
macro_rules! on_both_stores {
    ($($(#[$m:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => { $(
        $(#[$m])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            async fn test($app: $crate::TestApp) $body
            #[test]
            fn sqlite() { $crate::run($crate::Store::Sqlite, test); }
            #[test]
            fn postgres() { $crate::run($crate::Store::Postgres, test); }
        }
    )+ };
}
