//! The platform with which a city district keeps every manhole cover (窨井盖) safe.
//!
//! One folder a capability; calls go one way: `identity < registry < statistics < map`, with `http`, `worker` and `cli` on
//! top and `error`, `config`, `clock`, `store`, `files` and `app` below. See ARCHITECTURE.md.
pub mod anchors;
pub mod app;
pub mod audit;
pub mod backup;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error;
pub mod files;
pub mod history;
pub mod housekeeping;
pub mod http;
pub mod identity;
pub mod map;
pub mod plans;
pub mod press;
pub mod registry;
pub mod rulepacks;
pub mod statistics;
pub mod store;
pub mod worker;
