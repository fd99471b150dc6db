// Cassettes in suites of Vitest.

import { relative } from "node:path";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { Cassette, ownSession } from "./cassette.js";

/** The most that ramtape takes to start, or to write what it recorded, in milliseconds. */
const LIMIT = 60_000;

export function useCassette(name, options) {
  const file = relative(process.cwd(), expect.getState().testPath);
  const cassette = new Cassette(name, options, { session: file, command: `npx vitest run ${file}` });

  beforeAll(() => cassette.start(), LIMIT);
  beforeEach(async ({ task, onTestFinished }) => {
    const session = sessionOf(task);
    // Vitest waits for this function: what it enters before it waits itself counts for the test too.
    ownSession.enterWith(session);
    await cassette.begin(session);
    onTestFinished(async () => {
      const hasFailed = (task.result.state === "fail") !== Boolean(task.fails);
      const misses = await cassette.end(session, hasFailed ? (task.result.errors ?? []) : undefined);
      // Another error of a test that has failed.
      if (misses.length > 0) throw new Error(`requests of this test are not recorded:\n\n${misses.join("\n\n")}`);
    });
  });
  afterAll(() => cassette.stop(), LIMIT);
  return cassette;
}

/** A test's full name; of several so called, the second one and those after it have a number. */
function sessionOf(test) {
  const name = fullName(test);
  const namesakes = testsIn(test.file).filter((other) => fullName(other) === name);
  const place = namesakes.indexOf(test);
  return place > 0 ? `${name} #${place + 1}` : name;
}

const fullName = (task) => (task === task.file ? task.name : `${fullName(task.suite ?? task.file)} > ${task.name}`);

const testsIn = (suite) => suite.tasks.flatMap((task) => (task.type === "suite" ? testsIn(task) : [task]));
