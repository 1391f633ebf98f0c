//! Every example is started as a user would start it, talked to, and ended; what it prints is
//! checked. A file for each kind of program.

mod channels;
mod computing;
mod files;
mod http;
mod program;
mod tls;
mod waiting;
