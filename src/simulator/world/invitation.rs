//! Invitations to principals outside the owner's organization.

use std::time::Duration;

use serde::Serialize;

use crate::simulator::answer::Moment;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::simulator) enum InvitationStatus {
    Pending,
    Accepted,
    Rejected,
    Expired,
}

#[derive(Clone, Debug)]
pub(in crate::simulator) struct Invitation {
    pub(in crate::simulator) key: String,
    pub(in crate::simulator) arn: String,
    pub(in crate::simulator) share_name: String,
    pub(in crate::simulator) share_arn: String,
    pub(in crate::simulator) sender: String,
    pub(in crate::simulator) receiver: String,
    /// The invited identity, where it is not an account.
    pub(in crate::simulator) receiver_arn: Option<String>,
    pub(in crate::simulator) sent: Moment,
    /// On the expiry clock.
    pub(in crate::simulator) expires: Duration,
    pub(in crate::simulator) answered: Option<InvitationStatus>,
}

impl Invitation {
    /// RAM gives a receiver twelve hours to accept.
    pub(in crate::simulator) const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

    pub(in crate::simulator) fn status(&self, now: Duration) -> InvitationStatus {
        self.answered.unwrap_or(if now < self.expires { InvitationStatus::Pending } else { InvitationStatus::Expired })
    }
}
