//! Settings of a simulated endpoint.

use std::fmt;
use std::time::Duration;

/// How a simulated endpoint behaves from its start.
#[derive(Clone, Debug)]
pub struct SimulatorSettings {
    /// Equal seeds and equal requests in equal order give byte-equal bodies; `None` takes a random seed.
    pub seed: Option<u64>,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// The keys it knows, and whose they are.
    pub credentials: Vec<Credential>,
    /// The regions it answers for, each with data of its own.
    pub regions: Vec<String>,
    /// How many items a page holds at most, whatever `maxResults` asks for.
    pub page_cap: usize,
    /// How long a `nextToken` is good for.
    pub token_lifetime: Duration,
    /// By how many seconds its clock is ahead of the machine's; negative where behind.
    pub clock_skew: i64,
    /// Whether it starts with a realistic set of shares, invitations and permissions.
    pub seeded: bool,
    /// How many reads see something in passing (`PENDING`, `ASSOCIATING`, …) before it has arrived.
    pub settling_reads: u32,
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        Self {
            seed: None,
            port: 0,
            credentials: vec![Credential::owner(), Credential::consumer()],
            regions: ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"].map(str::to_owned).to_vec(),
            page_cap: 100,
            token_lifetime: Duration::from_secs(15 * 60),
            clock_skew: 0,
            seeded: true,
            settling_reads: 1,
        }
    }
}

/// A key that a simulated endpoint knows.
#[derive(Clone)]
pub struct Credential {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret: String,
    /// Set for temporary keys: requests must carry it.
    pub session_token: Option<String>,
    /// The account, 12 digits.
    pub account: String,
    /// The name of the user or role.
    pub principal: String,
}

impl Credential {
    /// A long-term key of account 111122223333, which owns most of the seeded shares.
    #[must_use]
    pub fn owner() -> Self {
        Self {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
            account: "111122223333".to_owned(),
            principal: "owner".to_owned(),
        }
    }

    /// A long-term key of account 444455556666, with which some of the seeded shares are shared.
    #[must_use]
    pub fn consumer() -> Self {
        Self {
            access_key_id: "AKIAI44QH8DHBEXAMPLE".to_owned(),
            secret: "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY".to_owned(),
            session_token: None,
            account: "444455556666".to_owned(),
            principal: "consumer".to_owned(),
        }
    }
}

/// Without the secret and the token.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("access_key_id", &self.access_key_id)
            .field("account", &self.account)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}
