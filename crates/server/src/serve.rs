//! Serving a port: connections with their limits, over TLS or plain, until asked to stop.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};
use futures_util::FutureExt as _;
use futures_util::future::Map;
use hyper_util::rt::TokioTimer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};
use tower::Service;

use crate::tls::ServerTls;

/// A client has this long for the headers of a request, and for the first byte of a connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// A TLS handshake has this long.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP/2 client is asked for a sign of life this often …
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// … and has this long to give it.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Simultaneous requests of one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 128;

/// Headers of one request, in bytes.
const HEADER_BYTES: u32 = 64 * 1024;

/// A port that is being served.
#[derive(Debug)]
pub(crate) struct Serving {
    handles: Vec<Handle<SocketAddr>>,
    stopping: watch::Sender<bool>,
    tasks: JoinSet<io::Result<()>>,
}

impl Serving {
    /// Starts answering on sockets that listen already.
    pub(crate) fn start(
        listeners: Vec<TcpListener>,
        router: Router,
        tls: Option<&ServerTls>,
        max_connections: usize,
    ) -> Self {
        let connections = Connections {
            router,
            free: Arc::new(Semaphore::new(max_connections)),
        };
        let (stopping, stop) = watch::channel(false);
        let mut serving = Self {
            handles: Vec::new(),
            stopping,
            tasks: JoinSet::new(),
        };
        for listener in listeners {
            let handle = Handle::new();
            let server = server(listener, handle.clone());
            let connections = connections.clone();
            if let Some(tls) = tls {
                let tls = RustlsAcceptor::new(tls.config())
                    .handshake_timeout(HANDSHAKE_TIMEOUT)
                    .acceptor(NoDelayAcceptor::new());
                let acceptor = SlowHandshakeGuard {
                    inner: tls,
                    stop: stop.clone(),
                };
                serving
                    .tasks
                    .spawn(server.acceptor(acceptor).serve(connections));
            } else {
                let acceptor = SlowHandshakeGuard {
                    inner: NoDelayAcceptor::new(),
                    stop: stop.clone(),
                };
                serving
                    .tasks
                    .spawn(server.acceptor(acceptor).serve(connections));
            }
            serving.handles.push(handle);
        }
        serving
    }

    /// Stops accepting, and gives requests in flight this long. Connections that do nothing end at
    /// once.
    pub(crate) async fn stop(mut self, grace: Duration) {
        // Handshakes that are under way are not waited for.
        self.stopping.send_replace(true);
        for handle in &self.handles {
            handle.graceful_shutdown(Some(grace));
        }
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a port ended badly"
                );
            }
        }
    }
}

fn server(listener: TcpListener, handle: Handle<SocketAddr>) -> Server<SocketAddr> {
    let mut server = Server::from_listener(listener).handle(handle);
    let builder = server.http_builder();
    // Without a timer hyper panics at the first time limit.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(HEADER_BYTES);
    server
}

/// Makes a service for each connection while there are free places; others are closed at once, so
/// that a flood costs sockets of the system's queue and nothing of ours.
#[derive(Clone)]
struct Connections {
    router: Router,
    free: Arc<Semaphore>,
}

/// No place is free.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("too many connections")]
struct Full;

impl Service<SocketAddr> for Connections {
    type Response = Connection;
    type Error = Full;
    type Future = Ready<Result<Connection, Full>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Full>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        let Ok(place) = Arc::clone(&self.free).try_acquire_owned() else {
            tracing::warn!(%peer, "refused a connection: all places are taken (server.max_connections)");
            return ready(Err(Full));
        };
        ready(Ok(Connection {
            router: self.router.clone(),
            peer,
            _place: Arc::new(place),
        }))
    }
}

/// Answers the requests of one connection and holds its place.
#[derive(Clone)]
struct Connection {
    router: Router,
    peer: SocketAddr,
    _place: Arc<OwnedSemaphorePermit>,
}

/// In the extensions of an answer: it is not sent, and the connection ends (over HTTP/2, the stream).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

