// Finds @aws-sdk/client-ram: beside this file, or in the folder that CLIENT_MODULES
// names (the tests install it under the build folder, not in the source tree).

import { createRequire } from "node:module";
import { join } from "node:path";

const here = import.meta.dirname;
const require = createRequire(join(process.env.CLIENT_MODULES ?? here, "package.json"));

export const sdk = require("@aws-sdk/client-ram");

// Another client of the same installation.
export const load = (name) => require(name);

export function commandOf(operation, params) {
  const Command = sdk[`${operation}Command`];
  if (!Command) throw new Error(`the SDK has no operation ${operation}`);
  return new Command(params);
}
