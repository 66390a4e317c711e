//! Settings and the core's engine together.

mod pack;
