// Sends every request that it reads from stdin, a JSON list of [operation, params],
// through the AWS SDK for JavaScript, one after the other. See capture.py.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

// As capture.py does: the machine's kernel is no fact about a client.
createRequire(import.meta.url)("node:os").release = () => process.env.CAPTURE_OS_RELEASE;
const { commandOf, sdk } = await import("./node/sdk.mjs");

const ram = new sdk.RAMClient({ maxAttempts: 1 });
for (const [operation, params] of JSON.parse(await text(process.stdin))) {
  await ram.send(commandOf(operation, params));
}
