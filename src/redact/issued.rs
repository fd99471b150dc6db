//! Tokens that their issuers made to be known, and what is sent with a word that says what it is.

use super::assigned::is_mixed;

/// Whether `text`, in lower case, could have one of [`TOKENS`].
pub(super) fn may_be_in(text: &str) -> bool {
    const STARTS: [&str; 18] = [
        "glpat-",
        "glrt-",
        "gldt-",
        "glcbt-",
        "glptt-",
        "k_live_",
        "npm_",
        "pypi-age",
        "sg.",
        "hv",
        "aiza",
        "ya29.",
        "gocspx-",
        "dckr_pat_",
        "sk-",
        "age-secret-key-",
        "absk",
        "dop_v1_",
    ];
    STARTS.iter().any(|start| text.contains(start)) || text.contains("whsec_")
}

/// GitLab, Stripe, npm, PyPI, SendGrid, Vault, Google, Docker, language models, age, Bedrock, DigitalOcean.
pub(super) const TOKENS: &str = concat!(
    r"gl(?:pat|rt|dt|cbt|ptt)-[A-Za-z0-9_-]{20,}|[rs]k_live_[A-Za-z0-9]{24,}|whsec_[A-Za-z0-9+/]{24,}=*|npm_[A-Za-z0-9]{36,}",
    r"|pypi-AgE[A-Za-z0-9_-]{50,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|hv[sbr]\.[A-Za-z0-9_-]{24,}",
    r"|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|dckr_pat_[A-Za-z0-9_-]{20,}",
    r"|sk-(?:ant|proj|svcacct)-[A-Za-z0-9_-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}|ABSK[A-Za-z0-9+/]{60,}=*|dop_v1_[a-f0-9]{64}",
);

/// Whether `text`, in lower case, could have what [`SAID`] finds.
pub(super) fn may_be_said(text: &str) -> bool {
    ["bearer", "basic ", "authorization", "accountkey=", "accesskey=", "sig="].iter().any(|part| text.contains(part))
}

/// What follows the scheme of an `Authorization`, and Azure's keys and signatures.
pub(super) const SAID: &str = concat!(
    r#"(?i:\b(?:bearer|basic|authorization["']?\s*[:=]\s*["']?token)\s+"#,
    r"|(?:account|sharedaccess)key=|[?&;]sig=)([A-Za-z0-9._~+/=-]{12,})",
);

/// Whether what [`SAID`] found is no word.
pub(super) fn is_credential(text: &str) -> bool {
    is_mixed(text) && text.bytes().filter(u8::is_ascii_alphabetic).count() > 2
}
