//! A TLS server for one request: `openssl s_server`, with an authority and a
//! certificate made on the spot.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::process::output_of;

/// The answer to the request. The server closes the connection after it.
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// A running server.
pub(super) struct Server {
    child: Child,
    chunks: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    port: String,
    authority: PathBuf,
}

impl Server {
    /// Listens on a free port of 127.0.0.1, with the certificates in `folder`
    /// and one group for the key exchange.
    pub(super) fn start(folder: &Path, group: &str) -> Result<Self> {
        let mut child = Command::new("openssl")
            .current_dir(folder)
            .args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1"])
            .args(["-cert", "server.pem", "-key", "server.key"])
            .args(["-cert_chain", "middle.pem", "-groups", group])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut port = None;
        let mut line = String::new();
        while port.is_none() && stdout.read_line(&mut line)? > 0 {
            let accepts = line.trim().strip_prefix("ACCEPT ");
            port = accepts.and_then(|address| Some(address.rsplit_once(':')?.1.to_owned()));
            line.clear();
        }
        let (sender, chunks) = channel();
        thread::spawn(move || {
            // The body of a request does not end in a newline.
            while let Ok(chunk) = stdout.fill_buf() {
                let chunk = chunk.to_vec();
                if chunk.is_empty() || sender.send(chunk.clone()).is_err() {
                    return;
                }
                stdout.consume(chunk.len());
            }
        });
        Ok(Self {
            child,
            chunks,
            seen: Vec::new(),
            port: port.ok_or("openssl s_server does not listen")?,
            authority: folder.join("ca.pem"),
        })
    }

    pub(super) fn authority(&self) -> &Path {
        &self.authority
    }

    pub(super) fn url(&self) -> String {
        format!("https://localhost:{}/hook", self.port)
    }

    /// Waits until the request holds `text`, at most `limit`; returns whether
    /// it does.
    pub(super) fn received(&mut self, text: &str, limit: Duration) -> bool {
        let start = Instant::now();
        loop {
            if self.seen().contains(text) {
                return true;
            }
            let left = limit.saturating_sub(start.elapsed());
            match self.chunks.recv_timeout(left) {
                Ok(chunk) => self.seen.extend(chunk),
                Err(_) => return false,
            }
        }
    }

    /// Returns the server's output: the connection's properties and the request.
    pub(super) fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Answers the request and closes the connection.
    pub(super) fn answer(&mut self) -> Result {
        let mut stdin = self.child.stdin.take().ok_or("answered already")?;
        stdin.write_all(ANSWER.as_bytes())?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes an authority on P-384, an intermediate one with an RSA key, and a server
/// certificate on P-256, so that every kind of signature is verified.
pub(super) fn certificates(folder: &Path) -> Result {
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n")?;
    fs::write(folder.join("ca"), "basicConstraints=critical,CA:TRUE\n")?;
    for line in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout ca.key -out ca.pem \
         -days 2 -subj /CN=test-authority -addext keyUsage=critical,keyCertSign",
        "req -newkey rsa:2048 -nodes -keyout middle.key -out middle.csr -subj /CN=between",
        "x509 -req -in middle.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile ca -out middle.pem",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key \
         -out server.csr -subj /CN=localhost",
        "x509 -req -in server.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 2 \
         -extfile names -out server.pem",
    ] {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(folder).args(line.split_whitespace());
        output_of(&mut openssl).map_err(|error| format!("{error}\nin: openssl {line}"))?;
    }
    Ok(())
}
