import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import { useCassette } from "ramtape/node";
import { create, list } from "./ram.js";

const tape = await useCassette("node");

async function make(name) {
  assert.deepEqual(await list(name), []);
  await create(name);
  assert.equal((await list(name)).length, 1);
}

before(() => list("asked before"));
after(() => list("asked after"));

describe("with names", () => {
  for (const name of ["a b", "a-b", "a/b", "%s 100% ~ü漢\ud800", "x".repeat(90), "same", "same"]) {
    it(`makes one: ${name}`, async () => make(await tape.variable("NAME", `share-${Math.random().toString(36).slice(2)}`)));
  }
});

test("has subtests", async (t) => {
  await list("asked before its subtest");
  await t.test("a subtest", () => make("by a subtest"));
  await list("asked after its subtest");
});

if (process.env.FAIL) {
  test("swallows a miss and fails", async () => {
    await list("swallowed and failed").catch(() => {});
    assert.equal(1, 2);
  });
}
if (process.env.SWALLOW) test("swallows a miss", () => list("swallowed").catch(() => {}));
if (process.env.CONCURRENT) {
  describe("at once", { concurrency: true }, () => {
    for (const name of ["p", "q"]) it(name, () => list(name));
  });
}
