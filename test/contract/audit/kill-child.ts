// A gateway under load, to be killed: records exchanges for ever, and says which were acknowledged, one id per line.
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { recordForEver } from "./busy.ts";

const [dir = "", url = ""] = process.argv.slice(2);
const audit = await openAuditLog({
  dir,
  replica: "r1",
  clock: systemClock,
  segmentBytes: 32 << 10,
  checkpointEvery: 20,
  ...(url === "" ? {} : { otlp: { url } }),
});
process.stdout.write("open\n");

await recordForEver(audit, 8);