/// Why a connection ended without the answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the answer was cut off on purpose")]
struct CutOff;

type Answered = Result<axum::response::Response, Infallible>;
type Sent = Result<axum::response::Response, CutOff>;

fn send(Ok(response): Answered) -> Sent {
    if response.extensions().get::<Cut>().is_some() {
        return Err(CutOff);
    }
    Ok(response)
}

impl<B> Service<http::Request<B>> for Connection
where
    B: axum::body::HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = axum::response::Response;
    type Error = CutOff;
    type Future = Map<<Router as Service<http::Request<Body>>>::Future, fn(Answered) -> Sent>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CutOff>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.router.call(request).map(send)
    }
}

/// Closes connections that never say anything (hyper waits for the first byte without a limit), and
/// handshakes that are not done when the port stops.
#[derive(Clone)]
struct SlowHandshakeGuard<A> {
    inner: A,
    stop: watch::Receiver<bool>,
}

type Accepting<S, V> = Pin<Box<dyn Future<Output = io::Result<(S, V)>> + Send>>;

impl<A, I, S> Accept<I, S> for SlowHandshakeGuard<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
    A::Stream: Send + 'static,
    A::Service: Send + 'static,
{
    type Stream = FirstByteDeadline<A::Stream>;
    type Service = A::Service;
    type Future = Accepting<Self::Stream, Self::Service>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepting = self.inner.accept(stream, service);
        let mut stop = self.stop.clone();
        Box::pin(async move {
            let (stream, service) = tokio::select! {
                accepted = accepting => accepted?,
                _ = stop.wait_for(|stop| *stop) => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
            };
            Ok((
                FirstByteDeadline {
                    stream,
                    waiting: Some(Box::pin(sleep(HEADER_TIMEOUT))),
                },
                service,
            ))
        })
    }
}

/// A stream whose first byte has a time limit.
struct FirstByteDeadline<S> {
    stream: S,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstByteDeadline<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.waiting = None;
        } else if let Some(waiting) = &mut self.waiting
            && waiting.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstByteDeadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;

    use super::*;
    use crate::listen::ListenAddress;

    /// Sockets that listen, and their port.
    fn listening() -> (Vec<TcpListener>, u16) {
        let address = ListenAddress::parse("127.0.0.1:0").unwrap();
        let reserved = address.reserve("portal.listen").unwrap();
        let port = reserved.port();
        (reserved.listen().unwrap(), port)
    }

    async fn request(port: u16) -> TcpStream {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        // A connection that is refused may be reset instead of closed.
        let _ = stream.read_to_string(&mut text).await;
        text
    }

    #[tokio::test]
    async fn a_request_in_flight_is_finished_before_the_port_ends() {
        let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tell, wait) = (Arc::clone(&arrived), Arc::clone(&go));
        let slow = async move || {
            tell.notify_one();
            wait.notified().await;
            "finished"
        };
        let (listeners, port) = listening();
        let serving = Serving::start(listeners, Router::new().route("/", get(slow)), None, 16);
        let stream = request(port).await;
        arrived.notified().await;
        let stopping = tokio::spawn(serving.stop(Duration::from_mins(1)));
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_ok()
        {
            tokio::task::yield_now().await;
        }
        go.notify_one();
        assert!(rest(stream).await.ends_with("finished"));
        stopping.await.unwrap();
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_are_closed() {
        let (listeners, port) = listening();
        let app = Router::new().route("/", get(async || "hello"));
        let serving = Serving::start(listeners, app, None, 1);
        let mut first = request(port).await;
        let mut answer = [0; 15];
        first.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        assert_eq!(rest(request(port).await).await, "");
        drop(first);
        serving.stop(Duration::from_secs(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_says_nothing_is_closed() {
        let (_client, stream) = tokio::io::duplex(64);
        let mut stream = FirstByteDeadline {
            stream,
            waiting: Some(Box::pin(sleep(HEADER_TIMEOUT))),
        };
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
