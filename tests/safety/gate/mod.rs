//! What the proxy lets through, what it refuses and in which words. A refused request never reaches the answer.

mod browsers;
mod heads;
mod prefixes;
mod targets;

use crate::support::raw::{Server, settings};

/// Asks one server for each of `table` and checks status and message; the answer must not have been called.
fn all_refused(table: &[(&str, &[u8], u16, &str)]) {
    let server = Server::start(settings());
    for (what, bytes, status, message) in table {
        let mut client = server.connect();
        client.try_send(bytes);
        let reply = client.reply();
        assert_eq!(reply.status, *status, "{what}: {reply:?}");
        assert!(reply.body.contains(&format!("\"message\":\"ramtape: {message}")), "{what}: {reply:?}");
        assert!(reply.head.contains("x-amzn-errortype: ramtape"), "{what}: {reply:?}");
        assert!(client.is_ended(), "{what}: the connection stays open");
    }
    assert_eq!(server.seen().len(), 0);
}
