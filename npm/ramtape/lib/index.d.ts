/// <reference lib="esnext.disposable" />

/** How a cassette is used. What is left out is what `ramtape run` does without the flag, or its `RAMTAPE_*` variable says. */
export interface CassetteOptions {
  /** The folder that the cassette's folder is in; `cassettes`, below the working directory, by default. */
  folder?: string;
  /** When to ask AWS and when to replay. The variable `RAMTAPE_RECORD_MODE` counts before it. `off` starts no ramtape. */
  recordMode?: "none" | "once" | "new_episodes" | "all" | "off";
  /** What a polling client gets on replay: each answer in turn, or the last one at once. */
  poll?: "recorded" | "final";
  /** How a replayed listing is cut into pages. */
  pages?: "requested" | "recorded" | "adversarial";
  /** The services that are recorded; RAM and STS by default. */
  services?: string[];
  /** Refuses every operation that changes something while recording. */
  readOnly?: boolean;
  /** Further flags of `ramtape run`. */
  flags?: string[];
}

/** A cassette that the tests of a file use. */
export interface Cassette {
  /** The session of the test that runs. */
  readonly session: string | undefined;
  /** The endpoint of that session, for a client that reads no environment variable. While recording it is a secret. */
  readonly url: string | undefined;
  /** The value of a recorded variable: `value` while recording, and on replay what it was then. */
  variable(name: string, value: string): Promise<string>;
}

/** A cassette whose sessions the caller begins and ends, for runners that ramtape does not know. */
export interface StartedCassette extends Cassette {
  /** Begins a session anew, named after a test: what is asked from now on belongs to it. */
  begin(session: string): Promise<void>;
  /** Ends a session. If its test failed, with `errors`, what it recorded is dropped; gives the misses that they do not show. */
  end(session: string, errors?: readonly unknown[]): Promise<string[]>;
  /** Ends ramtape. Rejects with its words if a request missed, or could not be recorded, and no test failed. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts ramtape with a cassette, for this process and those that it starts. */
export function startRamtape(name: string, options?: CassetteOptions): Promise<StartedCassette>;
