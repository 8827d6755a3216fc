//! `/rollbacks`: what owners have to know when the database lost its last changes. The overview
//! shows it.

pub mod acknowledgement;
mod notice;

pub use notice::NoticeView;
