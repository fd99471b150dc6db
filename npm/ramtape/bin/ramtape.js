#!/usr/bin/env node
// Runs the binary with the same arguments, and ends as it ends.
import { spawn } from "node:child_process";
import { findBinary } from "../lib/binary.js";

let binary;
try {
  binary = findBinary();
} catch (error) {
  console.error(`ramtape: ${error.message}`);
  process.exit(1);
}

const ramtape = spawn(binary, process.argv.slice(2), { stdio: "inherit" });

// A terminal sends its own signals to the binary too.
const hasTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
for (const signal of ["SIGINT", "SIGQUIT"]) process.on(signal, () => hasTerminal || ramtape.kill(signal));
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => ramtape.kill(signal));

ramtape.on("error", (error) => {
  console.error(`ramtape: cannot run ${binary}: ${error.message}`);
  process.exit(1);
});
ramtape.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
