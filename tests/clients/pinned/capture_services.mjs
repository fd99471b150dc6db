// Sends every request that it reads from stdin, a JSON list of [service, operation, parameters, options], through
// the AWS SDK for JavaScript, one after the other. See capture_services.py.

import { createRequire } from "node:module";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";

const modules = process.env.CLIENT_MODULES ?? join(import.meta.dirname, "node");
const require = createRequire(join(modules, "package.json"));
// As capture.py does: the machine's kernel is no fact about a client.
require("node:os").release = () => process.env.CAPTURE_OS_RELEASE;

for (const [service, operation, parameters, { stream, cbor }] of JSON.parse(await text(process.stdin))) {
  const sdk = require(`@aws-sdk/client-${service}`);
  const Client = sdk[Object.keys(sdk).find((name) => /^[A-Z]\w+Client$/.test(name) && !name.startsWith("__"))];
  const protocol = cbor && require("@smithy/core/cbor").SmithyRpcV2CborProtocol;
  const client = new Client({ maxAttempts: 1, md5: false, ...(protocol && { protocol }) });
  const input = converted(parameters);
  if (stream) {
    input.ContentLength = input.Body.length;
    input.Body = Readable.from([input.Body]);
  }
  // The answer is none that the operation has.
  await client.send(new sdk[`${operation}Command`](input)).catch(() => {});
  client.destroy();
}

function converted(value) {
  if (Array.isArray(value)) return value.map(converted);
  if (value === null || typeof value !== "object") return value;
  if ("$blob" in value) return Buffer.from(value.$blob);
  if ("$time" in value) return new Date(value.$time * 1000);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, converted(item)]));
}
