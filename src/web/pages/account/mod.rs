//! The pages of the visitor's own account.

mod device;
pub mod password;
pub mod sessions;
pub mod show;
pub mod times;
pub mod tokens;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;

use crate::web::shared::error::WayOn;

/// Where errors of these pages lead: after a conflict, back to the account.
pub fn lead_on(_req: &HttpRequest, status: StatusCode) -> Option<WayOn> {
    (status == StatusCode::CONFLICT).then(|| WayOn {
        path: "/account".into(),
        words: "Back to the account",
    })
}
