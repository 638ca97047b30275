//! What is only seen at a terminal: how far long work is, and questions.

use super::{Place, text};

/// Users with a common beginning of their names, in a file.
fn crew(place: &Place, name: &str, count: usize) -> String {
    let row = |number| format!("{name}-{number},{name}-{number}@example.com");
    let rows: Vec<String> = (1..=count).map(row).collect();
    let rows = format!("username,email\n{}\n", rows.join("\n"));
    let file = place.directory.path().join(format!("{name}.csv"));
    std::fs::write(&file, rows).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn long_work_shows_how_far_it_is_on_a_terminal_and_nowhere_else() {
    let place = Place::start().await;
    place.said(&["group", "create", "Captains"], "").await;
    let (seen, piped) = (crew(&place, "seen", 12), crew(&place, "piped", 12));
    let filter = r#"username sw "seen""#;
    let work: [(&[&str], &str); 4] = [
        (&["user", "import", &seen, "--yes"], "12 users created.\n"),
        (
            &["group", "add", "Captains", "--filter", filter],
            "12 users added to Captains.\n",
        ),
        (
            &["group", "remove", "Captains", "--filter", filter, "--yes"],
            "12 users removed from Captains.\n",
        ),
        (
            &["user", "delete", "--filter", filter, "--yes"],
            "12 users deleted.\n",
        ),
    ];
    for (arguments, said) in work {
        let (output, terminal) = place.run_at_terminal(arguments, "").await;
        assert!(output.status.success(), "{terminal}");
        assert_eq!(text(&output.stdout), said);
        assert!(
            terminal.contains("/12") && terminal.contains('░') && terminal.contains("left"),
            "{arguments:?}: {terminal:?}"
        );
        let quietly: Vec<&str> = arguments
            .iter()
            .map(|&argument| match argument {
                file if file == seen => piped.as_str(),
                argument if argument == filter => r#"username sw "piped""#,
                argument => argument,
            })
            .collect();
        let output = place.run(&quietly, "").await;
        assert_eq!(text(&output.stdout), said);
        assert_eq!(text(&output.stderr), "", "{quietly:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_something_away_at_a_terminal_is_asked() {
    let place = Place::start().await;
    place.said(&["population", "create", "Sailors"], "").await;
    let delete = ["population", "delete", "Sailors"];
    for answer in ["n\n", "\n", "yes please\n"] {
        let (output, terminal) = place.run_at_terminal(&delete, answer).await;
        assert_eq!(output.status.code(), Some(1), "{terminal}");
        assert!(
            terminal.contains("1 population will be deleted. Go on? [y/N]"),
            "{terminal}"
        );
        assert!(terminal.contains("nothing was done"), "{terminal}");
        place.said(&["population", "show", "Sailors"], "").await;
    }
    let (output, terminal) = place.run_at_terminal(&delete, "y\n").await;
    assert_eq!(
        text(&output.stdout),
        "1 population deleted.\n",
        "{terminal}"
    );
}
