//! URLs as messages show them.

/// `url` as it can be shown: without a password, which may stand before an `@`, and without the capability key of another ramtape,
/// which stands behind `/~`.
#[must_use]
pub fn without_secrets(url: &str) -> &str {
    let shown = url.split("/~").next().unwrap_or_default();
    shown.rsplit_once('@').map_or(shown, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn only_secrets_go() {
        for (url, shown) in [
            ("http://127.0.0.1:5000/base", "http://127.0.0.1:5000/base"),
            ("http://127.0.0.1:1/~key-secret", "http://127.0.0.1:1"),
            ("http://127.0.0.1:1/base/~key-secret/~s", "http://127.0.0.1:1/base"),
            ("http://me:hunter2@host.test/~key-secret", "host.test"),
            ("me:p@ss@host.test", "host.test"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }
}
