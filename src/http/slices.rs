//! Large answers that many requests share.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// The most that is handed to a connection at a time. The server fills a buffer of 32 KiB, which the
/// last slice may exceed.
const SLICE: usize = 4 * 1024;

/// A body that hands out views of bytes prepared once, a slice at a time. The server copies a slice
/// only when there is room for it, so a client that does not read costs a buffer, and not a copy of
/// the whole.
pub struct Slices(Bytes);

impl Slices {
    /// A body of these bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Slices(bytes.into())
    }
}

impl MessageBody for Slices {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.0.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let length = SLICE.min(self.0.len());
        Poll::Ready(Some(Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn a_body_comes_in_slices_of_what_is_shared() {
        let whole = Bytes::from(vec![7_u8; 2 * SLICE + 1]);
        let mut body = Slices::new(whole.clone());
        assert_eq!(body.size(), BodySize::Sized(2 * 4 * 1024 + 1));
        let mut at = whole.as_ptr();
        let mut lengths = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(Ok(slice))) = Pin::new(&mut body).poll_next(&mut context) {
            assert_eq!(slice.as_ptr(), at, "not a copy");
            at = at.wrapping_add(slice.len());
            lengths.push(slice.len());
        }
        assert_eq!(lengths, [SLICE, SLICE, 1]);
    }
}
