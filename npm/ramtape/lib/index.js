// Cassettes in any runner, and in programs that are none.

import { relative } from "node:path";
import { Cassette } from "./cassette.js";

export async function startRamtape(name, options) {
  const program = relative(process.cwd(), process.argv[1]);
  const cassette = new Cassette(name, options, { session: program, command: `node ${program}` });
  await cassette.start();
  return cassette;
}
