//! What only a file has: its mode, its readers, memory in its place.

use std::fs;

use db::{Db, Statement};

use crate::{ids, in_memory, insert, on_file};

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_log_are_readable_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let db = Db::sqlite(&folder.path().join("latchkey.db")).unwrap();
    db.write("CREATE TABLE t (id TEXT)".into()).await.unwrap();

    let files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{file:?}"
        );
    }
}

#[tokio::test]
async fn a_read_changes_nothing() {
    let test = on_file().await;

    test.db.read(insert("1")).await.unwrap_err();

    assert!(ids(&test.db).await.is_empty());
}

#[tokio::test]
async fn closing_folds_the_log_into_the_file() {
    let test = on_file().await;
    test.db.write(insert("1")).await.unwrap();

    test.db.close().await;

    assert_eq!(ids(&test.reopen().await).await, ["1"]);
}

#[tokio::test]
async fn memory_reads_what_it_wrote_and_is_nobody_elses() {
    let (one, other) = (in_memory().await, in_memory().await);

    one.write(insert("1")).await.unwrap();

    assert_eq!(ids(&one).await, ["1"]);
    assert_eq!(
        one.read(Statement::new("SELECT id FROM people").scan())
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(ids(&other).await.is_empty());
    one.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_point_read_does_not_wait_for_scans() {
    let test = on_file().await;
    test.db.write(insert("1")).await.unwrap();
    let slow = "\
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)
SELECT COUNT(*) AS counted FROM n";
    let scans =
        (0..4).map(|_| {
            tokio::spawn({
                let db = test.db.clone();
                async move {
                    db.read(Statement::new(slow).scan()).await.unwrap()[0].get::<i64>("counted")
                }
            })
        });
    let scans: Vec<_> = scans.collect();
    tokio::task::yield_now().await;

    for _ in 0..10 {
        assert_eq!(ids(&test.db).await, ["1"]);
    }

    assert!(
        !scans[3].is_finished(),
        "the scans should outlast the point reads"
    );
    for scan in scans {
        assert_eq!(scan.await.unwrap().unwrap(), 3_000_000);
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latchkey.db");
    fs::write(
        &path,
        "a letter to a friend, and no database at all, as anyone can see".repeat(40),
    )
    .unwrap();

    let refused = Db::sqlite(&path).unwrap_err().to_string();

    assert!(refused.contains("is not a database"), "{refused}");
}

#[test]
fn a_missing_folder_is_named() {
    let refused = Db::sqlite("/nowhere/at/all/latchkey.db".as_ref())
        .unwrap_err()
        .to_string();

    assert!(refused.contains("/nowhere/at/all/latchkey.db"), "{refused}");
}

#[tokio::test]
async fn an_image_holds_what_was_committed_and_nothing_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = on_file().await;
    for (name, db) in [("file", &file.db), ("memory", &in_memory().await)] {
        let image = folder.path().join(name);
        db.write(insert("1")).await.unwrap();

        db.copy_to(&image).await.unwrap();

        db.write(insert("2")).await.unwrap();
        let copy = Db::sqlite(&image).unwrap();
        assert_eq!(ids(&copy).await, ["1"], "{name}");
        copy.write(insert("3")).await.unwrap();
        assert_eq!(ids(db).await, ["1", "2"], "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_image_is_private_and_replaces_no_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    let file = on_file().await;

    file.db.copy_to(&image).await.unwrap();

    let mode = image.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    for db in [&file.db, &in_memory().await] {
        db.copy_to(&image).await.unwrap_err();
        db.copy_to(&folder.path().join("no/such/folder"))
            .await
            .unwrap_err();
    }
    assert!(ids(&Db::sqlite(&image).unwrap()).await.is_empty());
}
