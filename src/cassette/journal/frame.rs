//! Checksummed records in a file, one behind the other, and how they are found again in a file that is damaged.
//!
//! A frame is a mark, the payload's length (4 bytes, big-endian), the payload, and 8 bytes of a SHA-256 over the frame's
//! offset in the file, the length and the payload. The mark is what a reader looks for behind a frame that does not hold;
//! the offset in the checksum keeps a frame inside another one's payload from being taken for a record.

use memchr::memmem;
use sha2::{Digest, Sha256};

const MARK: [u8; 8] = *b"\xf7ramtape";
const LENGTH: usize = 4;

/// What tells one frame of a file from every other: its checksum.
pub(crate) type Checksum = [u8; 8];

/// A frame that holds.
pub(super) struct Frame<'a> {
    pub(super) payload: &'a [u8],
    pub(super) checksum: Checksum,
    /// How many bytes the whole frame takes.
    pub(super) size: usize,
}

/// What a file consists of.
pub(super) struct Scan<'a> {
    /// The frames that hold, with their offsets, in order.
    pub(super) frames: Vec<(u64, Frame<'a>)>,
    /// How many bytes between frames belong to none.
    pub(super) damaged: usize,
    /// Where the last frame ends. What follows is a frame whose write did not finish, or damage.
    pub(super) end: usize,
}

/// The frame of `payload`, for this offset of a file.
pub(super) fn encode(payload: &[u8], offset: u64) -> Vec<u8> {
    let mut frame = Vec::with_capacity(MARK.len() + LENGTH + payload.len() + size_of::<Checksum>());
    frame.extend_from_slice(&MARK);
    frame.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&checksum(payload, offset));
    frame
}

/// The frame that `bytes`, which stand at this offset of a file, begin with; `None` where none holds.
pub(super) fn decode(bytes: &[u8], offset: u64) -> Option<Frame<'_>> {
    let rest = bytes.strip_prefix(&MARK)?;
    let (length, rest) = rest.split_first_chunk::<LENGTH>()?;
    let (payload, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let (sum, _) = rest.split_first_chunk()?;
    let size = MARK.len() + LENGTH + payload.len() + size_of::<Checksum>();
    (*sum == checksum(payload, offset)).then_some(Frame { payload, checksum: *sum, size })
}

/// The checksum at the end of a frame.
pub(super) fn checksum_of(frame: &[u8]) -> Checksum {
    frame.last_chunk().copied().unwrap_or_default()
}

/// All frames of a file.
pub(super) fn scan(bytes: &[u8]) -> Scan<'_> {
    let mut scan = Scan { frames: Vec::new(), damaged: 0, end: 0 };
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        if let Some(frame) = decode(rest, at as u64) {
            scan.damaged += at - scan.end;
            scan.end = at + frame.size;
            scan.frames.push((at as u64, frame));
            at = scan.end;
        } else {
            let Some(next) = rest.get(1..).and_then(|rest| memmem::find(rest, &MARK)) else { break };
            at += 1 + next;
        }
    }
    scan
}

fn checksum(payload: &[u8], offset: u64) -> Checksum {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let hash = Sha256::new()
        .chain_update(offset.to_be_bytes())
        .chain_update(length.to_be_bytes())
        .chain_update(payload)
        .finalize();
    let mut sum = Checksum::default();
    sum.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOADS: [&[u8]; 4] = [b"one", b"", b"\xf7ramtape and more", b"four"];

    fn file() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for payload in PAYLOADS {
            bytes.extend(encode(payload, bytes.len() as u64));
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn payloads(bytes: &[u8]) -> Vec<Vec<u8>> {
        scan(bytes).frames.iter().map(|(_, frame)| frame.payload.to_vec()).collect()
    }

    #[test]
    fn a_whole_file_reads_back() {
        let (bytes, _) = file();
        assert_eq!(payloads(&bytes), PAYLOADS);
        assert_eq!((scan(&bytes).damaged, scan(&bytes).end), (0, bytes.len()));
    }

    #[test]
    fn a_file_that_is_cut_keeps_the_frames_before_the_cut() {
        let (bytes, ends) = file();
        for cut in 0..bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(payloads(&bytes[..cut]), PAYLOADS[..whole], "cut at {cut}");
        }
    }

    #[test]
    fn a_flipped_bit_costs_one_frame_and_never_makes_another() {
        let (bytes, ends) = file();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            let hit = ends.iter().filter(|end| **end <= at).count();
            let mut expected = PAYLOADS.to_vec();
            expected.remove(hit);
            assert_eq!(payloads(&flipped), expected, "flipped at {at}");
            assert_eq!(scan(&flipped).damaged > 0, hit + 1 < PAYLOADS.len(), "flipped at {at}");
        }
    }

    #[test]
    fn a_frame_inside_a_payload_is_no_record() {
        let inner = encode(b"inner", 0);
        let mut outer = encode(&inner, 0);
        *outer.last_mut().unwrap_or(&mut 0) ^= 1;
        assert_eq!(payloads(&outer), Vec::<Vec<u8>>::new());
    }
}
