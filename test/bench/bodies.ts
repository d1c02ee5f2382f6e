// npm run bench -- bodies: answers of 2, 64 and 512 KiB over 1 and 16 connections, upstream at once; requests of 64 and
// 512 KiB. How much a byte costs, by way of each leg. `--down 64 --users 16`: of these alone.
import { inTurns, values, withLegs } from "./gateway/rounds.ts";
import { report, type Table } from "./report.ts";

const kib = 1024;
const shapes = [
  { up: 1, down: 2 },
  { up: 1, down: 64 },
  { up: 1, down: 512 },
  { up: 64, down: 2 },
  { up: 512, down: 2 },
].filter(({ down }) => values.down === undefined || down === Number(values.down));
const connections = values.users === undefined ? [1, 16] : [Number(values.users)];

const tables = await withLegs(false, async (legs, dir) => {
  const made: Table[] = [];
  for (const users of connections)
    for (const { up, down } of shapes) {
      const path = `/chat/completions?delay=0&size=${down * kib}`;
      const rows = await inTurns(legs, dir, { path, users, requestBytes: up * kib });
      const title = `${users} connection${users === 1 ? "" : "s"}, ${up} KiB up, ${down} KiB down, no delay; medians`;
      made.push({ title, rows });
    }
  return made;
});
report("bodies", tables);
