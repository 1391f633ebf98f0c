//! hyper on our streams, our timers and our tasks, over both flavours of a runtime.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::IoSlice;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use ::hyper::body::{Bytes, Incoming};
use ::hyper::rt::{ReadBuf, Timer as _, Write as _};
use ::hyper::service::service_fn;
use ::hyper::{Request, Response, client, server};
use cortado::hyper::{Executor, Io, LocalExecutor, Timer};
use cortado::io::AsyncReadExt;
use cortado::net::{TcpListener, TcpStream};
use cortado::{LocalRuntime, Runtime};
use http_body_util::{BodyExt, Empty, Full};

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let near = TcpStream::connect(address).await.expect("it listens");
    (near, listener.accept().await.expect("somebody comes").0)
}

async fn echo(request: Request<Incoming>) -> Result<Response<Incoming>, Infallible> {
    Ok(Response::new(request.into_body()))
}

#[test]
fn http1_keeps_a_connection_for_many_requests() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (near, far) = pair().await;
        let serving = server::conn::http1::Builder::new()
            .timer(Timer)
            .serve_connection(Io::new(far), service_fn(echo));
        let serving = cortado::spawn(serving);
        let handshake = client::conn::http1::handshake(Io::new(near)).await;
        let (mut sender, connection) = handshake.expect("no input or output yet");
        let connection = cortado::spawn(connection);
        for size in [0, 1, 100, 8 * 1024, 64 * 1024, 1 << 20] {
            let body = Bytes::from(vec![b'x'; size]);
            let request = Request::post("/").body(Full::new(body.clone())).expect("valid");
            sender.ready().await.expect("the connection is open");
            let answer = sender.send_request(request).await.expect("an answer");
            let bytes = answer.into_body().collect().await.expect("all of it").to_bytes();
            assert!(bytes == body, "{size} bytes");
        }
        drop(sender);
        connection.await.expect("no panic").expect("a clean end");
        serving.await.expect("no panic").expect("a clean end");
    });
}

#[test]
fn http2_runs_on_an_event_loop_with_services_that_are_not_send() {
    let runtime: LocalRuntime = Runtime::single().expect("a runtime");
    runtime.block_on(async {
        let (near, far) = pair().await;
        let shared = Rc::new("not Send");
        let service = service_fn(move |_: Request<Incoming>| {
            let text = Bytes::from(*shared);
            async { Ok::<_, Infallible>(Response::new(Full::new(text))) }
        });
        let serving = server::conn::http2::Builder::new(LocalExecutor)
            .timer(Timer)
            .keep_alive_interval(Some(Duration::from_secs(60)))
            .serve_connection(Io::new(far), service);
        let serving = cortado::spawn_local(serving);
        let handshake = client::conn::http2::handshake(LocalExecutor, Io::new(near)).await;
        let (mut sender, connection) = handshake.expect("the server answers");
        let connection = cortado::spawn_local(connection);
        for _ in 0..10 {
            let request = Request::get("http://test/").body(Empty::<Bytes>::new()).expect("valid");
            let answer = sender.send_request(request).await.expect("an answer");
            let bytes = answer.into_body().collect().await.expect("all of it").to_bytes();
            assert_eq!(bytes, "not Send");
        }
        drop(sender);
        connection.await.expect("no panic").expect("a clean end");
        serving.await.expect("no panic").expect("a clean end");
    });
}

/// The server gives up on a client that does not finish its head: hyper's own use of our timer.
#[test]
fn hyper_times_out_by_our_timer() {
    let runtime = Runtime::new().expect("a runtime");
    let error = runtime.block_on(async {
        let (_near, far) = pair().await;
        server::conn::http1::Builder::new()
            .timer(Timer)
            .header_read_timeout(Duration::from_millis(5))
            .serve_connection(Io::new(far), service_fn(echo))
            .await
            .expect_err("nothing comes")
    });
    assert!(error.is_timeout(), "{error}");
}

#[test]
fn a_sleep_is_reset_in_place_and_finishes_then() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut sleep = Timer.sleep(Duration::from_secs(3600));
        let before = &raw const *sleep as *const ();
        let mut context = Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut context).is_pending());
        let deadline = Timer.now() + Duration::from_millis(1);
        Timer.reset(&mut sleep, deadline);
        assert_eq!(&raw const *sleep as *const (), before, "no new one was made");
        sleep.await;
        assert!(Instant::now() >= deadline);
    });
}

#[test]
fn an_executor_for_a_handle_spawns_from_outside() {
    use ::hyper::rt::Executor as _;
    let runtime = Runtime::new().expect("a runtime");
    let (sender, receiver) = std::sync::mpsc::channel();
    Executor::on(runtime.handle()).execute(async move { sender.send(6 * 7) });
    assert_eq!(receiver.recv(), Ok(42));
}

#[test]
fn sockets_write_many_buffers_and_read_what_fits() {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (near, far) = pair().await;
        let mut near = Io::new(near);
        assert!(near.is_write_vectored());
        let parts = [IoSlice::new(b"one "), IoSlice::new(b"two "), IoSlice::new(b"three")];
        let written =
            poll_fn(|cx| Pin::new(&mut near).poll_write_vectored(cx, &parts)).await.expect("room");
        assert_eq!(written, 13);
        let mut far = Io::new(far);
        let mut memory = [0; 5];
        let mut buffer = ReadBuf::new(&mut memory);
        let read =
            poll_fn(|cx| ::hyper::rt::Read::poll_read(pin!(&mut far), cx, buffer.unfilled()));
        read.await.expect("it reads");
        assert_eq!(buffer.filled(), b"one t");
        let mut rest = [0; 8];
        far.get_mut().read_exact(&mut rest).await.expect("it reads");
        assert_eq!(&rest, b"wo three");
        assert!(!Io::new(far.into_inner()).vectored(false).is_write_vectored());
    });
}
