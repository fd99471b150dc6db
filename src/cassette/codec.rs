//! Values as the store keeps them: lengths and bytes, nothing self-describing; the store's format version stands over all.

use crate::model::{Body, Entry, Hole, OperationName, Page, Part, Take};
use bytes::Bytes;

/// Bytes being put together.
#[derive(Default)]
pub(super) struct Packer(pub(super) Vec<u8>);

impl Packer {
    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn number(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.number(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    pub(super) fn maybe<T>(&mut self, value: Option<T>, pack: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            pack(self, value);
        }
    }

    pub(super) fn operation(&mut self, operation: &OperationName) {
        self.byte(u8::from(matches!(operation, OperationName::Unknown(_))));
        self.text(operation.as_str());
    }

    pub(super) fn page(&mut self, page: &Page) {
        self.number(u64::from(page.status));
        self.number(page.headers.len() as u64);
        for (name, value) in &page.headers {
            self.text(name);
            self.text(value);
        }
        self.number(page.body.parts().len() as u64);
        for part in page.body.parts() {
            match part {
                Part::Literal(bytes) => {
                    self.byte(0);
                    self.bytes(bytes);
                }
                Part::Hole(Hole::Token(position)) => {
                    self.byte(1);
                    self.number(u64::from(*position));
                }
                Part::Hole(Hole::Volatile(source)) => {
                    self.byte(2);
                    self.text(source);
                }
            }
        }
    }

    /// What a take says beside its pages and whether they are all.
    pub(super) fn links(&mut self, take: &Take) {
        for text in [&take.session, &take.after, &take.id] {
            self.maybe(text.as_deref(), Self::text);
        }
        self.maybe(take.max_results, |packer, size| packer.number(u64::from(size)));
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        self.operation(&entry.operation);
        self.text(&entry.region);
        self.text(&entry.actor);
        self.text(&entry.request);
        self.number(entry.takes.len() as u64);
        for take in &entry.takes {
            self.links(take);
            self.byte(u8::from(take.complete));
            self.number(u64::from(take.times));
            self.number(take.pages.len() as u64);
            for page in &take.pages {
                self.page(page);
            }
        }
    }
}

/// Bytes being taken apart. Everything is `None` once they do not fit.
pub(super) struct Unpacker<'a>(pub(super) &'a [u8]);

impl<'a> Unpacker<'a> {
    fn slice(&mut self, length: usize) -> Option<&'a [u8]> {
        let (slice, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(slice)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.slice(1)?.first().copied()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.slice(8)?.try_into().ok()?))
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.slice(N)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.slice(length)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    /// `Some(None)` is an absent value, `None` a damaged one.
    pub(super) fn maybe<T>(&mut self, unpack: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.flag()? { unpack(self).map(Some) } else { Some(None) }
    }

    /// `length` values; a length that the bytes cannot hold reserves no memory.
    fn many<T>(&mut self, mut unpack: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.length()?;
        let mut values = Vec::with_capacity(length.min(self.0.len()).min(1024));
        for _ in 0..length {
            values.push(unpack(self)?);
        }
        Some(values)
    }

    pub(super) fn operation(&mut self) -> Option<OperationName> {
        Some(if self.flag()? { OperationName::Unknown(self.text()?) } else { OperationName::Known(self.text()?) })
    }

    pub(super) fn page(&mut self) -> Option<Page> {
        let status = u16::try_from(self.number()?).ok()?;
        let headers = self.many(|unpacker| Some((unpacker.text()?, unpacker.text()?)))?;
        let mut body = Body::default();
        for _ in 0..self.length()? {
            match self.byte()? {
                0 => body.push_literal(Bytes::copy_from_slice(self.bytes()?)),
                1 => body.push_hole(Hole::Token(u32::try_from(self.number()?).ok()?)),
                2 => body.push_hole(Hole::Volatile(self.text()?)),
                _ => return None,
            }
        }
        Some(Page { status, headers, body })
    }

    /// A take without pages, complete.
    pub(super) fn links(&mut self) -> Option<Take> {
        Some(Take {
            session: self.maybe(Self::text)?,
            after: self.maybe(Self::text)?,
            id: self.maybe(Self::text)?,
            max_results: self.maybe(|unpacker| u32::try_from(unpacker.number()?).ok())?,
            complete: true,
            times: 1,
            pages: Vec::new(),
        })
    }

    pub(super) fn entry(&mut self) -> Option<Entry> {
        Some(Entry {
            operation: self.operation()?,
            region: self.text()?,
            actor: self.text()?,
            request: self.text()?,
            takes: self.many(|unpacker| {
                let mut take = unpacker.links()?;
                take.complete = unpacker.flag()?;
                take.times = u32::try_from(unpacker.number()?).ok()?;
                take.pages = unpacker.many(Self::page)?;
                Some(take)
            })?,
        })
    }
}
