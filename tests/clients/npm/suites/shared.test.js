import { expect, test } from "vitest";
import { useCassette } from "ramtape/vitest";
import { list } from "./ram.js";

useCassette("shared");

test("lists", async () => {
  expect((await list()).length).toBeGreaterThan(2);
  // The other file starts meanwhile.
  if (process.env.LINGER) await new Promise((resolve) => setTimeout(resolve, 3000));
});
