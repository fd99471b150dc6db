import type { Cassette, CassetteOptions } from "./index.js";

export type { Cassette, CassetteOptions };

/**
 * Has the tests of this file use a cassette, each in a session of its own. Wait for it before you ask anything outside of tests:
 * `const tape = await useCassette("shares")`.
 */
export function useCassette(name: string, options?: CassetteOptions): Promise<Cassette>;
