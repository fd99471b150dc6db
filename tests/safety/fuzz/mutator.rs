//! Other inputs made of given ones: by chance, and the same each time.

/// Values at which programs turn.
const ODD_BYTES: [u8; 12] = [0, 1, 9, 10, 13, 32, 34, 92, 127, 128, 254, 255];

/// The longest input that is made.
const LONGEST: usize = 16 << 10;

pub(crate) struct Mutator {
    state: u64,
}

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// One of `seeds`, changed a few times; `words` are what the inputs are made of.
    pub(crate) fn input(&mut self, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let at = self.below(seeds.len());
        let mut data = seeds[at].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut data, seeds, words);
        }
        data.truncate(LONGEST);
        data
    }

    fn change(&mut self, data: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
        let at = self.below(data.len() + 1);
        let end = at + self.below((data.len() - at).min(32) + 1);
        match self.below(9) {
            0 if at < data.len() => data[at] ^= 1 << self.below(8),
            1 if at < data.len() => data[at] = ODD_BYTES[self.below(ODD_BYTES.len())],
            2 => data.insert(at, ODD_BYTES[self.below(ODD_BYTES.len())]),
            3 => drop(data.drain(at..end)),
            4 => {
                let twice = data[at..end].to_vec();
                data.splice(at..at, twice);
            }
            5 => {
                let moved: Vec<u8> = data.drain(at..end).collect();
                let to = self.below(data.len() + 1);
                data.splice(to..to, moved);
            }
            6 => {
                let other = &seeds[self.below(seeds.len())];
                data.truncate(at);
                data.extend_from_slice(&other[self.below(other.len() + 1)..]);
            }
            _ => {
                let word = words[self.below(words.len())].bytes();
                data.splice(at..at.max(end.saturating_sub(1)), word);
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
