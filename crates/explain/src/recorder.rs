//! What is kept, and which requests belong together.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sign_on::{Exchange, Party, SignOn};

/// The last sign-ons, and the last requests that failed without belonging to one.
///
/// Anybody can begin a sign-on, or fail, as often as they like; so what is only under way, and what
/// failed alone, each have half as much room, of their own: neither pushes out a sign-on that has an
/// end.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// So many that have an end.
    keep: usize,
    numbers: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    sign_ons: VecDeque<SignOn>,
    others: VecDeque<SignOn>,
}

impl Recorder {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            numbers: AtomicU64::new(0),
            kept: Mutex::default(),
        }
    }

    /// The number of the next request.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps a request with the sign-on that it belongs to; if there is none, where a sign-on begins
    /// with it, or where it failed.
    pub(crate) fn add(&self, exchange: Exchange) {
        let mut kept = self.lock();
        let begins = exchange.begins();
        let Kept { sign_ons, others } = &mut *kept;
        match belongs_to(sign_ons, others, &exchange) {
            Some(sign_on) => sign_on.add(exchange),
            None if begins => sign_ons.push_back(SignOn::new(exchange)),
            None if exchange.has_failed() => others.push_back(SignOn::new(exchange)),
            None => return,
        }
        let half = self.keep.div_ceil(2);
        make_room(sign_ons, SignOn::has_ended, self.keep);
        make_room(sign_ons, |one| !one.has_ended(), half);
        make_room(others, |_| true, half);
    }

    /// The sign-on, or else the request, that has this id.
    pub(crate) fn find(&self, id: &str) -> Option<SignOn> {
        let kept = self.lock();
        let mut newest_first = kept.sign_ons.iter().rev().chain(kept.others.iter().rev());
        newest_first.find(|one| one.has_request(id)).cloned()
    }

    /// The sign-ons and, apart from them, the requests that failed; the newest first.
    pub(crate) fn all(&self) -> (Vec<SignOn>, Vec<SignOn>) {
        let kept = self.lock();
        let newest_first = |all: &VecDeque<SignOn>| all.iter().rev().cloned().collect();
        (newest_first(&kept.sign_ons), newest_first(&kept.others))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which one of those that are kept a request is part of.
///
/// What one sign-on alone has decides first: a code, the id of a flow. An application may send the
/// same `state` with every request, so it connects only what nothing better connects: with the one
/// sign-on that has it and has no code or flow of its own where the request has another. What failed
/// alone has nothing to go on with.
fn belongs_to<'a>(
    sign_ons: &'a mut VecDeque<SignOn>,
    others: &'a mut VecDeque<SignOn>,
    exchange: &Exchange,
) -> Option<&'a mut SignOn> {
    // Each sign-on at the portal begins with this, whatever it carries.
    if exchange.begins() && exchange.to == Party::Portal {
        return None;
    }
    let keys = exchange.keys();
    let is_elsewhere = |one: &SignOn| {
        let environments = one.environment().zip(exchange.environment());
        environments.is_some_and(|(its, own)| its != own)
    };
    let fits = |one: &&mut SignOn| {
        (!exchange.is_authorization() || one.awaits_authorization()) && !is_elsewhere(one)
    };
    let mut fitting: Vec<&mut SignOn> = sign_ons.iter_mut().rev().filter(fits).collect();
    let begun = fitting.len();
    fitting.extend(others.iter_mut().rev().filter(fits));
    let by_value = fitting.iter().position(|one| one.shares_a_value(&keys));
    let place = by_value.or_else(|| {
        let begun = fitting.iter().take(begun).enumerate();
        let mut by_state = begun.filter(|(_, one)| one.may_share(&keys));
        let (first, _) = by_state.next()?;
        by_state.next().is_none().then_some(first)
    });
    place.map(|place| fitting.swap_remove(place))
}

