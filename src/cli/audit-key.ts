import { join } from "node:path";
import { openKeys, retireKeys, rotateKey } from "../audit/transparency/keys-file.ts";
import { readIfThere } from "../audit/wal/disk-file.ts";
import { readArguments } from "./arguments.ts";
import { auditOptions, auditUsage, signingKeys } from "./audit-folder.ts";
import type { Command } from "./command.ts";

/** `audit key`: shows, rotates or retires the keys that sign the log. */
export const auditKey: Command = {
  name: "audit key",
  summary:
    "Show the keys that sign the audit log; rotate: add a new one; retire: stop the old ones",
  usage: `[rotate|retire] ${auditUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, auditOptions);
    if (!read.ok) {
      io.err(read.error);
      return 2;
    }
    const [what = "show", ...rest] = read.value.positionals;
    if (rest.length > 0 || !["show", "rotate", "retire"].includes(what)) {
      io.err("Say rotate, retire, or nothing.");
      return 2;
    }
    const keys = signingKeys(read.value.values, io);
    if (keys === undefined) return 2;
    if ((await readIfThere(join(keys, "signing.key"))) === undefined) {
      io.err("This audit log has no key yet: start the gateway once.");
      return 2;
    }
    if (what === "rotate") await rotateKey(keys);
    if (what === "retire") await retireKeys(keys);
    const { signers } = await openKeys(keys);
    for (const { verifier } of signers) io.out(verifier.vkey);
    if (what !== "show") io.err("The gateway signs with them from its next start on.");
    return 0;
  },
};
