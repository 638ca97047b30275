//! Faults: what goes wrong, on which paths, how often.

use std::num::NonZeroU16;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ServerName;
use super::failure::Failure;
use super::pattern::Pattern;

/// So many faults stand at a time.
const MOST: usize = 100;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub(super) enum Fault {
    /// The request is answered with an error and is not carried out.
    Status {
        /// 429, or 500 to 599.
        status: FaultStatus,
        /// Sent as `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u16>,
    },
    /// The request is carried out later.
    Latency {
        /// By how much: 60,000 at most.
        milliseconds: Milliseconds,
    },
    /// The connection ends without an answer, and the request is not carried out.
    Drop,
    /// The request is carried out, and then the connection ends without an answer.
    DropAnswer,
    /// A `GET` of the management API is answered as the same `GET` with the same token was before. What
    /// was never read before is not there yet (404); a collection that was never read before is
    /// answered as it is.
    Stale,
    /// A new key signs from now on, unannounced; then the request is carried out.
    ChangeKeys,
}

/// A status that a fault answers with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u16", into = "u16")]
#[schemars(with = "u16")]
pub(super) struct FaultStatus(StatusCode);

impl FaultStatus {
    pub(super) fn code(self) -> StatusCode {
        self.0
    }
}

impl TryFrom<u16> for FaultStatus {
    type Error = String;

    fn try_from(number: u16) -> Result<Self, String> {
        let status = StatusCode::from_u16(number).ok();
        status
            .filter(|status| *status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error())
            .map(Self)
            .ok_or_else(|| format!("{number} is neither 429 nor one of 500 to 599"))
    }
}

impl From<FaultStatus> for u16 {
    fn from(FaultStatus(status): FaultStatus) -> Self {
        status.as_u16()
    }
}

/// A time that a request is kept waiting.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u32", into = "u32")]
#[schemars(with = "u32")]
pub(super) struct Milliseconds(u32);

impl Milliseconds {
    const MOST: u32 = 60_000;

    pub(super) fn duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.into())
    }
}

impl TryFrom<u32> for Milliseconds {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if number <= Self::MOST {
            Ok(Self(number))
        } else {
            Err(format!("{number} is more than {}", Self::MOST))
        }
    }
}

impl From<Milliseconds> for u32 {
    fn from(Milliseconds(number): Milliseconds) -> Self {
        number
    }
}

/// A fault that is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewFault {
    /// At which server.
    #[serde(default)]
    server: ServerName,
    /// For requests of this method alone, such as `POST`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    method: Option<MethodName>,
    /// For requests to such a path alone.
    #[serde(default)]
    path: Option<Pattern>,
    /// For so many requests: one, unless it says otherwise.
    #[serde(default = "once")]
    times: NonZeroU16,
    /// What goes wrong.
    fault: Fault,
}

const fn once() -> NonZeroU16 {
    NonZeroU16::MIN
}

/// The name of a method.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct MethodName(pub(super) Method);

impl TryFrom<String> for MethodName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ]
        .into_iter()
        .find(|method| method.as_str() == text)
        .map(Self)
        .ok_or_else(|| "is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".to_owned())
    }
}

impl From<MethodName> for String {
    fn from(MethodName(method): MethodName) -> Self {
        method.as_str().to_owned()
    }
}

/// A fault that stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StandingFault {
    /// Its number.
    id: u64,
    /// At which server.
    server: ServerName,
    /// For requests of this method alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    method: Option<MethodName>,
    /// For requests to such a path alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Pattern>,
    /// For so many requests more.
    times_left: u16,
    /// What goes wrong.
    fault: Fault,
}

impl StandingFault {
    fn concerns(&self, server: ServerName, method: &Method, path: &str) -> bool {
        let reads = method == Method::GET && path.starts_with("/v1/");
        let is_of_kind = !matches!(self.fault, Fault::Stale) || reads;
        self.server == server
            && is_of_kind
            && self.method.as_ref().is_none_or(|only| only.0 == *method)
            && self.path.as_ref().is_none_or(|only| only.matches(path))
    }
}

