import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { isMissing } from "../../base/missing.ts";
import type { Act, Acts } from "../../core/record.ts";
import { createFile, readIfThere } from "./disk-file.ts";

/**
 * Leaves word, durably, of what a command did beside the gateway, which alone writes records: it takes the act in when
 * it is running, within a minute. The actor is the user of the operating system.
 */
export async function leaveAct(dir: string, act: Omit<Act, "actor" | "outcome">): Promise<void> {
  const whole: Act = { ...act, actor: `local:${userInfo().username}`, outcome: "success" };
  await createFile(join(dir, "inbox", `${randomUUID()}.json`), Buffer.from(JSON.stringify(whole)));
}

/** Takes in what commands left; an act that cannot be recorded stays for the next time. */
export async function takeActs(dir: string, acts: Acts): Promise<void> {
  const inbox = join(dir, "inbox");
  for (const name of await listed(inbox)) {
    const path = join(inbox, name);
    const act = parseAct((await readIfThere(path))?.toString() ?? "");
    if (act !== undefined) await acts.act(act);
    await rm(path, { force: true });
  }
}

async function listed(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function parseAct(text: string): Act | undefined {
  try {
    const { action, actor, subject, outcome, detail } = JSON.parse(text);
    const texts = [action, actor, subject].every((value) => typeof value === "string");
    if (!texts || !["success", "failure"].includes(outcome)) return undefined;
    return { action, actor, subject, outcome, ...(typeof detail === "string" ? { detail } : {}) };
  } catch {
    return undefined;
  }
}
