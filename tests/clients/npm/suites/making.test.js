import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useCassette } from "ramtape/vitest";
import { create, list } from "./ram.js";

const tape = useCassette("making");

/** Holds only where nobody else's answers come: each caller makes the same share, and it is not there before. */
async function make(name) {
  expect(await list(name)).toEqual([]);
  await create(name);
  expect(await list(name)).toHaveLength(1);
}

beforeAll(() => list("asked before all"));
afterAll(() => list("asked after all"));

describe("with names", () => {
  test.each(["a b", "a-b", "a/b", "%s 100% ~ü漢\ud800", "x".repeat(90), "same", "same"])("makes one: %s", async () => {
    const name = await tape.variable("NAME", `share-${Math.random().toString(36).slice(2)}`);
    await make(name);
    expect(await tape.variable("NAME", "another")).toBe(name);
  });
});

let attempts = 0;
test("is flaky", { retry: 1 }, async () => {
  await make("flaky");
  if (process.env.FLAKY && attempts++ === 0) throw new Error("flaky");
});

test("starts a program", async () => {
  await make("asked for by a program");
  expect(execFileSync(process.execPath, ["list.js", "asked for by a program"], { encoding: "utf8" })).toBe("1\n");
});

test("asks by fetch", async () => {
  await make("fetched");
  const body = JSON.stringify({ resourceOwner: "SELF", name: "fetched" });
  // The base URL alone: the header says which session it is.
  const base = tape.url.slice(0, tape.url.lastIndexOf("/~"));
  const answer = await fetch(`${base}/getresourceshares`, { method: "POST", body });
  expect((await answer.json()).resourceShares).toHaveLength(1);
});

describe.concurrent("at once", () => {
  test.each(["p", "q", "r"])("makes %s", (name) => make(`at-once-${name}`));
});
