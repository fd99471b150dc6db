// Cassettes in suites of Node.js' own test runner.

import { relative } from "node:path";
import { after, afterEach, beforeEach } from "node:test";
import { Cassette } from "./cassette.js";

export function useCassette(name, options) {
  const file = relative(process.cwd(), process.argv[1]);
  const cassette = new Cassette(name, options, { session: file, command: `node --test ${file}` });
  /** The tests that run: a test and the subtest within it, or one. */
  const running = [];
  const sessions = new WeakMap();
  const timesUsed = new Map();

  /** A test's full name; of several so called, the second one and those after it have a number. */
  function nameSession(test) {
    const session = `${file} > ${test.fullName}`;
    const times = (timesUsed.get(session) ?? 0) + 1;
    timesUsed.set(session, times);
    return times > 1 ? `${session} #${times}` : session;
  }

  // Not in a hook: Node.js does not wait for a file's `before` before it runs the next one.
  const started = cassette.start();
  beforeEach(async (test) => {
    await started;
    const outer = running.at(-1);
    if (outer && !test.fullName.startsWith(`${outer.fullName} > `)) {
      throw new Error(`${test.fullName} began while ${outer.fullName} runs: tests with a cassette cannot be concurrent in a file`);
    }
    running.push(test);
    sessions.set(test, nameSession(test));
    await cassette.begin(sessions.get(test));
  });
  afterEach(async (test) => {
    if (!sessions.has(test)) return;
    running.splice(running.indexOf(test), 1);
    const misses = await cassette.end(sessions.get(test), test.error ? [test.error] : undefined);
    for (const miss of misses) test.diagnostic(`a request of this test is not recorded: ${miss}`);
  });
  return started.then(() => {
    // After the file's own hooks: Node.js runs `after` in the order in which they are made.
    setImmediate(() => after(() => cassette.stop()));
    return cassette;
  });
}
