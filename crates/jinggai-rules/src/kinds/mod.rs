//! The enumerations of the domain (`domain.md` 11): stored code, Chinese and English name, and lenient recognition.
//!
//! Stored codes are readable words and never change. Numbers of standards are not here: they mean something only
//! together with a list version, see [`crate::codes::ClassList`].

#[macro_use]
mod code_enum;
mod body;
mod cover_kind;
mod lifecycle;
mod place;
pub(crate) mod recognise;
mod state;
mod unit;

pub use body::{LoadClass, Material, Shape};
pub use cover_kind::{CoverKind, names_no_cover};
pub use lifecycle::{Guard, LIFECYCLE, Lifecycle, LifecycleError, LifecycleMove, Transition, step};
pub use place::{AccuracyClass, AreaLevel, CoverSpecial, Crowding, Place};
pub use recognise::{Certainty, Recognised};
pub use state::{Condition, Problem};
pub use unit::{ResponsibilityRole, RoadManager, UnitKind};
