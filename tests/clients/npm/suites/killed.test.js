import { readFileSync } from "node:fs";
import { test } from "vitest";
import { useCassette } from "ramtape/vitest";
import { list } from "./ram.js";

useCassette("listing");

test("loses ramtape", async () => {
  await list();
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  for (const child of children) process.kill(Number(child), "SIGKILL");
  await list();
});

test("comes after", () => list());
