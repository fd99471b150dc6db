// Calls RAM through the AWS SDK for JavaScript and prints what came back, one JSON
// object a line. The same lines, for the same purpose, as ../python/ram.py:
// {"http"}, {"page"}, {"answer"}, {"error"}. Nothing in them differs between two
// equal answers.
//
//   node ram.mjs list OPERATION [PARAMS] [--page-size N] [--starting-token T]
//   node ram.mjs pages OPERATION [PARAMS]
//   node ram.mjs call OPERATION [PARAMS]
//   node ram.mjs all-paginators [PARAMS BY OPERATION] [--page-size N]
//   node ram.mjs batch, with a JSON array of words as above in every line of stdin
//
// Endpoint, region and credentials come from the environment alone. The exit code is
// 1 if anything was printed as an error.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";

import { ConnectAgent } from "./connect.mjs";
import { commandOf, sdk } from "./sdk.mjs";

let options = {};
let failed = false;

// Node.js knows no HTTPS_PROXY of itself: the tests name one in CLIENT_CONNECT_PROXY.
const proxy = process.env.CLIENT_CONNECT_PROXY;
const ram = new sdk.RAMClient(proxy ? { requestHandler: { httpsAgent: new ConnectAgent(proxy) } } : {});
ram.middlewareStack.add(printHttp, { step: "deserialize", priority: "low", name: "printHttp" });

const verbs = { list, pages, call, "all-paginators": allPaginators, batch };
await run(process.argv.slice(2));
process.exitCode = failed ? 1 : 0;

async function run(args) {
  const known = { "page-size": { type: "string" }, "starting-token": { type: "string" } };
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: known });
  const [verb, ...rest] = positionals;
  if (!verbs[verb]) {
    console.error(`usage: ram.mjs ${Object.keys(verbs).join("|")} …`);
    process.exit(2);
  }
  options = values;
  await verbs[verb](...rest);
}

async function batch() {
  for (const line of readFileSync(process.stdin.fd, "utf8").split("\n").filter(Boolean)) {
    const step = JSON.parse(line);
    emit({ step });
    await run(step);
  }
}

async function list(operation, params = "{}") {
  const paginate = sdk[`paginate${operation}`];
  if (!paginate) throw new Error(`the SDK has no paginator for ${operation}`);
  const config = { client: ram };
  if (options["page-size"]) config.pageSize = Number(options["page-size"]);
  if (options["starting-token"]) config.startingToken = options["starting-token"];
  await printErrors(operation, async () => {
    for await (const page of paginate(config, JSON.parse(params))) print("page", operation, page);
  });
}

async function pages(operation, params = "{}") {
  const input = JSON.parse(params);
  await printErrors(operation, async () => {
    do {
      const page = await ram.send(commandOf(operation, input));
      print("page", operation, page);
      input.nextToken = page.nextToken;
    } while (input.nextToken);
  });
}

async function call(operation, params = "{}") {
  await printErrors(operation, async () => {
    print("answer", operation, await ram.send(commandOf(operation, JSON.parse(params))));
  });
}

async function allPaginators(overrides = "{}") {
  const listings = JSON.parse(readFileSync(join(import.meta.dirname, "../listings.json"), "utf8"));
  for (const [operation, params] of Object.entries({ ...listings, ...JSON.parse(overrides) })) {
    await list(operation, JSON.stringify(params));
  }
}

// Prints an answer as received; the body's stream can be read once, so the SDK gets a
// fresh one of the same bytes.
function printHttp(next, context) {
  return async (args) => {
    const result = await next(args);
    const { response } = result;
    const chunks = [];
    for await (const chunk of response.body ?? []) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    response.body = Readable.from([body]);
    emit({
      http: {
        body: body.toString("base64"),
        contentType: response.headers["content-type"] ?? null,
        errorType: response.headers["x-amzn-errortype"] ?? null,
        operation: context.commandName.replace(/Command$/, ""),
        status: response.statusCode,
      },
    });
    return result;
  };
}

async function printErrors(operation, body) {
  try {
    await body();
  } catch (error) {
    failed = true;
    const { httpStatusCode: status, attempts } = error.$metadata ?? {};
    emit({ error: { attempts, message: error.message, name: error.name, status }, operation });
  }
}

function print(label, operation, { $metadata, ...answer }) {
  emit({ attempts: $metadata.attempts, [label]: answer, operation });
}

function emit(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}
