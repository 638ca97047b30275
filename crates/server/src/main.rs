//! The program `latchkey`.

fn main() {}
