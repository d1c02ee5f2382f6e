import { z } from "zod";
import { duration, size } from "../yaml/quantity.ts";
import { name } from "./name.ts";
import { path, secretReference } from "./reference.ts";
import { s3 } from "./s3.ts";

/** An `age` recipient: `age1…`, post-quantum ones included. */
const recipient = z.string().regex(/^age1[a-z0-9]{20,}$/, "must be an age recipient, age1…");
const recipients = z.array(recipient).min(1);

/** How sessions are recorded, for how long they are kept, and who can read them. */
export function recording(folder: string) {
  return z.strictObject({
    /** Where recordings are written. */
    dir: path(folder).prefault("./data/recordings"),
    /** A bucket for them instead: under the prefix, each gateway has a folder of its name (`audit.replica`). */
    s3: s3(folder, "sallyport/recordings/").exactOptional(),
    /** What is kept of an exchange for which no rule orders `record`. */
    level: z.enum(["none", "metadata", "full"]).default("metadata"),
    /** The rule sets by which all that is kept is masked, whether or not policy masks it on its way. */
    mask: z.array(z.string().min(1)).min(1).default(["default"]),
    /** How much may wait in memory to be written. */
    spool: size.prefault("64MiB"),
    /** What happens when that is used up: a gap that the recording tells of, or what must be recorded is refused. */
    whenFull: z.enum(["gap", "refuse"]).default("gap"),
    /** A session is closed, checked and signed when nothing has happened in it for so long. */
    idle: duration.prefault("10m"),
    /**
     * The `age` recipients for whom each session's key is wrapped. Absent: it is wrapped under a key of this installation.
     * Without an `identity` of theirs this gateway cannot read, nor show, what it has recorded.
     */
    recipients: recipients.exactOptional(),
    identity: secretReference(folder).exactOptional(),
    /** Who can open raw recordings: one of the first and one of the second, together. Absent: nothing raw is kept. */
    raw: z
      .strictObject({
        first: recipients,
        second: recipients,
        /** Who may take part in that: principal ids and `group:` names; nobody where absent. */
        people: z.array(z.string().min(1)).default([]),
        /** How long the two have for it. */
        open: duration.prefault("15m"),
      })
      .exactOptional(),
    /** How long a session is kept, by class; a rule names the class (`record: { class }`). */
    retention: z.record(name, duration).prefault({ default: "90d" }),
    /** Who may look at recordings: principal ids and `group:` names; `approvals.approvers` where absent. */
    viewers: z.array(z.string().min(1)).exactOptional(),
  });
}
