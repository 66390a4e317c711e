//! Submission of mails by SMTP (RFC 5321, RFC 6409), without a connection: the
//! replies of the server go in, commands come out.

mod dialogue;
mod reply;

pub use dialogue::{Dialogue, END_OF_MAIL, Lack, Next, Stage};
