//! Answers that are made while they are sent: exports, of any length.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use futures_util::stream;

use super::acting::act;
use super::turns::Work;
use super::{AppState, WebError};
use crate::domain::actors::Claim;
use crate::domain::files::{FileFormat, Pieces};

/// How many exports have their progress remembered.
const REMEMBERED: usize = 100;

/// How far exports are, for those who made them.
#[derive(Default)]
pub struct Downloads(Mutex<HashMap<(i64, String), Progress>>);

/// How far an export is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// How many records were sent.
    pub records: u64,
    /// How much was gone through.
    pub percent: u64,
    /// Whether it is over, and how.
    pub ended: Option<Ended>,
}

/// How an export ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it was sent.
    Complete,
    /// It broke off.
    Failed,
}

impl Downloads {
    /// How far the export of the person `user` with this name is, if it is made here.
    pub fn progress(&self, user: i64, name: &str) -> Option<Progress> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(user, name.to_owned())).copied()
    }

    fn note(&self, of: &(i64, String), progress: Progress) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED && !known.contains_key(of) {
            known.retain(|_, progress| progress.ended.is_none());
        }
        if known.len() < REMEMBERED || known.contains_key(of) {
            known.insert(of.clone(), progress);
        }
    }
}

/// Notes that an export broke off when its client went away.
struct Noted {
    state: web::Data<AppState>,
    of: (i64, String),
    progress: Progress,
}

impl Noted {
    fn now(&mut self, export: &impl Pieces, ended: Option<Ended>) {
        let (records, percent) = export.progress();
        self.progress = Progress {
            records,
            percent,
            ended,
        };
        self.state.downloads.note(&self.of, self.progress);
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if self.progress.ended.is_none() {
            self.progress.ended = Some(Ended::Failed);
            self.state.downloads.note(&self.of, self.progress);
        }
    }
}

/// The answer that sends `export` as a file with `file` in its name, piece by piece, for as long as the
/// person of `claim` may do so.
/// Each piece waits its turn at the database. If one fails, the connection breaks off before the end,
/// which no client takes for a whole answer.
pub fn answer(
    state: web::Data<AppState>,
    claim: Claim,
    export: impl Pieces,
    format: FileFormat,
    file: &str,
    name: String,
) -> HttpResponse {
    let mut noted = Noted {
        of: (claim.user_id, name),
        state: web::Data::clone(&state),
        progress: Progress {
            records: 0,
            percent: 0,
            ended: None,
        },
    };
    noted.now(&export, None);
    let date = state.clock.now().date();
    let pieces = stream::unfold(Some((export, noted)), move |making| {
        let (state, claim) = (web::Data::clone(&state), claim.clone());
        async move {
            let (mut export, mut noted) = making?;
            let now = state.clock.now();
            let step = act(&state, Work::Reading, &claim, now, move |op| {
                let piece = export.next(op)?;
                Ok((export, piece))
            });
            match step.await {
                Ok((export, Some(piece))) => {
                    noted.now(&export, None);
                    Some((Ok(Bytes::from(piece)), Some((export, noted))))
                }
                Ok((export, None)) => {
                    noted.now(&export, Some(Ended::Complete));
                    None
                }
                Err(error) => {
                    tracing::warn!(%error, "an export broke off");
                    Some((Err(WebError::from(error)), None))
                }
            }
        }
    });
    let disposition = format!("attachment; filename=\"keyward-{file}-{date}.{format}\"");
    let mut response = HttpResponseBuilder::new(StatusCode::OK);
    response.content_type(format.media_type());
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        response.insert_header((header::CONTENT_DISPOSITION, disposition));
    }
    response.streaming(Box::pin(pieces))
}
