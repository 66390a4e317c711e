//! The loader: it unpacks the program to where it belongs and jumps to it. The kernel has
//! prepared the stack for the program, and the loader leaves it alone.
//!
//! It exists for 32-bit ARM; elsewhere it is empty.

#![cfg_attr(target_arch = "arm", no_std, no_main)]

#[cfg(target_arch = "arm")]
mod arm;

#[cfg(not(target_arch = "arm"))]
fn main() {}
