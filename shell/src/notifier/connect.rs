//! Lets another thread end a connection that the HTTP client has open.
//!
//! minreq makes its own sockets and gives none of them out. A server that takes
//! the connection and stays silent during the TLS handshake would hold its
//! thread for ever, and so would one that sends a byte a second. This file puts
//! itself in front of libc's `connect`: a thread that has a [`Watch`] leaves a
//! duplicate of each TCP socket there before it connects, and whoever else
//! holds the watch can shut the socket down, which makes every blocking call on
//! it return.
//!
//! Rejected: minreq's own `with_timeout`, which abandons the thread instead of
//! ending it and sets no time limit for the handshake; a private descriptor
//! table for the request's thread (`unshare(CLONE_FILES)`), which container
//! runtimes forbid by default; signals, which every layer retries over.
#![allow(
    unsafe_code,
    reason = "libc's connect and getsockopt; reasons beside each"
)]

use std::cell::RefCell;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;

use libc::{c_int, c_void, sockaddr, socklen_t};

use super::attempt::Watch;

thread_local! {
    static WATCH: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// Has this thread's connections watched until its end.
pub(super) fn watch(watch: Arc<Watch>) {
    WATCH.set(Some(watch));
}

/// libc's `connect`, for the whole program.
///
/// # Safety
///
/// As for `connect(2)`: `address` points to `length` readable bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    // A thread that is being torn down has no watch any more.
    let watch = WATCH
        .try_with(|watch| watch.borrow().clone())
        .ok()
        .flatten()
        .filter(|_| is_tcp(fd));
    let Some(watch) = watch else {
        // SAFETY: the caller's arguments, unchanged.
        return unsafe { system_connect(fd, address, length) };
    };
    // SAFETY: the caller owns `fd` and keeps it open during this call.
    let socket = unsafe { BorrowedFd::borrow_raw(fd) };
    let allowed = socket
        .try_clone_to_owned()
        .is_ok_and(|duplicate| watch.connecting(TcpStream::from(duplicate)));
    if !allowed {
        set_errno(libc::ETIMEDOUT);
        return -1;
    }
    // SAFETY: the caller's arguments, unchanged.
    let result = unsafe { system_connect(fd, address, length) };
    let errno = errno();
    let in_time = watch.connected(result == 0);
    // A socket that is shut down while it connects reports a reset.
    set_errno(if in_time { errno } else { libc::ETIMEDOUT });
    result
}

/// The system call itself.
///
/// # Safety
///
/// As for `connect(2)`.
unsafe fn system_connect(fd: c_int, address: *const sockaddr, length: socklen_t) -> c_int {
    // SAFETY: connect takes these three arguments; the kernel checks them, and
    // the caller vouches for `address`. `syscall` sets errno as libc would.
    unsafe { libc::syscall(libc::SYS_connect, fd, address, length) as c_int }
}

fn is_tcp(fd: c_int) -> bool {
    let mut kind: c_int = 0;
    let mut length = size_of::<c_int>() as socklen_t;
    // SAFETY: SO_TYPE is one int, and `kind` and `length` outlive the call.
    let result = unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_TYPE,
            (&raw mut kind).cast::<c_void>(),
            &raw mut length,
        )
    };
    result == 0 && kind == libc::SOCK_STREAM
}

/// Returns how many bytes a connection has received, TLS included.
///
/// `tcpi_bytes_received` of the kernel's `struct tcp_info` (linux/tcp.h, since
/// 4.1) is at offset 128; libc's own structs are older and end before it.
pub(super) fn bytes_received(socket: &TcpStream) -> u64 {
    const OFFSET: usize = 128;
    let mut info = [0_u64; 32];
    let mut length = size_of_val(&info) as socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, all of them in `info`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast::<c_void>(),
            &raw mut length,
        )
    };
    if result != 0 || (length as usize) < OFFSET + size_of::<u64>() {
        return 0;
    }
    info[OFFSET / size_of::<u64>()]
}

fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn set_errno(value: c_int) {
    // SAFETY: the location is this thread's own, for as long as it lives.
    unsafe { *libc::__errno_location() = value };
}
