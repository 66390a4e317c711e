//! The texts of the operating system's errors: those that users of this program
//! meet, instead of musl's table of all there are, which takes 2 kB on ARMv7.
//!
//! std asks `__xpg_strerror_r` for the text that it shows before "(os error 111)".
//! A definition here is found before that of musl's archive, and so neither that
//! nor its table is linked. On glibc, where tests run, nothing of this exists.

use libc::{c_char, c_int};

/// Returns an error's text as musl and glibc have it. Any other is just an error:
/// its number follows.
const fn text(code: c_int) -> &'static str {
    match code {
        libc::EPERM => "Operation not permitted",
        libc::ENOENT => "No such file or directory",
        libc::EIO => "Input/output error",
        libc::EACCES => "Permission denied",
        libc::ENOTDIR => "Not a directory",
        libc::EISDIR => "Is a directory",
        libc::EINVAL => "Invalid argument",
        libc::EMFILE => "Too many open files",
        libc::ENOSPC => "No space left on device",
        libc::EROFS => "Read-only file system",
        libc::EPIPE => "Broken pipe",
        libc::EADDRINUSE => "Address already in use",
        libc::EADDRNOTAVAIL => "Cannot assign requested address",
        libc::ENETUNREACH => "Network is unreachable",
        libc::EHOSTUNREACH => "No route to host",
        libc::ECONNREFUSED => "Connection refused",
        libc::ECONNRESET => "Connection reset by peer",
        libc::ETIMEDOUT => "Connection timed out",
        libc::ENOMEM => "Cannot allocate memory",
        _ => "error",
    }
}

/// Writes an error's text, as POSIX' `strerror_r` does.
///
/// # Safety
///
/// `buffer` must be valid for writes of `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn __xpg_strerror_r(code: c_int, buffer: *mut c_char, length: usize) -> c_int {
    let text = text(code).as_bytes();
    let count = text.len().min(length.saturating_sub(1));
    if length > 0 {
        // SAFETY: the caller's buffer has `length` bytes, and `count` of them and
        // the NUL after them are no more than that.
        unsafe {
            buffer.copy_from_nonoverlapping(text.as_ptr().cast(), count);
            *buffer.add(count) = 0;
        }
    }
    0
}
