//! What the overview of all projects, or of one, answers.

mod attention;
mod figures;
mod steps;

pub use attention::{Concern, attention};
pub use figures::{Figures, figures};
pub use steps::{Steps, steps};
