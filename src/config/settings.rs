//! The known settings, and where their values come from.

use std::fmt;

use zeroize::Zeroizing;

/// The configuration file in the working directory.
pub(super) const FILE: &str = "keyward.toml";
/// The prefix of environment variables that belong to Keyward.
pub(super) const PREFIX: &str = "KEYWARD_";

/// A setting as the documentation lists it.
#[derive(Debug)]
pub struct Setting {
    /// The name in `keyward.toml`. Flags spell it with dashes.
    pub name: &'static str,
    /// The environment variable: `KEYWARD_…`, except for `DATABASE_URL`.
    pub variable: &'static str,
    /// `None` leaves it unset, except `workers`, which defaults to one per processor.
    pub default: Option<&'static str>,
    /// Never shown. The value may also come from the file that `<variable>_FILE` names.
    pub secret: bool,
}

/// Every setting.
pub const SETTINGS: [Setting; 17] = [
    Setting::new("listen", "KEYWARD_LISTEN", Some("127.0.0.1:8080")),
    Setting::new("socket_mode", "KEYWARD_SOCKET_MODE", Some("0660")),
    Setting::new("socket_group", "KEYWARD_SOCKET_GROUP", None),
    Setting::new("database_url", "DATABASE_URL", Some("sqlite:keyward.db")).secret(),
    Setting::new(
        "database_connections",
        "KEYWARD_DATABASE_CONNECTIONS",
        Some("22"),
    ),
    Setting::new("database_wait", "KEYWARD_DATABASE_WAIT", Some("30")),
    Setting::new("secret", "KEYWARD_SECRET", None).secret(),
    Setting::new("previous_secret", "KEYWARD_PREVIOUS_SECRET", None).secret(),
    Setting::new("public_url", "KEYWARD_PUBLIC_URL", None),
    Setting::new("trusted_proxies", "KEYWARD_TRUSTED_PROXIES", Some("")),
    Setting::new("workers", "KEYWARD_WORKERS", None),
    Setting::new(
        "usage_retention_days",
        "KEYWARD_USAGE_RETENTION_DAYS",
        Some("400"),
    ),
    Setting::new("audit_retention_days", "KEYWARD_AUDIT_RETENTION_DAYS", None),
    Setting::new(
        "verify_requires_token",
        "KEYWARD_VERIFY_REQUIRES_TOKEN",
        Some("false"),
    ),
    Setting::new("max_token_days", "KEYWARD_MAX_TOKEN_DAYS", Some("365")),
    Setting::new(
        "api_requests_per_minute",
        "KEYWARD_API_REQUESTS_PER_MINUTE",
        Some("6000"),
    ),
    Setting::new("log", "KEYWARD_LOG", Some("info,actix_server=warn")),
];

impl Setting {
    const fn new(
        name: &'static str,
        variable: &'static str,
        default: Option<&'static str>,
    ) -> Self {
        Setting {
            name,
            variable,
            default,
            secret: false,
        }
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The built-in default, which for `workers` is the number of processors.
    Default,
    /// `keyward.toml` in the working directory.
    File,
    /// The environment variable with this name, which may end in `_FILE`.
    Variable(String),
    /// A command-line flag, which overrides all other sources.
    Flag,
    /// No source has a value, and there is no default.
    Unset,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File => f.write_str(FILE),
            Source::Variable(name) => f.write_str(name),
            Source::Flag => f.write_str("flag"),
            Source::Unset => f.write_str("not set"),
        }
    }
}

/// A setting's value and where it was found.
#[derive(Debug)]
pub struct Found {
    /// An element of [`SETTINGS`].
    pub setting: &'static Setting,
    /// The text, not parsed yet; `None` only for [`Source::Unset`].
    pub value: Option<Zeroizing<String>>,
    /// The source that took precedence.
    pub source: Source,
}
