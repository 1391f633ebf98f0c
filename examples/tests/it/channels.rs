//! The programs over channels and locks: the chat, the pipeline, the port scanner.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::program::Program;

const CHAT_SERVER: &str = env!("CARGO_BIN_EXE_chat_server");
const PIPELINE: &str = env!("CARGO_BIN_EXE_pipeline");
const PORT_SCANNER: &str = env!("CARGO_BIN_EXE_port_scanner");

/// Somebody in the chat.
struct Client(BufReader<TcpStream>);

impl Client {
    fn come(address: SocketAddr, name: &str) -> Client {
        let stream = TcpStream::connect(address).expect("the server listens");
        let mut client = Client(BufReader::new(stream));
        assert_eq!(client.hear(), "your name?");
        client.say(name);
        client
    }

    fn say(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).expect("the server reads");
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the server writes text");
        line.trim_end().to_owned()
    }
}

#[test]
fn chat_server_tells_everybody_else() {
    let mut server = Program::start(CHAT_SERVER, &[]);
    let address = server.address();
    let mut ada = Client::come(address, "Ada");
    assert_eq!(ada.hear(), "welcome, Ada; others here: 0");
    let mut bob = Client::come(address, "Bob");
    assert_eq!(bob.hear(), "welcome, Bob; others here: 1");
    assert_eq!(ada.hear(), "* Bob comes");
    let mut eve = Client::come(address, "Eve");
    assert_eq!(eve.hear(), "welcome, Eve; others here: 2");
    assert_eq!(ada.hear(), "* Eve comes");
    assert_eq!(bob.hear(), "* Eve comes");

    ada.say("hello");
    assert_eq!(bob.hear(), "Ada: hello");
    assert_eq!(eve.hear(), "Ada: hello");
    bob.say("hello, Ada");
    assert_eq!(ada.hear(), "Bob: hello, Ada");
    drop(bob);
    assert_eq!(ada.hear(), "* Bob goes");

    // One without manners is let go, and the others are told.
    eve.0.get_mut().write_all(&[b'x'; 4000]).expect("the server reads");
    assert_eq!(ada.hear(), "* Eve goes");
    ada.say("nobody is here");
    drop(ada);
    let seen: Vec<String> = (0..7).map(|_| server.line()).collect();
    assert_eq!(seen[..5], ["Ada comes", "Bob comes", "Eve comes", "Bob goes", "Eve goes"]);
    assert!(seen[5..].contains(&"Ada goes".to_owned()), "{seen:#?}");
    let reason = |line: &String| line.ends_with("it sent a line without end");
    assert!(seen[5..].iter().any(reason), "{seen:#?}");
}

#[test]
fn pipeline_counts_every_file() {
    let directory = tempfile::tempdir().expect("a directory");
    for number in 0..200 {
        let folder = directory.path().join(format!("folder-{}", number % 7));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{number}.txt")), "Coffee and milk, coffee or both.\n")
            .expect("a file");
    }
    fs::write(directory.path().join("binary"), [0xff, 0xfe]).expect("a file");
    let lines = Program::run(PIPELINE, &[directory.path().to_str().expect("text")]);
    assert_eq!(
        lines,
        ["200 files, 800 words, 3 different ones", "400 coffee", "200 both", "200 milk"]
    );
}

#[test]
fn pipeline_says_what_it_cannot_list() {
    let (lines, status) = Program::start(PIPELINE, &["/nowhere/at/all"]).end();
    assert!(!status.success() && lines.is_empty(), "{status}: {lines:#?}");
}

#[test]
fn port_scanner_finds_an_open_port() {
    // Below the ports that the kernel gives to who asks for any: a scan connects to all that it finds,
    // and would disturb what other tests do there.
    let listener = (20_000..30_000)
        .step_by(100)
        .find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok())
        .expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let (from, to) = (port - 40, port + 40);
    let arguments = [from, to, 20].map(|number| number.to_string());
    let lines = Program::run(PORT_SCANNER, &arguments.each_ref().map(String::as_str));
    assert!(lines.contains(&format!("{port} is open")), "{lines:#?}");
    let last = lines.last().expect("a summary");
    assert!(last.starts_with(&format!("{} ports tried in ", to - from + 1)), "{last}");
}
