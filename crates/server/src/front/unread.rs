//! Reads what is left of a small request body before the answer goes out.
//!
//! Over HTTP/2 a server that answers without reading the body resets the stream after the answer
//! (RFC 9113, section 8.1, permits it). Some clients, as curl 7.88, take the reset for a failure and
//! lose the answer; they get it when the body has been taken from them first.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::EXPECT;
use http_body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// No more than this is read of a body that nobody wants.
const MOST_BYTES: u64 = 256 * 1024;

/// Nor for longer than this.
const LONGEST: Duration = Duration::from_secs(2);

/// Answers the request, and then reads what the answer left of a small body.
pub(super) async fn answered<F: Future<Output = Response>>(
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let is_small = request.body().size_hint().lower() <= MOST_BYTES;
    // Who waits to be asked for the body has not sent it.
    if request.body().is_end_stream() || !is_small || request.headers().contains_key(EXPECT) {
        return answer(request).await;
    }
    let (give_back, mut rest) = oneshot::channel();
    let request = request.map(|body| {
        Body::new(Watched {
            body: Some(body),
            give_back: Some(give_back),
        })
    });
    let response = answer(request).await;
    if let Ok(body) = rest.try_recv() {
        // What did not come in time does not come at all; the answer goes out all the same.
        let _ = tokio::time::timeout(LONGEST, read(body)).await;
    }
    response
}

async fn read(mut body: Body) {
    let mut left = MOST_BYTES;
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
        if left == 0 {
            return;
        }
    }
}

/// A body that is given back when it is dropped before its end.
struct Watched {
    body: Option<Body>,
    give_back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            // At its end, or broken: there is nothing more to read.
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or(SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !body.is_end_stream());
        if let (Some(body), Some(give_back)) = (unread, self.give_back.take()) {
            // Nobody waits for it when the answer was given up.
            let _ = give_back.send(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::response::IntoResponse as _;
    use http::StatusCode;

    use super::*;

    /// A body of this many pieces of 64 KiB, which counts those that were read.
    fn pieces(number: usize) -> (Body, Arc<AtomicUsize>) {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let stream = futures_util::stream::iter(0..number).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 64 * 1024]))
        });
        (Body::from_stream(stream), read)
    }

    use futures_util::StreamExt as _;

    async fn answer(request: Request) -> Response {
        drop(request);
        StatusCode::NOT_FOUND.into_response()
    }

    #[tokio::test]
    async fn a_small_body_that_nobody_read_is_read_before_the_answer() {
        let (body, read) = pieces(3);
        let response = answered(Request::new(body), answer).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(read.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn of_a_large_body_no_more_than_the_bound_is_read() {
        let (body, read) = pieces(1000);
        answered(Request::new(body), answer).await;
        assert_eq!(read.load(Ordering::Relaxed), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_holds_no_answer_back() {
        let stream = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let response = answered(Request::new(Body::from_stream(stream)), answer).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_handler_reads_its_body_as_ever() {
        let (body, _) = pieces(2);
        let length = async |request: Request| {
            let bytes = axum::body::to_bytes(request.into_body(), 1 << 20).await;
            bytes.unwrap().len().to_string().into_response()
        };
        let response = answered(Request::new(body), length).await;
        let said = axum::body::to_bytes(response.into_body(), 100)
            .await
            .unwrap();
        assert_eq!(&said[..], (2 * 64 * 1024).to_string().as_bytes());
    }
}
