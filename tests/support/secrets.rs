//! Secrets as people lose them. They are put together here, so that this file is no finding itself.

/// What it is, and its text.
pub(crate) type Planted = (&'static str, &'static str);

/// A kind of its own each, none of them anybody's.
pub(crate) const SECRETS: [Planted; 11] = [
    ("access key id", concat!("AKIA", "QYLPMN5HABCDEFGH")),
    ("access key id", concat!("ASIA", "QYLPMN5HZYXWVUTS")),
    ("secret access key", concat!("kZ3o8Wc1yFq2dT5xLh9v", "Bn4mRj6sPa7gUe0wXi/K")),
    ("session token", concat!("IQoJ", "b3JpZ2luX2VjEJb7wEaCXVzLWVhc3QtMSJIMEYCIQDx7kKQ")),
    ("signature", concat!("Signature=", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")),
    (
        "JSON web token",
        concat!("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0", ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ),
    ("GitHub token", concat!("ghp_", "0123456789abcdefghijABCDEFGHIJ012345")),
    ("Slack token", concat!("xoxb-", "123456789012-1234567890123-4mt0t4l1yf3k3tok3n")),
    ("access token", concat!("glpat-", "x7Kd93jfQm2nBv8sLp4t")),
    ("access token", concat!("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc")),
    ("e-mail address", concat!("jane.doe", "@corp.co.uk")),
];

/// What of it must be nowhere: a signature is told by its digits.
pub(crate) fn core(secret: &str) -> &str {
    secret.strip_prefix("Signature=").unwrap_or(secret)
}

/// Every file below `folder`, as text.
pub(crate) fn files(folder: &std::path::Path) -> Vec<(std::path::PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry));
        } else {
            found.push((entry.clone(), String::from_utf8_lossy(&std::fs::read(&entry).unwrap()).into_owned()));
        }
    }
    found.sort();
    found
}

/// The files of a cassette that git would have.
pub(crate) fn committed(folder: &std::path::Path) -> Vec<(std::path::PathBuf, String)> {
    files(folder).into_iter().filter(|(path, _)| !path.components().any(|part| part.as_os_str() == ".store")).collect()
}
