//! tmp
pub mod wells;
