import type { Cassette, CassetteOptions } from "./index.js";

export type { Cassette, CassetteOptions };

/** Has the tests of this file use a cassette, each in a session of its own. */
export function useCassette(name: string, options?: CassetteOptions): Cassette;
