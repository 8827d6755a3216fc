//! The pages of access reviews.

pub mod answer;
pub mod closing;
pub mod file;
pub mod list;
pub mod new;
pub mod one;

/// The path of the list.
pub const PATH: &str = "/reviews";

/// The path of one review.
pub fn path(id: i64) -> String {
    format!("{PATH}/{id}")
}
