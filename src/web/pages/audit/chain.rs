//! `/audit/chain`: how far the log is signed for, and how anybody can check it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use base16ct::lower as hex;

use super::list::ChainView;
use crate::domain::audit;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{Moment, grouped};
use crate::web::shared::{Visitor, WebError};

/// How many checkpoints the page lists.
const SHOWN: i64 = 24;

#[derive(Template)]
#[template(path = "audit/chain.html")]
struct ChainPage {
    layout: Layout,
    chain: ChainView,
    hash: String,
    public_key: String,
    checkpoints: Vec<CheckpointView>,
    /// The newest one as text, to keep elsewhere.
    newest: Option<String>,
    /// The last entry that was deleted, when, and by which rule.
    cut: Option<(String, Moment, String)>,
}

struct CheckpointView {
    entry: String,
    at: Moment,
    hash: String,
    is_cut: bool,
}

/// The state of the chain, the public key, and the newest checkpoints.
pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let public_key = visitor.state.signer.public().to_string();
    let (viewer, state) = visitor.view(|op| audit::state(op, SHOWN)).await?;
    let cut = state.cut.as_ref().and_then(|cut| {
        let rule = cut.statement()?.remark?;
        Some((grouped(cut.entry), Moment::new(cut.at, viewer.now), rule))
    });
    let page = ChainPage {
        layout: Layout::new(&viewer, Section::Audit, None, "Audit chain"),
        chain: ChainView::new(&state, viewer.now),
        hash: hex::encode_string(&state.head.hash),
        public_key,
        newest: state.checkpoints.first().map(|newest| newest.note.clone()),
        checkpoints: state
            .checkpoints
            .iter()
            .map(|checkpoint| CheckpointView {
                entry: grouped(checkpoint.entry),
                at: Moment::new(checkpoint.at, viewer.now),
                hash: hex::encode_string(&checkpoint.hash),
                is_cut: checkpoint.is_cut,
            })
            .collect(),
        cut,
    };
    Ok(page::full(StatusCode::OK, &page))
}
