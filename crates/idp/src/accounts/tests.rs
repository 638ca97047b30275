//! What passwords and codes promise, on both engines.

#![expect(clippy::duplicate_mod, reason = "one suite, compiled once per engine")]

#[path = ""]
mod sqlite {
    async fn fresh() -> Option<db::testing::TestDb> {
        Some(db::testing::sqlite().await)
    }
    #[path = "tests/contract.rs"]
    mod contract;
}

#[path = ""]
mod postgres {
    use db::testing::postgres as fresh;
    #[path = "tests/contract.rs"]
    mod contract;
}
