//! The pages of access reviews.

use keyward::clock::Clock;
use time::Duration;

use super::{Browser, Pages};

pub fn visit(pages: &mut Pages, owner: &Browser) {
    pages.visit(owner, &["/reviews", "/reviews/new"]);
    pages.refuse(owner, &[("/reviews", &[])]);
    let due = Clock::default().now() + Duration::days(9);
    let (due, title) = (due.date().to_string(), ("title", "Spring"));
    let of = [
        title,
        ("project", "*"),
        ("subject", "all"),
        ("due_on", &due),
    ];
    let review = owner.post("/reviews", &of).location().to_owned();
    let one = owner.get(&review).link("td[data-th=Answer] a");
    pages.visit(owner, &["/reviews", &review, &one]);
    pages.refuse(owner, &[(&one, &[])]);
    owner.post(&one, &[("verdict", "keep")]);
    pages.visit(owner, &["/", &review, &one]);
}
