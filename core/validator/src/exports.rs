//! The functions that the page's script can call.
//!
//! The only thing here that Rust calls unsafe is a fixed symbol name: it could
//! collide with another symbol of the program, so they all begin with `alertik_`.
//! No pointer is dereferenced: the script writes into a buffer that Rust owns and
//! whose length it knows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::answer::answer;

/// The current question and its answer. A module has one thread, so there is only
/// one question at a time.
struct Exchange {
    question: Vec<u8>,
    answer: String,
}

static EXCHANGE: Mutex<Exchange> = Mutex::new(Exchange {
    question: Vec::new(),
    answer: String::new(),
});

/// Returns the address of a buffer of `length` bytes for the question.
#[unsafe(no_mangle)]
pub extern "C" fn alertik_question(length: usize) -> usize {
    let mut exchange = lock();
    exchange.question.clear();
    exchange.question.resize(length, 0);
    exchange.question.as_ptr().addr()
}

/// Answers the question and returns the answer's length in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn alertik_answer() -> usize {
    let exchange = &mut *lock();
    exchange.answer.clear();
    answer(&exchange.question, &mut exchange.answer);
    exchange.answer.len()
}

/// Returns the address of the answer: JSON in UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn alertik_answer_at() -> usize {
    lock().answer.as_ptr().addr()
}

fn lock() -> MutexGuard<'static, Exchange> {
    EXCHANGE.lock().unwrap_or_else(PoisonError::into_inner)
}
