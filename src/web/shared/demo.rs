//! Whether this process is a demo, which every page says.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_DEMO: AtomicBool = AtomicBool::new(false);

/// Makes every page of this process say that it is a demo.
pub fn mark() {
    IS_DEMO.store(true, Ordering::Relaxed);
}

/// Whether pages say it.
pub fn is_marked() -> bool {
    IS_DEMO.load(Ordering::Relaxed)
}
