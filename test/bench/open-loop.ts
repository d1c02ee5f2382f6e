// npm run bench -- open-loop: requests at fixed rates, sent whether or not earlier ones are answered (1 KiB up, 10 KiB
// down, an upstream of 10 ms): what a rate costs in time, long before and just after a leg is at its end.
import { inTurns, withLegs } from "./gateway/rounds.ts";
import { report, type Table } from "./report.ts";

const tables = await withLegs(false, async (legs, dir) => {
  const made: Table[] = [];
  for (const rate of [50, 100, 200, 400]) {
    const shape = { path: "/chat/completions", users: 100, requestBytes: 1024, rate };
    const rows = await inTurns(legs, dir, shape);
    made.push({ title: `${rate} requests/s, 1 KiB up, 10 KiB down, an upstream of 10 ms`, rows });
  }
  return made;
});
report("open-loop", tables);