/// The faults that stand, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Standing>);

#[derive(Debug, Default)]
struct Standing {
    faults: Vec<StandingFault>,
    last_id: u64,
}

impl Faults {
    pub(super) fn add(&self, new: NewFault) -> Result<StandingFault, Failure> {
        if new.server == ServerName::Portal && matches!(new.fault, Fault::Stale | Fault::ChangeKeys)
        {
            return Err(Failure::invalid(
                "stale answers and changed keys are faults of the environment, not of the portal",
            ));
        }
        let mut standing = self.lock();
        if standing.faults.len() >= MOST {
            return Err(Failure::conflict(format!(
                "{MOST} faults stand already; delete some, or all by DELETE /faults"
            )));
        }
        standing.last_id += 1;
        let fault = StandingFault {
            id: standing.last_id,
            server: new.server,
            method: new.method,
            path: new.path,
            times_left: new.times.get(),
            fault: new.fault,
        };
        standing.faults.push(fault.clone());
        Ok(fault)
    }

    pub(super) fn all(&self) -> Vec<StandingFault> {
        self.lock().faults.clone()
    }

    /// What goes wrong with this request: the oldest fault that concerns it happens once more.
    pub(super) fn take(&self, server: ServerName, method: &Method, path: &str) -> Option<Fault> {
        let mut standing = self.lock();
        let mut faults = standing.faults.iter_mut();
        let found = faults.find(|fault| fault.concerns(server, method, path))?;
        found.times_left -= 1;
        let fault = found.fault;
        standing.faults.retain(|fault| fault.times_left > 0);
        Some(fault)
    }

    /// Takes one back; says whether it stood.
    pub(super) fn remove(&self, id: u64) -> bool {
        let mut standing = self.lock();
        let before = standing.faults.len();
        standing.faults.retain(|fault| fault.id != id);
        standing.faults.len() < before
    }

    /// Takes all back, and begins to count again.
    pub(super) fn clear(&self) {
        *self.lock() = Standing::default();
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fault(value: Value) -> Result<NewFault, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_fault_happens_as_often_as_it_says_to_what_it_names() {
        let faults = Faults::default();
        let new = json!({
            "method": "POST", "path": "/{environment}/as/token", "times": 2, "fault": {"kind": "drop"},
        });
        faults.add(fault(new).unwrap()).unwrap();
        let take = |server, method, path| faults.take(server, &method, path).is_some();
        let environment = ServerName::Environment;
        assert!(!take(environment, Method::GET, "/e/as/token"));
        assert!(!take(environment, Method::POST, "/e/as/revoke"));
        assert!(!take(ServerName::Portal, Method::POST, "/e/as/token"));
        assert!(take(environment, Method::POST, "/e/as/token"));
        assert!(take(environment, Method::POST, "/e/as/token"));
        assert!(!take(environment, Method::POST, "/e/as/token"));
        assert!(faults.all().is_empty());
    }

    #[test]
    fn no_more_faults_stand_than_the_bound() {
        let faults = Faults::default();
        let new = fault(json!({"fault": {"kind": "drop"}})).unwrap();
        for _ in 0..MOST {
            faults.add(new.clone()).unwrap();
        }
        faults.add(new.clone()).unwrap_err();
        faults.clear();
        assert_eq!(faults.add(new).unwrap().id, 1);
    }

    #[test]
    fn what_no_fault_can_be_is_refused() {
        for wrong in [
            json!({}),
            json!({"fault": {"kind": "flood"}}),
            json!({"fault": {"kind": "status", "status": 404}}),
            json!({"fault": {"kind": "status", "status": 500, "retryAfter": 1}}),
            json!({"fault": {"kind": "latency", "milliseconds": 60_001}}),
            json!({"fault": {"kind": "drop"}, "times": 0}),
            json!({"fault": {"kind": "drop"}, "path": "v1"}),
            json!({"fault": {"kind": "drop"}, "method": "post"}),
            json!({"fault": {"kind": "drop"}, "server": "mailbox"}),
        ] {
            assert!(fault(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
