// Loaded into a processor before its own code: at each SIGPWR it collects all garbage, moves what is left together, and writes
// how many bytes that is to the file that LIVE names. Resident memory would else say as much of when V8 last looked as of what is kept.
import { renameSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const file = process.env["LIVE"];
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (how: object) => void;
const thoroughly = { type: "major", flavor: "last-resort" };
if (file !== undefined)
  process.on("SIGPWR", async () => {
    // What lies outside V8's heap is freed a little later.
    collect(thoroughly);
    await pause(500);
    collect(thoroughly);
    await pause(500);
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(`${file}.part`, `${heapUsed + external}`);
    renameSync(`${file}.part`, file);
  });
