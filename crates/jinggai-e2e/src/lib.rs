//! Test harness: the real program, started, asked and killed from outside.
//!
//! The tests themselves stand in `crates/jinggai/tests/e2e`, because only there does cargo build the program before
//! them and tell its path. Nothing here polls or sleeps: a server is up when it prints its line, gone when it is waited
//! for. What it deliberately does not have: a network other than loopback, a fixed port, a shared data directory.
mod cli;
mod crash;
mod random;
mod server;
mod tools;

pub use cli::{Cli, Ran};
pub use crash::run_for;
pub use random::Random;
pub use server::Server;
pub use tools::{Output, ogr, validate_geopackage};
