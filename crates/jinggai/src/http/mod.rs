//! The door: routes, who asks, idempotent writes, problems in the reader's language.
//!
//! Deliberately no business here: a handler parses, asks the actor for its scope, calls its feature, answers.
pub mod ctx;
pub mod health;
pub mod home;
pub mod input;
pub mod language;
pub mod page;
pub mod params;
pub mod router;
pub mod upload;
pub mod web;
pub mod write;

pub use ctx::Ctx;
pub use input::Input;
pub use router::{openapi, router};
pub use write::Write;
