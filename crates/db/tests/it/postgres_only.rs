//! What only a server has: connections that get lost or are encrypted, and transactions that block
//! each other.

use db::{Batch, Db, PostgresSettings, Statement, testing};
use futures_util::future::join_all;

use crate::{ids, insert, with_table};

#[tokio::test]
async fn a_lost_connection_is_unavailable_and_replaced() {
    let Some(test) = with_table(testing::postgres().await).await else {
        return;
    };

    let own = "SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS BOOLEAN) AS is_ended";
    let lost = test.db.read(Statement::new(own)).await.unwrap_err();
    test.db.write(insert("1")).await.unwrap();

    assert!(lost.is_unavailable(), "{lost:?}");
    assert_eq!(ids(&test.db).await, ["1"]);
}

#[tokio::test]
async fn connections_that_died_while_idle_are_not_handed_out() {
    let Some(test) = with_table(testing::postgres().await).await else {
        return;
    };
    // Several at once need several connections, which then lie idle in the pool.
    let pids =
        join_all((0..8).map(|_| test.db.read("SELECT pg_backend_pid() AS pid".into()))).await;
    let other = test.reopen().await;
    for rows in pids {
        let pid: i64 = rows.unwrap()[0].get("pid").unwrap();
        let end = "SELECT CAST(pg_terminate_backend(CAST($1 AS INT)) AS BOOLEAN) AS is_ended";
        other.read(Statement::new(end).bind(pid)).await.unwrap();
    }

    // Whoever still met a dead connection was told, and took it out of the pool.
    let fared = join_all((0..8).map(|n| test.db.write(insert(&n.to_string())))).await;
    assert!(
        fared
            .into_iter()
            .filter_map(Result::err)
            .all(|error| error.is_unavailable())
    );
    test.db.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_deadlock_are_run_again() {
    let Some(test) = with_table(testing::postgres().await).await else {
        return;
    };
    test.db
        .batch(Batch::new().add(insert("1")).add(insert("2")))
        .await
        .unwrap();
    let grow = |id: &str| {
        // Long enough that the other transaction has its first row too.
        let sql = "UPDATE people SET age = COALESCE(age, 0) + 1 WHERE id = $1
                   AND (SELECT 1 FROM pg_sleep(0.05)) IS NOT NULL";
        Statement::new(sql).bind(id)
    };

    let batches = (0..4).map(|n| {
        let (first, second) = if n % 2 == 0 { ("1", "2") } else { ("2", "1") };
        let batch = Batch::new()
            .require(grow(first), 1)
            .require(grow(second), 1);
        let db = test.db.clone();
        tokio::spawn(async move { db.batch(batch).await })
    });

    for written in join_all(batches).await {
        written.unwrap().unwrap();
    }
    let rows = test.db.read("SELECT age FROM people".into()).await.unwrap();
    assert!(rows.iter().all(|row| row.get::<i64>("age").unwrap() == 4));
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_stopped() {
    let Some(test) = with_table(testing::postgres().await).await else {
        return;
    };

    let batch = Batch::new()
        .add("SET LOCAL statement_timeout = 50".into())
        .add("SELECT 1 AS slept FROM pg_sleep(30)".into());
    let stopped = test.db.batch(batch).await.unwrap_err();

    assert!(stopped.is_unavailable(), "{stopped:?}");
    test.db.check().await.unwrap();
}

#[tokio::test]
async fn a_type_outside_the_rules_says_how_to_mend_it() {
    let Some(test) = with_table(testing::postgres().await).await else {
        return;
    };
    test.db
        .write("INSERT INTO people (id, age) VALUES ('1', 36)".into())
        .await
        .unwrap();

    let sum = test
        .db
        .read("SELECT SUM(age) AS years FROM people".into())
        .await
        .unwrap_err();

    assert!(
        sum.to_string()
            .contains("`years` has type numeric; cast it"),
        "{sum}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let settings = PostgresSettings::parse("postgres://ada:lovelace@127.0.0.1:1/db").unwrap();

    let gone = Db::postgres(&settings).await.unwrap_err();

    assert!(gone.is_unavailable(), "{gone:?}");
    assert!(!format!("{gone:?}").contains("lovelace"));
}

/// Opens the server over TLS, and says whether the server sees it so.
async fn is_encrypted(url: &str, authority: &[u8]) -> Result<bool, db::StoreError> {
    let settings = PostgresSettings::parse(url)?.with_root_certificates(authority.to_vec());
    let db = Db::postgres(&settings).await?;
    let own = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    db.read(Statement::new(own)).await?[0].get("ssl")
}

#[tokio::test]
async fn every_mode_that_wants_tls_gets_it_from_a_server_whose_authority_is_known() {
    let Some((server, authority)) = testing::postgres_over_tls() else {
        return;
    };
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("{server}?sslmode={mode}");
        assert!(is_encrypted(&url, &authority).await.unwrap(), "{mode}");
    }
    let plain = format!("{server}?sslmode=disable");
    assert!(!is_encrypted(&plain, &authority).await.unwrap());
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_for_another_name_is_refused_in_every_mode() {
    let Some((server, authority)) = testing::postgres_over_tls() else {
        return;
    };
    let foreign = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let by_address = server.replace("localhost", "127.0.0.1");
    for mode in ["require", "verify-ca", "verify-full"] {
        for (server, authority, why) in [
            (&server, foreign.cert.pem().into_bytes(), "UnknownIssuer"),
            (&by_address, authority.clone(), "NotValidForName"),
        ] {
            let url = format!("{server}?sslmode={mode}");
            let refused = is_encrypted(&url, &authority).await.unwrap_err();
            assert!(format!("{refused:?}").contains(why), "{mode}: {refused:?}");
        }
    }
}
