//! Who is in the demo, and what happened: three projects, the people, and the keys.

use crate::records::Role;

/// A project: slug, name, start of its keys, scopes with descriptions and what they include.
pub(super) struct MadeUpProject {
    pub slug: &'static str,
    pub name: &'static str,
    pub start: &'static str,
    pub scopes: &'static [(&'static str, &'static str, &'static [&'static str])],
    /// Labels of its keys, each with what happened to it.
    pub keys: &'static [(&'static str, Fate)],
}

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is in use, this many requests an hour at noon.
    Used(i64),
    /// In use, and it expires in so many days.
    Expires(i64),
    /// It expired so many days ago, and somebody still presents it.
    Expired(i64),
    /// It was revoked as compromised so many days ago, and is presented from several addresses.
    Leaked(i64),
    /// It was revoked so many days ago, and nobody presents it.
    Retired(i64),
    /// Nobody has used it for so many days.
    Dormant(i64),
    /// It was rotated yesterday; the old key works for so many more days.
    Rotating(i64),
    /// It was created this week, and never used.
    New,
}

use Fate::{Dormant, Expired, Expires, Leaked, New, Retired, Rotating, Used};

/// The people: email, role, and the only project it is for, if there is one.
pub(super) const PEOPLE: [(&str, Role, Option<&str>); 6] = [
    ("ana@example.com", Role::Owner, None),
    ("ben@example.com", Role::Admin, Some("default")),
    ("chloe@example.com", Role::Admin, Some("payments")),
    ("sam@example.com", Role::Support, None),
    ("omar@example.com", Role::Auditor, None),
    ("vera@example.com", Role::Viewer, Some("default")),
];

pub(super) const PROJECTS: [MadeUpProject; 3] = [
    MadeUpProject {
        slug: "default",
        name: "Media API",
        start: "mk",
        scopes: &[
            ("streams:read", "Watch live streams", &[]),
            (
                "streams:write",
                "Start and stop live streams",
                &["streams:read"],
            ),
            (
                "admin:assets",
                "Everything about assets",
                &["read:assets", "write:assets"],
            ),
        ],
        keys: &[
            ("Website backend", Used(900)),
            ("Thumbnail worker", Used(420)),
            ("iOS app gateway", Used(1_400)),
            ("Android app gateway", Used(1_100)),
            ("Smart TV app", Used(260)),
            ("Partner feed: Northwind", Expires(3)),
            ("Partner feed: Contoso", Used(40)),
            ("Partner feed: Fabrikam", Expired(8)),
            ("Newsletter images", Dormant(134)),
            ("Upload form (old)", Leaked(4)),
            ("Nightly analytics export", Used(6)),
            ("Search indexer", Rotating(3)),
            ("CI smoke tests", Used(12)),
            ("Load test 2025", Dormant(290)),
            ("Podcast importer", Used(25)),
            ("Conference kiosk", Expired(41)),
            ("Subtitle service", Expires(6)),
            ("CDN purge", Used(18)),
            ("Data science notebook", Dormant(97)),
            ("Migration script", Retired(22)),
            ("Support desk plug-in", Used(9)),
            ("مفتاح الإنتاج", Used(31)),
            ("Live stream studio", Used(75)),
            ("Archive restore", New),
            ("Homepage slideshow", Used(340)),
            ("Press photo archive", Used(22)),
            ("Partner feed: Adatum", Expires(12)),
            ("Watermark service", Used(150)),
            ("Trailer encoder", Used(48)),
            ("Set-top box pilot", Dormant(203)),
            ("Image proxy (old)", Retired(48)),
        ],
    },
    MadeUpProject {
        slug: "payments",
        name: "Payments",
        start: "pay",
        scopes: &[
            ("payments:read", "See payments", &[]),
            ("payments:write", "Make payments", &["payments:read"]),
            ("refunds:read", "See refunds", &[]),
            ("refunds:write", "Make refunds", &["refunds:read"]),
            ("payouts:read", "See payouts to merchants", &[]),
        ],
        keys: &[
            ("Checkout", Used(640)),
            ("Subscriptions", Used(180)),
            ("Refund desk", Used(14)),
            ("Accounting export", Used(4)),
            ("Fraud scoring", Used(610)),
            ("Merchant portal", Expires(5)),
            ("Point of sale, Berlin", Used(70)),
            ("Point of sale, Lyon", Expired(2)),
            ("Invoice mailer", Rotating(6)),
            ("Reconciliation job", Used(3)),
            ("Sandbox for Tailspin", Dormant(118)),
            ("Chargeback robot", Retired(12)),
            ("Payout report", Expires(24)),
            ("Mobile wallet pilot", New),
            ("Point of sale, Porto", Used(55)),
            ("Gift cards", Used(38)),
            ("Tax report", Used(2)),
            ("Dunning letters", Used(7)),
            ("Donation widget", Dormant(141)),
            ("Card updater", Expires(19)),
            ("Marketplace pilot", Expired(16)),
        ],
    },
    MadeUpProject {
        slug: "internal-tools",
        name: "Internal tools",
        start: "int",
        scopes: &[
            ("builds:read", "See builds", &[]),
            ("builds:write", "Start builds", &["builds:read"]),
            ("deploy", "Deploy to production", &[]),
            ("secrets:read", "Read configuration secrets", &[]),
        ],
        keys: &[
            ("Release bot", Used(8)),
            ("Nightly builds", Used(5)),
            ("Status page", Used(60)),
            ("On-call dashboard", Used(110)),
            ("Terraform runner", Expires(2)),
            ("Laptop of a former contractor", Leaked(11)),
            ("Chat commands", Used(16)),
            ("Old release bot", Dormant(160)),
            ("Backup monitor", Used(24)),
            ("Licence scanner", Expires(28)),
            ("Feature flags", Used(210)),
            ("Log shipper", Used(95)),
            ("Incident bot", Used(11)),
            ("Dependency updates", Used(4)),
            ("Staging deployer", Rotating(2)),
            ("Build cache", Used(130)),
            ("Intern project", Retired(33)),
        ],
    },
];
