// Writes the npm packages: `node npm/pack.mjs BINARY PLATFORM [FOLDER]` puts the tarballs of `ramtape` and of
// `@ramtape/PLATFORM`, which holds BINARY, into FOLDER, or into the working directory. PLATFORM is one of platforms.json.
// Both have the version of Cargo.toml.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const here = import.meta.dirname;
const root = resolve(here, "..");
const readJson = (path) => JSON.parse(fs.readFileSync(path, "utf8"));

const platforms = readJson(join(here, "platforms.json"));
const manifest = readJson(join(here, "ramtape/package.json"));
const version = /^version = "(.*)"$/m.exec(fs.readFileSync(join(root, "Cargo.toml"), "utf8"))[1];

const [binary, platform, folder = "."] = process.argv.slice(2);
if (!(platform in platforms)) {
  console.error(`usage: node npm/pack.mjs BINARY PLATFORM [FOLDER], where PLATFORM is one of ${Object.keys(platforms).join(", ")}`);
  process.exit(2);
}

// Every platform's package is named; npm installs the one whose "os", "cpu" and "libc" fit.
const optionalDependencies = Object.fromEntries(Object.keys(platforms).map((name) => [`@ramtape/${name}`, version]));
pack({ ...manifest, version, optionalDependencies }, (staged) => {
  fs.cpSync(join(here, "ramtape"), staged, { recursive: true });
});

const { license } = manifest;
const description = `The binary of ramtape for ${platform}`;
const name = `@ramtape/${platform}`;
// A binary cannot be started from within an archive, as which some package managers keep packages.
pack({ name, version, description, license, ...platforms[platform], files: ["bin", "LICENSE-*"], preferUnplugged: true }, (staged) => {
  fs.mkdirSync(join(staged, "bin"));
  fs.copyFileSync(binary, join(staged, "bin/ramtape"));
  fs.chmodSync(join(staged, "bin/ramtape"), 0o755);
});

/** Writes the tarball of a package with this manifest and what `fill` puts into its folder. */
function pack(manifest, fill) {
  const staged = fs.mkdtempSync(join(tmpdir(), "ramtape-npm-"));
  try {
    fill(staged);
    fs.writeFileSync(join(staged, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
    for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) fs.copyFileSync(join(root, licence), join(staged, licence));
    fs.mkdirSync(folder, { recursive: true });
    const written = execFileSync("npm", ["pack", "--silent", "--pack-destination", resolve(folder)], { cwd: staged, encoding: "utf8" });
    console.log(join(folder, written.trim()));
  } finally {
    fs.rmSync(staged, { recursive: true });
  }
}
