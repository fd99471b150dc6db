import { expect, test } from "vitest";
import { useCassette } from "ramtape/vitest";
import { list } from "./ram.js";

useCassette("listing");

test("lists", async () => {
  expect((await list()).length).toBeGreaterThan(2);
});

test.fails("is expected to fail", async () => {
  expect(await list()).toEqual([]);
});
