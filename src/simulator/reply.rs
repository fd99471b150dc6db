//! HTTP responses: status, headers, and bodies, broken ones included.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::error::AwsError;

const JSON: &str = "application/json";
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const PIECE: usize = 64 * 1024;
static BLANKS: [u8; PIECE] = [b' '; PIECE];

/// A whole HTTP response.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) error_type: Option<String>,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn from_outcome(outcome: Result<Vec<u8>, AwsError>) -> Self {
        match outcome {
            Ok(body) => Self { status: 200, content_type: Some(JSON.to_owned()), error_type: None, body: body.into() },
            Err(error) => Self {
                status: error.status,
                content_type: Some(JSON.to_owned()),
                error_type: Some(error.error_type()),
                body: error.body().into(),
            },
        }
    }

    pub(super) fn into_response(self, request_id: &str) -> Response<ReplyBody> {
        let mut response = Response::new(ReplyBody::whole(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = [
            (CONTENT_TYPE, self.content_type.as_deref()),
            (ERROR_TYPE, self.error_type.as_deref()),
            (REQUEST_ID, Some(request_id)),
        ];
        for (name, value) in headers {
            // A value that HTTP cannot carry is left out.
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    /// An HTTP/1.1 response as bytes, with the whole head and half the body.
    pub(super) fn half(&self) -> Bytes {
        let head = format!(
            "HTTP/1.1 {} Half\r\ncontent-type: {JSON}\r\ncontent-length: {}\r\n\r\n",
            self.status,
            self.body.len()
        );
        let mut bytes = BytesMut::from(head.as_bytes());
        bytes.put(self.body.slice(..self.body.len() / 2));
        bytes.freeze()
    }
}

/// The same answer, its length not known beforehand.
pub(super) fn chunked(response: Response<ReplyBody>) -> Response<ReplyBody> {
    response.map(ReplyBody::in_pieces)
}

/// The same answer, the last one of its connection.
pub(super) fn closing(mut response: Response<ReplyBody>) -> Response<ReplyBody> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The answer to HEAD: over HTTP/2 hyper would send the body all the same.
pub(super) fn head_alone(mut response: Response<ReplyBody>) -> Response<ReplyBody> {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response.map(|_| ReplyBody::whole(Bytes::new()))
}

/// A JSON object of `mebibytes`, almost all blanks, that is never in memory as a whole.
pub(super) fn huge(mebibytes: u64, request_id: &str) -> Response<ReplyBody> {
    let left = mebibytes.saturating_mul(1024 * 1024).max(2);
    Reply::from_outcome(Ok(Vec::new()))
        .into_response(request_id)
        .map(|_| ReplyBody(Content::Padding { left, begun: false }))
}

/// A response's body.
#[derive(Debug)]
pub(super) struct ReplyBody(Content);

#[derive(Debug)]
enum Content {
    Whole(Option<Bytes>),
    Pieces(VecDeque<Bytes>),
    Padding { left: u64, begun: bool },
}

impl ReplyBody {
    fn whole(body: Bytes) -> Self {
        Self(Content::Whole(Some(body).filter(|body| !body.is_empty())))
    }

    fn in_pieces(self) -> Self {
        let Content::Whole(Some(mut body)) = self.0 else {
            return Self(Content::Pieces(VecDeque::new()));
        };
        let mut pieces = VecDeque::new();
        let size = body.len().div_ceil(3).max(1);
        while !body.is_empty() {
            pieces.push_back(body.split_to(size.min(body.len())));
        }
        Self(Content::Pieces(pieces))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut self.0 {
            Content::Whole(body) => body.take(),
            Content::Pieces(pieces) => pieces.pop_front(),
            Content::Padding { left, begun } => padding(left, begun),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Content::Pieces(_) => SizeHint::default(),
            Content::Padding { left, .. } => SizeHint::with_exact(*left),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Content::Whole(None))
    }
}

/// `{`, blanks, `}`: `left` bytes in all.
fn padding(left: &mut u64, begun: &mut bool) -> Option<Bytes> {
    let piece = match (*left, *begun) {
        (0, _) => return None,
        (_, false) => Bytes::from_static(b"{"),
        (1, true) => Bytes::from_static(b"}"),
        (left, true) => {
            let size = usize::try_from(left - 1).unwrap_or(PIECE).min(PIECE);
            Bytes::from_static(BLANKS.get(..size).unwrap_or_default())
        }
    };
    *begun = true;
    *left -= piece.len() as u64;
    Some(piece)
}
