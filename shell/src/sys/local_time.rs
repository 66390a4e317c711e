//! Local time, from the C library that is linked anyway.
//!
//! musl's `localtime_r` understands POSIX `TZ` strings always and zone names
//! if the machine has zoneinfo, in about 3 kB; a Rust time zone library would come
//! on top of that. Without either it answers in UTC, as it should.

use std::sync::Once;

unsafe extern "C" {
    // POSIX.1-2024, "tzset"; the libc crate leaves it out for some targets.
    safe fn tzset();

    // POSIX.1-2024, "localtime_r", with the 64-bit time that musl has on every
    // target. On 32-bit ones the plain name is for programs older than musl 1.2,
    // and their time ends in 2038; the libc crate's binding is that one.
    #[cfg_attr(
        all(target_env = "musl", target_pointer_width = "32"),
        link_name = "__localtime64_r"
    )]
    fn localtime_r(time: *const i64, parts: *mut libc::tm) -> *mut libc::tm;
}

/// Returns how many seconds local time is ahead of UTC at `unix_secs`; 0 if the
/// C library does not know.
pub(crate) fn offset_secs(unix_secs: i64) -> i32 {
    static TZSET: Once = Once::new();
    // POSIX lets `localtime_r` skip this, and glibc does.
    TZSET.call_once(|| tzset());
    let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are valid for the call, and `localtime_r` keeps
    // neither. It reads the environment, which nothing in this process writes.
    let result = unsafe { localtime_r(&raw const unix_secs, parts.as_mut_ptr()) };
    if result.is_null() {
        return 0;
    }
    // SAFETY: `localtime_r` filled it in, and all-zero bytes are a valid `tm`.
    let parts = unsafe { parts.assume_init() };
    i32::try_from(parts.tm_gmtoff).unwrap_or(0)
}
