//! The overview's strip of figures, each a link to what it counts.

use crate::domain::overview::Figures;
use crate::web::shared::chart::share;
use crate::web::shared::times::grouped;

/// A figure.
pub struct Figure {
    pub title: &'static str,
    pub value: String,
    /// What it counts, where there is a page of it.
    pub path: Option<String>,
    /// It should be nothing, and is not.
    pub is_bad: bool,
}

impl Figure {
    /// The figures, where `list` is the path of the list of keys, and `usage` that of the usage.
    pub fn all(figures: &Figures, list: &str, usage: &str) -> Vec<Figure> {
        let (passed, refused) = (figures.passed, figures.refused);
        let of_requests = |title, value| Figure {
            title,
            value,
            path: Some(usage.to_owned()),
            is_bad: false,
        };
        let views = &figures.views;
        let more = if figures.is_partial { "+" } else { "" };
        let of_keys = |title, count, filter| Figure {
            title,
            value: grouped(count),
            path: Some(format!("{list}?{filter}")),
            is_bad: false,
        };
        let active = of_keys("Active keys", views.working, "state=working");
        vec![
            Figure {
                value: format!("{}{more}", active.value),
                ..active
            },
            of_requests("Requests, 24 hours", grouped(passed + refused)),
            of_requests("Refused, 24 hours", share(refused, passed + refused)),
            of_keys("Expire within 30 days", figures.expiring, "within=30"),
            of_keys("Dormant", views.dormant, "state=dormant"),
            Figure {
                is_bad: views.tried > 0,
                ..of_keys("Dead but still tried", views.tried, "state=tried")
            },
        ]
    }
}
