// A cassette in use: a ramtape that runs for this process, and the sessions of the tests.

import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import { inspect } from "node:util";
import { encodeSession, nameSessions } from "./header.js";
import { Ramtape } from "./ramtape.js";

/** The session of the test that some code belongs to, for a runner that can have several tests at once. */
export const ownSession = new AsyncLocalStorage();

/** The cassette that this process uses: environment variables can lead to one ramtape only. */
let inUse;

export class Cassette {
  #name;
  #options;
  #runner;
  #ramtape;
  #isRecording;
  #restoreEnvironment;
  /** The sessions that run, the latest one last; the first is for what is asked outside of tests. */
  #sessions = [];
  #hasFailed = false;

  /** `runner` has the `command` that runs the tests, and the `session` of what is asked outside of them. */
  constructor(name, options, runner) {
    this.#name = name;
    this.#options = options ?? {};
    this.#runner = runner;
  }

  /** The session of the test that runs. */
  get session() {
    const latest = this.#sessions.at(-1);
    return this.#sessions.length > 1 ? (ownSession.getStore() ?? latest) : latest;
  }

  /** The endpoint for clients in the session of the test that runs; undefined where ramtape is off. */
  get url() {
    return this.#ramtape && inSession(this.#ramtape.url, this.session);
  }

  /** The value of a recorded variable: `value` while recording, and on replay what it was then. */
  async variable(name, value) {
    if (!this.#ramtape) return value;
    return (await this.#ask("POST", "/variables", { [name]: value }))[name];
  }

  async start() {
    const mode = process.env.RAMTAPE_RECORD_MODE || this.#options.recordMode;
    if (mode === "off") return;
    if (inUse) throw new Error(`the cassette ${this.#name} cannot be used while ${inUse} is: a process uses one at a time`);
    inUse = this.#name;
    try {
      this.#ramtape = await Ramtape.start(flagsOf(this.#name, { ...this.#options, recordMode: mode }, this.#runner));
      this.#isRecording = (await this.#ramtape.ask("GET", "health")).mode !== "replaying";
    } catch (error) {
      inUse = undefined;
      throw error;
    }
    this.#restoreEnvironment = replaceEnvironment(this.#ramtape.environment);
    nameSessions(new URL(this.#ramtape.url).host, () => this.session);
    this.#sessions = [this.#runner.session];
    this.#directChildren();
  }

  /** Begins a session anew: what is asked from now on belongs to it. */
  async begin(session) {
    if (!this.#ramtape) return;
    await this.#ask("POST", "/reset", undefined, session);
    this.#sessions.push(session);
    this.#directChildren();
  }

  /** Ends a session. If its test failed, with `errors`, what it recorded is dropped; gives the misses that they do not show. */
  async end(session, errors) {
    if (!this.#ramtape) return [];
    this.#sessions = this.#sessions.filter((other) => other !== session);
    this.#directChildren();
    if (!errors) return [];
    this.#hasFailed = true;
    const { misses } = await this.#ask("GET", "", undefined, session);
    if (this.#isRecording) await this.#ask("POST", "/discard", undefined, session);
    const shown = errors.map((error) => inspect(error)).join("\n");
    return misses.filter((miss) => !shown.includes(miss.split("\n")[0]));
  }

  /** Ends ramtape. Rejects with its words where it has anything to complain of and no test has failed. */
  async stop() {
    if (!this.#ramtape) return;
    nameSessions(undefined);
    this.#restoreEnvironment();
    inUse = undefined;
    const ramtape = this.#ramtape;
    this.#ramtape = undefined;
    const words = await ramtape.stop(this.#hasFailed ? 1 : 0);
    if (this.#isRecording) console.error(words);
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  #ask(method, what, body, session = this.session) {
    return this.#ramtape.ask(method, `sessions/${encodeSession(session)}${what}`, body);
  }

  /** Has the processes that a test starts ask in its session. */
  #directChildren() {
    const { url, environment } = this.#ramtape;
    for (const [name, value] of Object.entries(environment)) {
      if (name.startsWith("AWS_ENDPOINT_URL") && value === url) process.env[name] = inSession(url, this.session);
    }
  }
}

const inSession = (url, session) => `${url}/~${encodeSession(session)}`;

/** The flags of `ramtape run`. */
function flagsOf(name, options, { command }) {
  const flags = ["--cassette", join(options.folder ?? "cassettes", name), "--shown-command", `RAMTAPE_RECORD_MODE={mode} ${command}`];
  if (options.recordMode) flags.push("--record-mode", options.recordMode);
  if (options.poll) flags.push("--poll", options.poll);
  if (options.pages) flags.push("--pages", options.pages);
  if (options.services) flags.push("--service", options.services.join(","));
  if (options.readOnly) flags.push("--read-only");
  return [...flags, ...(options.flags ?? [])];
}

/** Makes this process's environment the one given; what it returns undoes that. */
function replaceEnvironment(environment) {
  const before = {};
  for (const name of new Set([...Object.keys(process.env), ...Object.keys(environment)])) {
    if (process.env[name] === environment[name]) continue;
    before[name] = process.env[name];
    setVariable(name, environment[name]);
  }
  return () => Object.entries(before).forEach(([name, value]) => setVariable(name, value));
}

function setVariable(name, value) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
