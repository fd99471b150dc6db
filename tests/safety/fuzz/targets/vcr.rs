//! Cassettes of others: refused with a reason, or read into entries, each of which is whole or says what it lacks.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use ramtape::vcr::read;

pub(crate) fn check(data: &[u8]) {
    match read(data) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(entries) => {
            for (at, entry) in entries.iter().enumerate() {
                assert_eq!(entry.number, at + 1);
                match &entry.exchange {
                    Err(lack) => assert!(!lack.to_string().is_empty()),
                    Ok(exchange) => {
                        assert!(!entry.name.is_empty() && !exchange.request.authority.contains('@'));
                        let headers = &exchange.response.headers;
                        assert!(!headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(CONTENT_LENGTH));
                    }
                }
            }
        }
    }
}
