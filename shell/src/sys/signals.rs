//! Signals as a blocking read instead of handlers.
//!
//! A process that is PID 1, as in a container, is not sent signals whose
//! disposition is the default, unless they are blocked: blocked ones stay
//! pending and can be waited for. So all threads block them and the main thread
//! waits for them, and nothing runs within the limits of a handler.

/// The action that a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// SIGTERM or SIGINT: end.
    Stop,
    /// SIGHUP: go on. Tools that rotate logs send it once they have moved the log
    /// file, which the log notices by itself.
    Nothing,
    /// SIGUSR1: write the state to the log.
    Status,
}

const SIGNALS: [(libc::c_int, Action); 4] = [
    (libc::SIGTERM, Action::Stop),
    (libc::SIGINT, Action::Stop),
    (libc::SIGHUP, Action::Nothing),
    (libc::SIGUSR1, Action::Status),
];

/// The signals above, blocked in this thread and in the threads that it starts
/// later.
#[derive(Debug)]
pub(crate) struct Blocked {
    set: libc::sigset_t,
}

impl Blocked {
    /// Blocks the signals. Must be called before the first thread is started.
    pub(crate) fn new() -> Self {
        let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `sigemptyset` initialises the set it is given, `sigaddset` and
        // `pthread_sigmask` then read an initialised one; no pointer is kept.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for (signal, _) in SIGNALS {
                libc::sigaddset(set.as_mut_ptr(), signal);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
            Self {
                set: set.assume_init(),
            }
        }
    }

    /// Waits for the next of the signals.
    pub(crate) fn wait(&self) -> Action {
        loop {
            // SAFETY: the set is initialised, and a null info pointer is allowed
            // (POSIX.1-2024, "sigwaitinfo").
            let signal = unsafe { libc::sigwaitinfo(&raw const self.set, std::ptr::null_mut()) };
            if let Some((_, action)) = SIGNALS.into_iter().find(|(number, _)| *number == signal) {
                return action;
            }
            // EINTR: a debugger, or a signal of no interest.
        }
    }
}
