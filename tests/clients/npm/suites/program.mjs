import { startRamtape } from "ramtape";
import { create, list } from "./ram.js";

const tape = await startRamtape("program");
for (const test of ["one", "two"]) {
  await tape.begin(test);
  const name = await tape.variable("NAME", `${test}-${process.pid}`);
  await create(name);
  console.log(tape.session, name, await list(name));
  await tape.end(test);
}
await tape.stop();
console.log("afterwards", process.env.AWS_ENDPOINT_URL_RAM, process.env.AWS_ACCESS_KEY_ID);
