//! The addresses that may be connected to on a client's behalf.
//!
//! The names that ramtape connects to for its clients are those of AWS. One that leads to this machine, to the network around
//! it or to an instance's metadata service is a mistake or an attack. The registries' ranges are written out here because the
//! standard library's own reading of them (`is_global`) is not stable.

use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a text is not a range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network is written like 10.0.0.0/8 or fd00::/8")]
pub struct NetworkError;

/// Reads a range of addresses, written `10.0.0.0/8` or, for one address, `10.1.2.3`.
///
/// # Errors
/// [`NetworkError`] for anything else.
pub fn parse_network(text: &str) -> Result<IpNet, NetworkError> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| one()).map_err(|_| NetworkError)
}

/// Why an address is not a public one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// This machine.
    Loopback,
    /// The network segment around it, the metadata service of instances among others.
    LinkLocal,
    /// A private network.
    Private,
    /// A provider's own network (RFC 6598).
    Shared,
    /// Many receivers at once.
    Multicast,
    /// No address, or one kept for a special purpose.
    Special,
}

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::LinkLocal => "a link-local address",
            Self::Private => "a private address",
            Self::Shared => "a carrier-grade NAT address",
            Self::Multicast => "a multicast address",
            Self::Special => "a special-purpose address",
        })
    }
}

impl Reserved {
    /// What `address` is reserved for, by the registries of RFC 6890; `None` for a public one. Of an address that holds an IPv4
    /// one (mapped, or translated by a gateway), that one counts.
    #[must_use]
    pub fn classify(address: IpAddr) -> Option<Self> {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::classify_v4(address),
            IpAddr::V6(address) => Self::classify_v6(address),
        }
    }

    fn classify_v4(address: Ipv4Addr) -> Option<Self> {
        match address.octets() {
            [127, ..] => Some(Self::Loopback),
            [169, 254, ..] => Some(Self::LinkLocal),
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(Self::Private),
            [100, 64..=127, ..] => Some(Self::Shared),
            [224..=239, ..] => Some(Self::Multicast),
            [0 | 240..=255, ..] | [192, 0, 0 | 2, _] | [192, 88, 99, _] => Some(Self::Special),
            [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => Some(Self::Special),
            _ => None,
        }
    }

    fn classify_v6(address: Ipv6Addr) -> Option<Self> {
        let held = |high: u16, low: u16| {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Self::classify_v4(Ipv4Addr::new(a, b, c, d))
        };
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 1] => Some(Self::Loopback),
            [0xfe80..=0xfebf, ..] => Some(Self::LinkLocal),
            [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Some(Self::Private),
            [0xff00..=0xffff, ..] => Some(Self::Multicast),
            // Translation to IPv4, as networks without any IPv4 have it: the well-known prefix, and 6to4.
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => held(high, low),
            [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some(Self::Special),
            [0x2000..=0x3fff, ..] => None,
            _ => Some(Self::Special),
        }
    }
}

/// An address that ramtape does not connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {reserved}")]
pub struct ForbiddenAddress {
    /// The address.
    pub address: IpAddr,
    /// What it is kept for.
    pub reserved: Reserved,
}

/// Which addresses names may lead to: public ones, and those of the networks that were allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressRules {
    /// Networks besides the public ones.
    pub allowed: Vec<IpNet>,
}

impl AddressRules {
    /// Whether `address` may be connected to.
    ///
    /// # Errors
    /// [`ForbiddenAddress`] where not.
    pub fn check(&self, address: IpAddr) -> Result<(), ForbiddenAddress> {
        match Reserved::classify(address) {
            // An IPv4 address is the same in its IPv6 spelling.
            Some(reserved) if !self.allowed.iter().any(|network| network.contains(&address.to_canonical())) => {
                Err(ForbiddenAddress { address, reserved })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]
    use super::*;

    fn classify(address: &str) -> Option<Reserved> {
        Reserved::classify(address.parse().unwrap())
    }

    #[test]
    fn what_is_not_public_is_known_in_every_spelling() {
        for (reserved, addresses) in [
            (Reserved::Loopback, &["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"][..]),
            (Reserved::LinkLocal, &["169.254.169.254", "169.254.170.2", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe"]),
            (Reserved::LinkLocal, &["fe80::1", "febf::1", "2002:a9fe:a9fe::1"]),
            (Reserved::Private, &["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "::ffff:10.0.0.1"]),
            (Reserved::Private, &["fc00::1", "fd00:ec2::254", "fec0::1", "64:ff9b::10.0.0.1"]),
            (Reserved::Shared, &["100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1"]),
            (Reserved::Multicast, &["224.0.0.1", "239.255.255.255", "ff02::1"]),
            (Reserved::Special, &["0.0.0.0", "0.1.2.3", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"]),
            (
                Reserved::Special,
                &["::", "::ffff:0.0.0.0", "::127.0.0.1", "2001::1", "2001:db8::1", "100::1", "64:ff9b:1::1"],
            ),
        ] {
            for address in addresses {
                assert_eq!(classify(address), Some(reserved), "{address}");
            }
        }
    }

    #[test]
    fn what_is_public_is_public() {
        for address in [
            "52.94.5.1",
            "1.1.1.1",
            "11.0.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.169.0.1",
            "169.253.0.1",
            "223.255.255.255",
            "2600:1f00::1",
            "2a05:d000::1",
            "2001:4860::8888",
            "64:ff9b::52.94.5.1",
            "::ffff:52.94.5.1",
        ] {
            assert_eq!(classify(address), None, "{address}");
        }
    }

    #[test]
    fn networks_hold_what_begins_as_they_do() {
        let holds = |network: &str, address: &str| {
            let address: IpAddr = address.parse().unwrap();
            parse_network(network).unwrap().contains(&address.to_canonical())
        };
        for (network, address, held) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.2", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fc00::1", false),
            ("::1", "::1", true),
            ("::/0", "fe80::1", true),
        ] {
            assert_eq!(holds(network, address), held, "{network} {address}");
        }
        for text in ["", "10.0.0.0/", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/+8", "10.0.0.0/8/8", "ram.test"] {
            assert_eq!(parse_network(text), Err(NetworkError), "{text}");
        }
    }

    #[test]
    fn what_was_allowed_is_allowed_and_nothing_beside_it() {
        let rules = AddressRules { allowed: vec!["10.1.0.0/16".parse().unwrap()] };
        let check = |address: &str| rules.check(address.parse().unwrap());
        assert_eq!((check("10.1.2.3"), check("52.94.5.1")), (Ok(()), Ok(())));
        assert_eq!(check("10.2.0.1").unwrap_err().to_string(), "10.2.0.1 is a private address");
        assert_eq!(check("::ffff:169.254.169.254").unwrap_err().reserved, Reserved::LinkLocal);
    }
}
