// The command that `ramtape run` is given: it tells the environment that it got, and stays until its stdin ends. What it read
// by then is its exit code. Where its starter died it has read nothing: that was no complete run.

process.stdout.write(`${JSON.stringify(process.env)}\n`);
let code = "";
process.stdin.on("data", (text) => (code += text));
process.stdin.on("end", () => process.exit(code === "" ? 1 : Number(code)));
