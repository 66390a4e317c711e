//! Several datagrams by one system call: recvmmsg(2).

use std::io;
use std::mem::size_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::AsRawFd as _;

use libc::{c_int, c_uint, socklen_t};

/// Room for the address of a sender, of either family.
const NAME_BYTES: socklen_t = size_of::<libc::sockaddr_in6>() as socklen_t;

/// Room for some datagrams, and those that were received last.
///
/// It points into memory that is never freed, so one is made for each receiver
/// of a process and none after that.
pub(crate) struct Datagrams {
    /// One for each place. Each points to the place's address and bytes, which
    /// are reached through these pointers only.
    headers: Vec<libc::mmsghdr>,
    /// How many of them hold a datagram.
    received: usize,
}

impl Datagrams {
    /// Returns room for `places` datagrams of up to `bytes_max` bytes. Of a longer
    /// one the rest is dropped.
    pub(crate) fn new(places: usize, bytes_max: usize) -> Self {
        // One block, because a large one of zeroes is not resident before it is
        // written to.
        let block = Box::leak(vec![0_u8; places * bytes_max].into_boxed_slice());
        let place = |bytes: &mut [u8]| {
            let vector = Box::new(libc::iovec {
                iov_base: bytes.as_mut_ptr().cast(),
                iov_len: bytes.len(),
            });
            // SAFETY: all-zero bytes are a valid `sockaddr_in6`, and a valid
            // `mmsghdr`: null pointers with no length.
            let (name, mut header): (libc::sockaddr_in6, libc::mmsghdr) =
                unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
            header.msg_hdr.msg_name = Box::into_raw(Box::new(name)).cast();
            header.msg_hdr.msg_namelen = NAME_BYTES;
            header.msg_hdr.msg_iov = Box::into_raw(vector);
            header.msg_hdr.msg_iovlen = 1;
            header
        };
        Self {
            headers: block.chunks_exact_mut(bytes_max).map(place).collect(),
            received: 0,
        }
    }

    /// Waits for a datagram, and receives with it those that wait after it, as
    /// many as there is room for. Drops the ones received before.
    ///
    /// # Errors
    ///
    /// Those of recvmmsg(2). There are no datagrams then.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<()> {
        // The kernel has overwritten the room for an address with its length.
        for header in &mut self.headers[..self.received] {
            header.msg_hdr.msg_namelen = NAME_BYTES;
        }
        self.received = 0;
        let (headers, places) = (self.headers.as_mut_ptr(), self.headers.len() as c_uint);
        let fd = socket.as_raw_fd();
        let no_limit = std::ptr::null_mut::<libc::timespec>();
        // musl's function converts limits and control data, of which there are
        // none, for kernels of every age: 600 bytes on ARM.
        // SAFETY: there are as many headers as `places` says. Each points to an
        // address and a vector of the given lengths, and that to bytes of its
        // length; nothing else refers to any of them.
        let count = unsafe {
            libc::syscall(
                libc::SYS_recvmmsg,
                fd,
                headers,
                places,
                libc::MSG_WAITFORONE,
                no_limit,
            )
        };
        // Negative is an error.
        self.received = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        Ok(())
    }

    /// Returns the datagrams that were received last, each with its sender, in
    /// the order of their arrival.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (IpAddr, &[u8])> {
        self.headers[..self.received].iter().map(|header| {
            let (name, length) = (header.msg_hdr.msg_name, header.msg_len as usize);
            // SAFETY: the vector was made in `new`, and its bytes are initialised.
            // The kernel has written `length` of them, never more than there are.
            // Only `receive` lets them be written to, and it borrows `self`.
            let bytes = unsafe {
                let vector = &*header.msg_hdr.msg_iov;
                std::slice::from_raw_parts(vector.iov_base.cast_const().cast(), length)
            };
            // SAFETY: the address was made in `new`, as large as the larger kind.
            (unsafe { address(name.cast_const().cast()) }, bytes)
        })
    }
}

/// Reads a sender's address.
///
/// # Safety
///
/// `name` must point to an initialised `sockaddr_in6`. If its family is IPv4, it
/// is read as the shorter `sockaddr_in`.
unsafe fn address(name: *const libc::sockaddr_in6) -> IpAddr {
    // SAFETY: as above.
    let v6 = unsafe { &*name };
    if c_int::from(v6.sin6_family) == libc::AF_INET {
        // SAFETY: as above; both have the same alignment, and any bytes are valid.
        let v4 = unsafe { &*name.cast::<libc::sockaddr_in>() };
        Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr)).into()
    } else {
        Ipv6Addr::from(v6.sin6_addr.s6_addr).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Datagrams that wait are received together, in order and with their senders,
    /// of both families; a second call gets the rest.
    #[test]
    fn those_that_wait_come_together() {
        for local in ["127.0.0.1:0", "[::1]:0"] {
            let receiver = UdpSocket::bind(local).unwrap();
            let sender = UdpSocket::bind(local).unwrap();
            sender.connect(receiver.local_addr().unwrap()).unwrap();
            let source = sender.local_addr().unwrap().ip();
            let mut datagrams = Datagrams::new(4, 8);
            for text in ["a", "", "bc", "longer than there is room", "d"] {
                sender.send(text.as_bytes()).unwrap();
            }
            for expected in [&["a", "", "bc", "longer t"][..], &["d"]] {
                datagrams.receive(&receiver).unwrap();
                let got: Vec<_> = datagrams.iter().collect();
                let expected: Vec<_> = expected
                    .iter()
                    .map(|text| (source, text.as_bytes()))
                    .collect();
                assert_eq!(got, expected);
            }
        }
    }

    /// After an error there are no datagrams.
    #[test]
    fn an_error_leaves_nothing() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut datagrams = Datagrams::new(2, 8);
        let error = datagrams.receive(&socket).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(datagrams.iter().count(), 0);
    }
}