/// Of those that count, the oldest go until there are no more than so many.
fn make_room(all: &mut VecDeque<SignOn>, counts: impl Fn(&SignOn) -> bool, most: usize) {
    let mut too_many = all.iter().filter(|one| counts(one)).count();
    too_many = too_many.saturating_sub(most);
    all.retain(|one| {
        let goes = too_many > 0 && counts(one);
        too_many -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use protocol::trail::{Called, Check, Checked, Decoded, Parameter, Shown, Step};
    use serde_json::Map;

    use super::*;
    use crate::sign_on::{Outcome, Redirect};

    static GOOD: Check = Check::new("It is good", "somewhere, 1", "Make it good");
    static HEARD: Check = Check::new("Others say so", "somewhere, 2", "Ask them").hearsay();

    fn exchange(recorder: &Recorder, to: Party, path: &str, query: &str) -> Exchange {
        let number = recorder.next_number();
        Exchange {
            number,
            ended: number,
            at: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            id: format!("id-{number}"),
            to,
            method: "GET".to_owned(),
            path: path.to_owned(),
            parameters: Parameter::all(query.as_bytes()),
            steps: Vec::new(),
            status: Some(200),
            redirect: None,
        }
    }

    fn failed(check: &'static Check) -> Step {
        Step::Checked(Checked {
            check,
            input: Shown::Absent,
            failure: Some("it is not".to_owned()),
        })
    }

    fn to_callback(query: &str) -> Redirect {
        Redirect {
            origin: None,
            path: "/callback".to_owned(),
            parameters: Parameter::all(query.as_bytes()),
        }
    }

    #[test]
    fn requests_belong_together_by_what_passes_between_them() {
        let recorder = Recorder::new(10);
        let mut begin = exchange(&recorder, Party::Portal, "/login", "");
        begin.redirect = Some(to_callback("state=one"));
        recorder.add(begin);
        let mut authorize = exchange(
            &recorder,
            Party::Environment,
            "/e/as/authorize",
            "state=one",
        );
        authorize.redirect = Some(to_callback("flowId=f"));
        recorder.add(authorize);
        let mut resume = exchange(&recorder, Party::Environment, "/e/as/resume", "flowId=f");
        resume.redirect = Some(to_callback("code=c"));
        recorder.add(resume);
        // The callback begins before the token request and ends after it.
        let mut callback = exchange(&recorder, Party::Portal, "/callback", "code=c&state=one");
        let token = exchange(&recorder, Party::Environment, "/e/as/token", "");
        let mut token_with_code = token.clone();
        token_with_code.steps = vec![Step::Form(Parameter::all(b"code=c")), failed(&GOOD)];
        token_with_code.status = Some(400);
        recorder.add(token_with_code);
        callback.steps = vec![failed(&HEARD)];
        callback.status = Some(502);
        callback.ended = recorder.next_number();
        recorder.add(callback);
        recorder.add(exchange(
            &recorder,
            Party::Environment,
            "/e/signon/",
            "flowId=another",
        ));

        let (sign_ons, others) = recorder.all();
        assert_eq!((sign_ons.len(), others.len()), (1, 0));
        let paths: Vec<&str> = sign_ons[0]
            .exchanges()
            .iter()
            .map(|one| one.path.as_str())
            .collect();
        let expected = [
            "/login",
            "/e/as/authorize",
            "/e/as/resume",
            "/callback",
            "/e/as/token",
        ];
        assert_eq!(paths, expected);
        // What the portal heard is not the reason.
        let cause = sign_ons[0].cause().unwrap();
        assert_eq!(cause.checked.unwrap().check.what, GOOD.what);
        assert_eq!(recorder.find("id-4").unwrap().id(), "id-0");
        assert!(
            recorder.find("id-6").is_none(),
            "it went well and belongs to nothing"
        );
    }

    /// Somebody comes to the environment.
    fn authorize(recorder: &Recorder, query: &str) {
        let path = "/e/as/authorize";
        recorder.add(exchange(recorder, Party::Environment, path, query));
    }

    #[test]
    fn a_state_that_is_used_again_begins_another_sign_on() {
        let recorder = Recorder::new(10);
        for _ in 0..3 {
            authorize(&recorder, "state=always");
        }
        assert_eq!(recorder.all().0.len(), 3);
    }

    fn ids(sign_on: &SignOn) -> Vec<&str> {
        let exchanges = sign_on.exchanges().iter();
        exchanges.map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn two_that_sign_on_with_one_state_are_kept_apart() {
        let recorder = Recorder::new(10);
        let environment = |path: &str, query: &str, redirect: &str| {
            let mut one = exchange(&recorder, Party::Environment, path, query);
            if !redirect.is_empty() {
                one.redirect = Some(to_callback(redirect));
            }
            let id = one.id.clone();
            recorder.add(one);
            id
        };
        let flows = [("flowId=1", "code=a"), ("flowId=2", "code=b")];
        let mut expected: [Vec<String>; 2] = Default::default();
        for (ids, (flow, _)) in expected.iter_mut().zip(flows) {
            ids.push(environment("/e/as/authorize", "state=always", flow));
        }
        for (ids, (flow, _)) in expected.iter_mut().zip(flows) {
            ids.push(environment("/e/signon/", flow, ""));
        }
        for (ids, (flow, code)) in expected.iter_mut().zip(flows) {
            let with = format!("{code}&state=always");
            ids.push(environment("/e/as/resume", flow, &with));
        }
        for (ids, (_, code)) in expected.iter_mut().zip(flows) {
            let mut token = exchange(&recorder, Party::Environment, "/e/as/token", "");
            token.steps = vec![Step::Form(Parameter::all(code.as_bytes()))];
            ids.push(token.id.clone());
            recorder.add(token);
        }
        // Nobody can tell whose these are.
        for query in [
            "state=always",
            "state=always&error=access_denied",
            "state=always&code=c",
            "state=always&flowId=3",
        ] {
            let mut strange = exchange(&recorder, Party::Portal, "/callback", query);
            strange.status = Some(400);
            recorder.add(strange);
        }
        let (sign_ons, others) = recorder.all();
        assert_eq!(sign_ons.len(), 2);
        assert_eq!(ids(&sign_ons[1]), expected[0]);
        assert_eq!(ids(&sign_ons[0]), expected[1]);
        assert_eq!(others.len(), 4, "each of them is alone");
    }

    #[test]
    fn another_flow_or_code_is_another_sign_on_whatever_its_state() {
        for strange in ["flowId=2&state=one", "code=b&state=one"] {
            let recorder = Recorder::new(10);
            let path = "/e/as/authorize";
            let mut begin = exchange(&recorder, Party::Environment, path, "state=one");
            begin.redirect = Some(to_callback("flowId=1"));
            recorder.add(begin);
            let mut resume = exchange(&recorder, Party::Environment, "/e/as/resume", "flowId=1");
            resume.redirect = Some(to_callback("code=a&state=one"));
            recorder.add(resume);
            let mut other = exchange(&recorder, Party::Environment, "/e/as/resume", strange);
            other.status = Some(400);
            recorder.add(other);
            let refused = exchange(
                &recorder,
                Party::Portal,
                "/callback",
                "state=one&error=access_denied",
            );
            recorder.add(refused);
            let (sign_ons, others) = recorder.all();
            assert_eq!(ids(&sign_ons[0]), ["id-0", "id-1", "id-3"], "{strange}");
            assert_eq!(ids(&others[0]), ["id-2"], "{strange}");
        }
    }

    #[test]
    fn no_sign_on_takes_place_in_two_environments() {
        let recorder = Recorder::new(10);
        let one = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
        let other = "00000000-0000-4000-8000-000000000000";
        for environment in [one, other] {
            let path = format!("/{environment}/as/authorize");
            let mut begin = exchange(&recorder, Party::Environment, &path, "");
            begin.redirect = Some(to_callback("flowId=1"));
            recorder.add(begin);
        }
        let path = format!("/{one}/as/resume");
        recorder.add(exchange(&recorder, Party::Environment, &path, "flowId=1"));
        let (sign_ons, _) = recorder.all();
        assert_eq!(ids(&sign_ons[1]), ["id-0", "id-2"]);
        assert_eq!(sign_ons[1].environment(), one.parse().ok());
    }

    #[test]
    fn a_request_that_failed_is_not_where_somebody_elses_sign_on_begins() {
        let recorder = Recorder::new(10);
        let mut lonely = exchange(&recorder, Party::Portal, "/callback", "state=always");
        lonely.status = Some(400);
        recorder.add(lonely);
        authorize(&recorder, "state=always");
        let (sign_ons, others) = recorder.all();
        assert_eq!((sign_ons.len(), others.len()), (1, 1));
    }

    #[test]
    fn what_a_page_asked_others_belongs_to_it() {
        let recorder = Recorder::new(10);
        let mut page = exchange(&recorder, Party::Portal, "/register", "");
        let mut token = exchange(&recorder, Party::Environment, "/e/as/token", "");
        (token.status, token.steps) = (Some(401), vec![failed(&GOOD)]);
        page.steps = vec![Step::Called(Called {
            method: "POST".to_owned(),
            path: "/…/as/token".to_owned(),
            status: Some(401),
            answered_as: Some(token.id.clone()),
            failure: None,
        })];
        page.status = Some(502);
        recorder.add(token);
        recorder.add(page);
        let (sign_ons, others) = recorder.all();
        assert_eq!((sign_ons.len(), others.len()), (0, 1));
        assert_eq!(others[0].exchanges().len(), 2);
    }

    #[test]
    fn headers_of_tokens_count_as_their_claims_do() {
        let recorder = Recorder::new(4);
        let (at, begun) = (Party::Environment, "/e/as/authorize");
        recorder.add(exchange(&recorder, at, begun, "state=s"));
        let members = (0..64).map(|n| (format!("member-{n}"), "x".repeat(1000).into()));
        for _ in 0..4 {
            let mut token = exchange(&recorder, at, "/e/as/token", "state=s");
            token.steps = vec![Step::Token(Decoded {
                name: "ID token",
                print: Shown::Absent,
                header: members.clone().collect(),
                claims: Map::new(),
            })];
            recorder.add(token);
        }
        let (sign_ons, _) = recorder.all();
        // There is no room for two of them.
        assert_eq!(sign_ons[0].exchanges().len(), 2);
        assert_eq!(sign_ons[0].left_out, 3);
    }

    #[test]
    fn what_is_under_way_pushes_out_nothing_that_has_an_end() {
        let recorder = Recorder::new(4);
        let begin = |state: &str, status: u16| {
            let path = "/e/as/authorize";
            let mut one = exchange(&recorder, Party::Environment, path, state);
            one.status = Some(status);
            let id = one.id.clone();
            recorder.add(one);
            id
        };
        let early = begin("state=early", 200);
        let failed: Vec<String> = (0..4).map(|n| begin(&format!("state={n}"), 400)).collect();
        let waiting: Vec<String> = (10..70)
            .map(|n| begin(&format!("state={n}"), 200))
            .collect();
        let is_kept = |id: &String| recorder.find(id).is_some();
        assert!(failed.iter().all(is_kept));
        assert!(!is_kept(&early), "the oldest that is under way goes first");
        let kept = waiting.iter().filter(|id| is_kept(id)).count();
        assert_eq!(kept, 2);
        assert!(waiting[58..].iter().all(is_kept));
        // One that comes to its end makes room among those that have one.
        let mut end = exchange(&recorder, Party::Environment, "/e/as/resume", "state=69");
        end.status = Some(400);
        recorder.add(end);
        assert!(!is_kept(&failed[0]) && is_kept(&failed[1]) && is_kept(&waiting[59]));
        begin("state=late", 200);
        assert!(is_kept(&waiting[58]), "there is room for two again");
    }

    #[test]
    fn everything_has_a_bound() {
        let recorder = Recorder::new(4);
        for n in 0..50 {
            let path = "/e/as/authorize";
            let state = format!("state={n}");
            recorder.add(exchange(&recorder, Party::Environment, path, &state));
            for _ in 0..200 {
                let mut more = exchange(&recorder, Party::Environment, "/e/signon/", &state);
                more.steps = vec![Step::Said("x".repeat(400)); 20];
                recorder.add(more);
            }
            let mut lonely = exchange(&recorder, Party::Portal, "/nowhere", "");
            lonely.status = Some(404);
            recorder.add(lonely);
        }
        let (sign_ons, others) = recorder.all();
        assert_eq!((sign_ons.len(), others.len()), (2, 2));
        for sign_on in &sign_ons {
            let kept = sign_on.exchanges().len();
            assert!(kept <= 40, "{kept}");
            assert_eq!(kept + sign_on.left_out, 201);
            assert!(
                sign_on.exchanges()[0].is_authorization(),
                "its beginning is kept"
            );
            assert_eq!(sign_on.outcome(), Outcome::UnderWay);
        }
        let last = sign_ons[0].exchanges().last().unwrap();
        assert_eq!(last.number + 2, recorder.next_number(), "its end is kept");
    }
}
