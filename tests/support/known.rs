//! The listings, and what they have to name.

use serde_json::{Value, json};

/// Something of each kind that the endpoint has, for parameters that must name it.
pub(crate) struct Known {
    pub(crate) share: Value,
    pub(crate) resource: Value,
    pub(crate) invitation: Value,
}

impl Known {
    /// The 14 listings, with parameters that name what is there.
    pub(crate) fn listings(&self) -> Vec<(String, Value)> {
        let listings: Value = serde_json::from_str(include_str!("../clients/pinned/listings.json")).unwrap();
        let listings = listings.as_object().unwrap();
        assert_eq!(listings.len(), 14);
        listings.iter().map(|(operation, sample)| (operation.clone(), self.named_in(sample))).collect()
    }

    fn named_in(&self, sample: &Value) -> Value {
        let mut parameters = sample.clone();
        for (member, value) in [
            ("resourceShareArn", self.share.clone()),
            ("resourceShareInvitationArn", self.invitation.clone()),
            ("resourceArns", json!([self.resource])),
        ] {
            if parameters.get(member).is_some() {
                parameters[member] = value;
            }
        }
        parameters
    }
}
