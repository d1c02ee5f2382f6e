import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { ocsfProblems } from "./ocsf/check.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

it("every exchange and act is in a file of valid OCSF events, over restarts, once", async () => {
  const [dir, files] = [await freshDir(), join(await freshDir(), "siem")];
  const ids: string[] = [];
  for (let boot = 0; boot < 3; boot++) {
    const options = { dir, replica: "r1", clock: systemClock, ocsf: { dir: files } };
    const audit = await openAuditLog(options);
    for (let count = 0; count < 40; count++) {
      const intent = sampleIntent({ at: Date.now() });
      ids.push(intent.id);
      await audit.intent(intent);
      audit.complete(sampleCompletion(intent, { at: Date.now() }));
    }
    const actor = "oidc:alice";
    await audit.act({ action: "approval.approve", actor, subject: "apr_1", outcome: "success" });
    await expect.poll(() => audit.counts().delivered, { timeout: 20_000 }).toBe(true);
    await audit.close();
  }
  const names = await readdir(files);
  expect(names.every((name) => /^r1-\d{4}-\d\d-\d\dT\d\d\.jsonl$/.test(name))).toBe(true);
  const texts = await Promise.all(names.map((name) => readFile(join(files, name), "utf8")));
  const events = texts
    .flatMap((text) => text.trimEnd().split("\n"))
    .map((line) => JSON.parse(line));
  expect(events.flatMap((event) => ocsfProblems(event))).toEqual([]);
  const exchanges = events.filter(
    ({ class_uid, activity_id }) => class_uid === 6003 && activity_id !== 99,
  );
  expect(exchanges.map(({ metadata }) => metadata.uid)).toEqual(ids);
  expect(events.filter(({ class_uid }) => class_uid === 2006)).toHaveLength(ids.length);
  expect(events.filter(({ activity_name }) => activity_name === "approval.approve")).toHaveLength(
    3,
  );
});
