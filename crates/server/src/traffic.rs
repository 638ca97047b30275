//! What came in and how long it took, by route: counted by the outermost layer of each port.
//!
//! A label is one of a closed set (server, method, class of status) or a template out of a router's
//! own table, never a path, so that nobody outside can make time series.

use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the classes of time, in seconds: an answer out of memory, one with a password
/// hash, one that waited.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// What is said of a request that no route answers.
const NO_ROUTE: &str = "none";

/// What came in. Clones share it.
#[derive(Clone, Debug)]
pub struct Traffic {
    in_flight: Family<OfServer, Gauge>,
    requests: Family<OfRequest, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfServer {
    server: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    server: &'static str,
    method: &'static str,
    route: String,
    status: &'static str,
}

/// A request that is being answered: one in flight, until this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight<'t> {
    traffic: &'t Traffic,
    server: &'static str,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            in_flight: Family::default(),
            requests: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        }
    }
}

impl Traffic {
    /// A request to this server begins.
    pub(crate) fn begin(&self, server: &'static str) -> InFlight<'_> {
        self.in_flight.get_or_create(&OfServer { server }).inc();
        InFlight {
            traffic: self,
            server,
        }
    }

    /// Names the metrics.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests_in_flight",
            "Requests that are being answered",
            self.in_flight.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "Answered requests by the time that they took, by route and class of status",
            self.requests.clone(),
        );
    }
}

impl InFlight<'_> {
    /// It was answered.
    pub(crate) fn answered(
        self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        after: Duration,
    ) {
        let labels = OfRequest {
            server: self.server,
            method: method_name(method),
            route: route.unwrap_or(NO_ROUTE).to_owned(),
            status: class(status),
        };
        let requests = &self.traffic.requests;
        requests.get_or_create(&labels).observe(after.as_secs_f64());
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let server = OfServer {
            server: self.server,
        };
        self.traffic.in_flight.get_or_create(&server).dec();
    }
}

/// The method, where it is one that routes know: anything can be sent as one.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(traffic: &Traffic) -> String {
        let mut registry = Registry::default();
        traffic.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn made_up_methods_and_paths_are_one_series() {
        let traffic = Traffic::default();
        for n in 0..1_000 {
            let method = Method::from_bytes(format!("M{n}").as_bytes()).unwrap();
            let begun = traffic.begin("portal");
            begun.answered(&method, None, StatusCode::NOT_FOUND, Duration::ZERO);
        }
        let text = text(&traffic);
        let counts = text.lines().filter(|line| line.contains("_count{"));
        let expected = "http_request_duration_seconds_count{server=\"portal\",method=\"other\",\
                        route=\"none\",status=\"4xx\"} 1000";
        assert_eq!(counts.collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn a_request_that_nobody_waits_for_any_more_is_not_in_flight() {
        let traffic = Traffic::default();
        let line = |number| format!("http_requests_in_flight{{server=\"idp\"}} {number}\n");
        let begun = traffic.begin("idp");
        assert!(text(&traffic).contains(&line(1)));
        drop(begun);
        assert!(text(&traffic).contains(&line(0)));
    }
}
