import { writeFileSync } from "node:fs";
import { test } from "vitest";
import { useCassette } from "ramtape/vitest";
import { list } from "./ram.js";

useCassette("waiting");

test("waits", async () => {
  await list();
  writeFileSync("waits", "");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}, 60_000);
