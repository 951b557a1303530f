//! Rule packs in force, as the registry asks for them; they are kept by [`crate::rulepacks`].
pub use crate::rulepacks::{all, by_id, current};
