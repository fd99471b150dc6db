// Not run: what TypeScript has to understand, and what it has to refuse.
import { startRamtape, type CassetteOptions } from "ramtape";
import { useCassette as useInNode } from "ramtape/node";
import { useCassette } from "ramtape/vitest";

const options: CassetteOptions = { folder: "tapes", recordMode: "new_episodes", poll: "final", pages: "adversarial", services: ["ram", "iam"] };
const tape = useCassette("typed", options);
const name: string = await tape.variable("NAME", "default");
const url: string | undefined = (await useInNode("typed")).url;
console.log(name, url, tape.session?.length);

await using started = await startRamtape("typed", { readOnly: true, flags: ["--strict"] });
await started.begin("a test");
const misses: string[] = await started.end("a test", [new Error("failed")]);
console.log(misses.length);

// @ts-expect-error: no such mode
useCassette("typed", { recordMode: "never" });
// @ts-expect-error: while recording it is ramtape's
tape.url = "http://127.0.0.1";
// @ts-expect-error: not for a runner's own hooks
tape.begin("a test");
