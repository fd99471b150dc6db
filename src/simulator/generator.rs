//! Random-looking values from a seed: equal seeds and an equal order of requests give equal bytes.

use data_encoding::BASE64;

/// `SplitMix64`, by Sebastiano Vigna (public domain): one addition and three mixing steps a value. Not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Generator(u64);

impl Generator {
    /// `stream` tells apart generators of one seed, so that one's use does not shift another's values.
    pub(super) fn new(seed: u64, stream: &str) -> Self {
        // FNV-1a over the stream's name.
        let mixed = stream
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(mixed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number from 0 up to, but without, `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A version 4 UUID, as RAM's ids and request ids are.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0x0fff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// 108 characters that look like base64 of something encrypted, with all of `+`, `/` and `=` in it.
    pub(super) fn token(&mut self) -> String {
        loop {
            let bytes: Vec<u8> = (0..10).flat_map(|_| self.next().to_le_bytes()).collect();
            let token = BASE64.encode(&bytes);
            if token.contains('+') && token.contains('/') {
                return token;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Generator;

    /// The first values of the reference implementation for the seed 1234567.
    #[test]
    fn gives_the_reference_values() {
        let mut generator = Generator(1_234_567);
        let values = [generator.next(), generator.next(), generator.next()];
        assert_eq!(values, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn tokens_need_every_escape() {
        let mut generator = Generator::new(7, "tokens");
        let token = generator.token();
        assert_eq!(token.len(), 108);
        assert!(['+', '/', '='].iter().all(|special| token.contains(*special)));
        assert_ne!(token, generator.token());
        assert_eq!(token, Generator::new(7, "tokens").token());
        assert_ne!(token, Generator::new(8, "tokens").token());
    }
}
