import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Audit } from "../../../src/audit/audit.ts";
import { openAuditLog } from "../../../src/audit/audit-log.ts";
import { queryRecords } from "../../../src/audit/index/query-file.ts";
import { leaveAct } from "../../../src/audit/wal/inbox-file.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { ApprovalId } from "../../../src/core/ids.ts";
import { open as openLog } from "./opened.ts";
import { freshDir, sampleCompletion, sampleIntent } from "./sample.ts";

const open = (dir: string) => openLog(dir, { segmentBytes: 20_000 });

async function exchange(
  audit: Audit,
  over: Parameters<typeof sampleIntent>[0] = {},
  end: Parameters<typeof sampleCompletion>[1] = {},
) {
  const intent = sampleIntent(over);
  await audit.intent(intent);
  audit.complete(sampleCompletion(intent, end));
  return intent;
}

const ids = async (found: ReturnType<Audit["records"]>) =>
  (await found).map(({ item }) => (item.kind === "exchange" ? item.intent.id : item.act.action));

describe("records", () => {
  it("are found by who, what, where, how it was decided, and when; newest first", async () => {
    const dir = await freshDir();
    const audit = await open(dir);
    for (let count = 0; count < 50; count++) await exchange(audit);
    const approval = "apr_AAAAAAAAAAAAAAAAAAAAAA" as ApprovalId;
    const denied = await exchange(audit, { decision: "deny", approval });
    const finding = { rule: "pat", fingerprint: "fp-7", channel: "body", offset: 0, length: 9 };
    const leaky = await exchange(audit, {}, { findings: [finding] });
    await audit.act({
      action: "policy.load",
      actor: "sallyport",
      subject: "ab",
      outcome: "success",
    });

    expect(await ids(audit.records({ keys: [["decision", "deny"]] }))).toEqual([denied.id]);
    expect(await ids(audit.records({ keys: [["approval", approval]] }))).toEqual([denied.id]);
    expect(await ids(audit.records({ keys: [["fingerprint", "fp-7"]] }))).toEqual([leaky.id]);
    expect(await ids(audit.records({ keys: [["id", leaky.id]] }))).toEqual([leaky.id]);
    expect(await ids(audit.records({ keys: [["action", "policy.load"]] }))).toEqual([
      "policy.load",
    ]);
    expect(await ids(audit.records({ keys: [["run", "120912"]], limit: 2 }))).toEqual([
      leaky.id,
      denied.id,
    ]);
    const both = [
      ["repository", "acme/app"],
      ["decision", "allow"],
    ] as const;
    expect(await audit.records({ keys: both, limit: 1000 })).toHaveLength(51);
    expect(await ids(audit.records({ keys: [], from: denied.at, to: leaky.at }))).toEqual([
      denied.id,
    ]);
    const commit = "9d59409acf479dfa0df1aa568182e43e43df8bbe";
    expect(await audit.records({ keys: [["commit", commit]], limit: 1000 })).toHaveLength(52);
    expect(await audit.records({ keys: [["commit", "0".repeat(40)]] })).toEqual([]);
  });

  it("tell the whole story: who, what was decided, what was exposed", async () => {
    const audit = await open(await freshDir());
    const intent = await exchange(audit);
    await audit.close();
    const [found] = await audit.records({ keys: [["id", intent.id]] });
    expect(found).toMatchObject({
      ended: true,
      item: {
        intent: { principal: { run: { actor: "octocat" } }, decision: "allow" },
        completion: { masks: { "aws-key": 1 }, upstreamRequestId: "ABCD:1234" },
      },
    });
  });

  it("are the same after a restart, without an index, and with a damaged one", async () => {
    const dir = await freshDir();
    const first = await open(dir);
    for (let count = 0; count < 30; count++) await exchange(first);
    const begun = sampleIntent({ decision: "approve" });
    await first.intent(begun);
    expect((await first.records({ keys: [["decision", "approve"]] }))[0]?.ended).toBe(false);
    await first.close();
    const second = await open(dir);
    for (let count = 0; count < 30; count++) await exchange(second);
    await second.close();
    const query = { keys: [["session", "ses_1"]], limit: 1000 } as const;
    const all = await ids(queryRecords(dir, query));
    expect(all).toHaveLength(61);
    expect((await queryRecords(dir, { keys: [["id", begun.id]] }))[0]?.ended).toBe(true);
    await writeFile(join(dir, "index", "r1", "state.json"), "{");
    expect(await ids(queryRecords(dir, query))).toEqual(all);
    await rm(join(dir, "index"), { recursive: true });
    expect(await ids(queryRecords(dir, query))).toEqual(all);
  });
});

describe("what commands do beside a gateway that runs", () => {
  it("is on record once the gateway starts or a minute has passed, once each", async () => {
    const dir = await freshDir();
    await leaveAct(dir, { action: "audit.export", subject: "1970/2027", detail: "ocsf" });
    for (let boot = 0; boot < 2; boot++) {
      const audit = await openAuditLog({ dir, replica: "r1", clock: systemClock });
      const found = () => audit.records({ keys: [["action", "audit.export"]] });
      await expect.poll(async () => (await found()).length, { timeout: 20_000 }).toBe(1);
      await audit.close();
    }
  });
});
