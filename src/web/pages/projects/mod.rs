//! `/projects/{p}/…`, apart from its keys.

pub mod settings;
