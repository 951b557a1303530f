//! From cells to values: what a person wrote is read generously, what cannot be true is refused with the right form.
pub mod digits;
