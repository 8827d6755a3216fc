//! The chain of the audit log: how it is verified, in a database or an exported file, and the signed
//! statements that it is held against.

mod checks;
mod database;
mod file;
mod links;
pub mod note;
mod statement;

pub use checks::{Checkpoints, Verdict, Verified};
pub use database::{verify_database, verify_since};
pub use file::{
    Around, ExportEnd, ExportHeader, ExportLine, FileError, FileVerdict, export_origin, verify_file,
};
pub use links::Break;
pub use statement::Statement;
