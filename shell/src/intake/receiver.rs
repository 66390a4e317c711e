//! The receiver: from the socket through the gate to the forwarder and into the
//! queue, and nothing else, so that intake waits for nobody longer than a bounded
//! time.

use std::time::Duration;

use alertik_core::limits::{DATAGRAM_BYTES_MAX, MESSAGE_BYTES_MAX};

use crate::intake::forward::Forwarder;
use crate::intake::gate::Gate;
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

/// Receives datagrams forever: forwards each one of an allowed sender, then queues
/// it.
///
/// `receive_many` is expected to block. After an error it is tried again; the
/// error is logged once until a datagram arrives.
pub(crate) fn run<S>(
    stack: &mut S,
    socket: &mut S::UdpSocket,
    gate: &Gate,
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
                let now = clock::now();
                // As many as there are places, so that all fit.
                let mut admitted = heapless::Vec::<_, DATAGRAMS_MAX>::new();
                for (sender, datagram) in datagrams.iter() {
                    if gate.admits(now, sender) {
                        forwarder.forward(stack, sender, datagram);
                        let _ = admitted.push((sender, datagram));
                    }
                }
                queue.push_all(now, admitted.into_iter(), room_wait);
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
