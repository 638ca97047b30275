//! What the code cannot say in one place, because it is about all of it.

pub mod threats;
