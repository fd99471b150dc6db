// A program that a test starts: prints how many shares have the name given.
import { list } from "./ram.js";

console.log((await list(process.argv[2])).length);
