// npm run bench -- gateway: one model call (1 KiB up, 10 KiB down, an upstream that takes 10 ms) by way of nothing, of
// Envoy alone, of Envoy and the least processor, of the gateway without and with all its work, and of peers. The legs
// take turns in one run, so that their ratios hold on a machine that is shared. `--rounds N --seconds N --warm N --no-peers`.
import { inTurns, withLegs } from "./gateway/rounds.ts";
import { report } from "./report.ts";

const users = 100;
const rows = await withLegs(true, (legs, dir) =>
  inTurns(legs, dir, { path: "/chat/completions", users, requestBytes: 1024 }),
);
const title = `${users} users, HTTP/1.1, 1 KiB up, 10 KiB down, an upstream of 10 ms; medians`;
report("gateway", [{ title, rows }]);
