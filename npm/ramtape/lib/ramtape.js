// A running ramtape. It is started as `ramtape run`, whose command only waits: the process that uses it is the real command.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findBinary } from "./binary.js";

const HOLDER = fileURLToPath(new URL("holder.js", import.meta.url));

export class Ramtape {
  /** The environment that a command of `ramtape run` gets. */
  environment;
  #process;
  #end;
  #log;

  /** Starts `ramtape run` with these flags. Rejects with what it printed where it does not start. */
  static async start(flags) {
    const ramtape = new Ramtape(flags);
    for await (const line of createInterface({ input: ramtape.#process.stdout })) {
      ramtape.environment = JSON.parse(line);
      // From here on it keeps no process from ending that forgot to stop it.
      for (const it of [ramtape.#process, ramtape.#process.stdin, ramtape.#process.stdout]) it.unref();
      return ramtape;
    }
    throw new Error(`ramtape did not start (${await ramtape.#end}):\n${ramtape.log()}`);
  }

  constructor(flags) {
    this.#log = openNameless();
    const argv = ["run", ...flags, "--", process.execPath, HOLDER];
    // In a process group of its own: Ctrl-C ends the tests, and they end ramtape.
    this.#process = spawn(findBinary(), argv, { detached: true, stdio: ["pipe", "pipe", this.#log] });
    this.#process.stdin.on("error", () => {});
    this.#end = new Promise((resolve) => {
      this.#process.on("error", (error) => resolve(error.message));
      this.#process.on("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    // The command ends even if ramtape was killed.
    this.#end.then(() => this.#process.stdin.end());
  }

  /** The base URL. While recording it holds a key: who has it can use your credentials. */
  get url() {
    return this.environment.AWS_ENDPOINT_URL_RAM;
  }

  /** The answer to a request of a control path. */
  async ask(method, path, body) {
    let response;
    try {
      const request = http.request(`${this.url}/_ramtape/${path}`, { method, agent: false });
      request.end(body && JSON.stringify(body));
      [response] = await once(request, "response");
    } catch (error) {
      const end = await Promise.race([this.#end, setTimeout(1000)]);
      throw end ? new Error(`ramtape ended while the tests ran (${end}):\n${this.log()}`) : error;
    }
    const answer = await json(response);
    if (response.statusCode !== 200) throw new Error(answer.message);
    return answer;
  }

  /** Ends it, with `code` as the exit code of its command. Gives what it printed; rejects with that where its own code differs. */
  async stop(code) {
    this.#process.ref();
    this.#process.stdin.end(String(code));
    const end = await this.#end;
    const log = this.log();
    fs.closeSync(this.#log);
    if (end !== `exit code ${code}`) throw new Error(`ramtape ended with ${end}:\n${log}`);
    return log;
  }

  /** What it has printed on stderr. */
  log() {
    const text = Buffer.alloc(fs.fstatSync(this.#log).size);
    // At a position, which leaves alone where ramtape goes on.
    fs.readSync(this.#log, text, 0, text.length, 0);
    return text.toString().trimEnd();
  }
}

/** A file that nobody else finds, and that is gone when it is closed. */
function openNameless() {
  const folder = fs.mkdtempSync(join(tmpdir(), "ramtape-"));
  const file = fs.openSync(join(folder, "log"), "w+", 0o600);
  fs.rmSync(folder, { recursive: true });
  return file;
}
