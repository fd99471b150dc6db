// Where the binary is: in the package for this platform, which npm installs beside this one, or where RAMTAPE_BINARY says.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const { version } = require("../package.json");

/** The path of the binary. Throws where there is none, or where it is of another version than this package. */
export function findBinary() {
  const named = process.env.RAMTAPE_BINARY;
  return named ? checkNamed(named) : findPackaged();
}

function checkNamed(binary) {
  let told;
  try {
    told = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
  } catch (error) {
    throw new Error(`RAMTAPE_BINARY is ${binary}, which cannot be run: ${error.message}`);
  }
  if (told !== `ramtape ${version}`) {
    throw new Error(`RAMTAPE_BINARY is ${binary}, which is ${told}, but the npm package is ramtape ${version}`);
  }
  return binary;
}

function findPackaged() {
  const name = `@ramtape/${process.platform}-${process.arch}`;
  let manifest;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch {
    throw new Error(
      `the package ${name}, which holds the binary for this platform, is not installed. If there is one, install again ` +
        "without --omit=optional, and not from a node_modules of another platform. If not, build ramtape from source and " +
        "name the binary in RAMTAPE_BINARY",
    );
  }
  const found = require(manifest).version;
  if (found !== version) {
    throw new Error(`${name} is ${found}, but ramtape is ${version}: install both in the same version`);
  }
  return join(manifest, "../bin/ramtape");
}
