//! A chat: the first line that a client sends is its name, and every other one goes to all.
//!
//! `cargo run -p examples --bin chat_server -- 127.0.0.1:7777`, then `nc localhost 7777` from several
//! terminals. A client that reads too slowly is told how much it missed; one that sends a line
//! without end is let go. Neither holds up the others.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{OwnedReadHalf, OwnedWriteHalf, TcpListener, TcpStream};
use cortado::sync::broadcast::{Receiver, RecvError, Sender};

/// How many messages a client may be behind.
const BEHIND: usize = 256;

const LONGEST_LINE: usize = 1024;

/// What somebody says. It is sent to all but the one who says it.
struct Message {
    from: SocketAddr,
    text: String,
}

type Room = Sender<Arc<Message>>;

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    cortado::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        let room = Room::new(BEHIND);
        loop {
            let (stream, from) = listener.accept().await?;
            let room = room.clone();
            drop(cortado::spawn(async move {
                if let Err(error) = serve(stream, from, &room).await {
                    println!("{from}: {error}");
                }
            }));
        }
    })
}

/// One client, from its name to its end.
async fn serve(stream: TcpStream, from: SocketAddr, room: &Room) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = Lines { reader, buffer: Vec::new() };
    writer.write_all(b"your name?\n").await?;
    let Some(name) = lines.next().await? else { return Ok(()) };
    let others = room.receiver_count();
    let messages = room.subscribe();
    writer.write_all(format!("welcome, {name}; others here: {others}\n").as_bytes()).await?;
    println!("{name} comes");
    say(room, from, format!("* {name} comes"));
    let writing = cortado::spawn(write(writer, messages, from));
    let ended = loop {
        match lines.next().await {
            Ok(Some(line)) => say(room, from, format!("{name}: {line}")),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    writing.abort();
    println!("{name} goes");
    say(room, from, format!("* {name} goes"));
    ended
}

fn say(room: &Room, from: SocketAddr, text: String) {
    // It fails where nobody is there to hear it.
    let _ = room.send(Arc::new(Message { from, text }));
}

/// Writes what the others say.
async fn write(
    mut writer: OwnedWriteHalf,
    mut messages: Receiver<Arc<Message>>,
    own: SocketAddr,
) -> io::Result<()> {
    loop {
        let line = match messages.recv().await {
            Ok(message) if message.from == own => continue,
            Ok(message) => format!("{}\n", message.text),
            Err(RecvError::Lagged(missed)) => format!("* you missed {missed} messages\n"),
            Err(RecvError::Closed) => return Ok(()),
        };
        writer.write_all(line.as_bytes()).await?;
    }
}

/// The lines that a client sends.
struct Lines {
    reader: OwnedReadHalf,
    /// What came after the last line.
    buffer: Vec<u8>,
}

impl Lines {
    async fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(io::Error::other("it sent a line without end"));
            }
            let mut bytes = [0; 512];
            match self.reader.read(&mut bytes).await? {
                0 => return Ok(None),
                count => self.buffer.extend_from_slice(&bytes[..count]),
            }
        }
    }
}
