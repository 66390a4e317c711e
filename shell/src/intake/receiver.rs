//! The receiver: from the socket to the forwarder and into the queue, and nothing
//! else, so that intake waits for nobody longer than a bounded time.

use std::time::Duration;

use alertik_core::limits::{DATAGRAM_BYTES_MAX, MESSAGE_BYTES_MAX};

use crate::intake::forward::Forwarder;
use crate::intake::queue::Queue;
use crate::intake::udp::ReceiveMany;
use crate::sys::clock;
use crate::sys::datagrams::Datagrams;

/// Most datagrams that are received at once. Each place has its own page of
/// memory.
const DATAGRAMS_MAX: usize = 8;

/// Longest wait for room in the queue. Meanwhile datagrams stay in the kernel's
/// buffer, which holds more of them than the queue.
const ROOM_WAIT_MAX: Duration = Duration::from_millis(50);

/// Receives datagrams forever: forwards each one as it is, then queues it.
///
/// `receive_many` is expected to block. After an error it is tried again; the
/// error is logged once until a datagram arrives.
pub(crate) fn run<S>(
    stack: &mut S,
    socket: &mut S::UdpSocket,
    forwarder: &mut Forwarder<S>,
    queue: &Queue,
) -> !
where
    S: ReceiveMany,
    S::Error: core::fmt::Display,
{
    // Whoever gets forwarded datagrams gets each whole and at once.
    let (mut datagrams, room_wait) = if forwarder.is_on() {
        (Datagrams::new(1, DATAGRAM_BYTES_MAX), Duration::ZERO)
    } else {
        // One byte more than is matched, so that a cut is seen.
        let room = Datagrams::new(DATAGRAMS_MAX, MESSAGE_BYTES_MAX + 1);
        (room, ROOM_WAIT_MAX)
    };
    let mut failing = false;
    loop {
        match stack.receive_many(socket, &mut datagrams) {
            Ok(()) => {
                if failing {
                    failing = false;
                    queue.set_failing(None);
                }
                for (_, datagram) in datagrams.iter() {
                    forwarder.forward(stack, datagram);
                }
                queue.push_all(clock::now(), datagrams.iter(), room_wait);
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
