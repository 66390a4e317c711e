//! The receiver: from the socket through the gate to the forwarder and into the
//! queue, and nothing else, so that intake waits for nobody.

use alertik_core::intake::Arrival;
use alertik_core::limits::DATAGRAM_BYTES_MAX;
use embedded_nal::UdpFullStack;

use crate::intake::forward::Forwarder;
use crate::intake::gate::Gate;
use crate::intake::queue::Queue;
use crate::sys::clock;

/// Receives datagrams forever: forwards each one of an allowed sender as it is,
/// then queues it.
///
/// `receive` is expected to block. After an error it is tried again; the error is
/// logged once until a datagram arrives.
pub(crate) fn run<S>(
    stack: &mut S,
    socket: &mut S::UdpSocket,
    gate: &Gate,
    forwarder: &mut Forwarder<S>,
    queue: &Queue,
) -> !
where
    S: UdpFullStack,
    S::Error: core::fmt::Display,
{
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut failing = false;
    loop {
        match stack.receive(socket, &mut buffer) {
            Ok((length, source)) => {
                if failing {
                    failing = false;
                    queue.set_failing(None);
                }
                if !gate.admits(clock::now(), source.ip()) {
                    continue;
                }
                let datagram = &buffer[..length];
                forwarder.forward(stack, datagram);
                queue.push(
                    Arrival {
                        at: clock::now(),
                        source: source.ip(),
                    },
                    datagram,
                );
            }
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => {
                if !failing {
                    failing = true;
                    queue.set_failing(Some(clock::now()));
                    log::error!("cannot receive: {error}");
                }
                // An error that repeats must not become a busy loop.
                std::thread::sleep(clock::RETRY_PAUSE);
            }
        }
    }
}
