//! Access reviews: for each of some keys, its owner answers by a date whether it stays.

mod answer;
mod close;
mod evidence;
mod file;
mod open;
mod read;

pub use answer::{AnswerForm, AnswerRequest, answer, answer_form};
pub use close::{close, close_due};
pub use evidence::Evidence;
pub use file::{ReviewFile, file};
pub use open::{MOST_KEYS, ReviewDraft, allow_opening, open};
pub use read::{Item, Progress, Shown, list, show, waiting};
