//! A string in a body.

use std::borrow::Cow;
use std::ops::Range;

/// A string in an XML or CBOR body: the content of an element that has no elements in it (`<a/>` has none), or a text item. XML's
/// attributes and the text beside elements are none, nor are CBOR's names of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf<'a> {
    /// The bytes to replace: in XML what stands between the tags, which may be nothing; in CBOR the item with its head.
    pub range: Range<usize>,
    /// The string, escapes resolved.
    pub text: Cow<'a, str>,
    /// The steps to it in what [`super::to_json`] makes of the body: names of members, and indexes of lists in decimal.
    pub path: Vec<Cow<'a, str>>,
    /// Whether it is itself an item of a list.
    pub in_list: bool,
}
