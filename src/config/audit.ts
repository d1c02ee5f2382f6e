import { z } from "zod";
import { duration, size } from "../yaml/quantity.ts";
import { fileReference, path, secretReference } from "./reference.ts";
import { s3 } from "./s3.ts";
import { webUrl } from "./url.ts";

/** The records of all that is asked, and who gets to see them. */
export function audit(folder: string) {
  return z.strictObject({
    /** This process's own records; one process at a time. */
    dir: path(folder).prefault("./data/audit"),
    /** This process's name among its like; the host's name where absent. Two at once must not share one. */
    replica: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be letters, digits, dots, dashes")
      .exactOptional(),
    /** The transparency log's name, for ever: it stands in every checkpoint. */
    origin: z
      .string()
      .regex(/^[^\s+]{1,128}$/, "must have no spaces and no plus")
      .prefault("sallyport/audit"),
    /** How often a checkpoint is signed while records come in. */
    checkpointEvery: duration.prefault("1s"),
    /** What is delivered and in a checkpoint may go after so many days, or when the records take more room than that. */
    retention: z
      .strictObject({ days: z.int().min(1).prefault(396), size: size.exactOptional() })
      .prefault({}),
    /** Who else signs checkpoints (C2SP tlog-witness), and how many must before one is published. */
    witnesses: z
      .strictObject({
        quorum: z.int().min(0).prefault(0),
        of: z.array(z.strictObject({ url: webUrl, key: z.string().min(1) })).min(1),
      })
      .exactOptional(),
    /** One log for all gateways of a Redis, in a folder or a bucket; each keeps its own under `dir` where absent. */
    log: z
      .union([
        z.strictObject({ dir: path(folder) }),
        z.strictObject({ s3: s3(folder, "sallyport/audit/") }),
      ])
      .exactOptional(),
    /** Where spans and log records go (OTLP). */
    otlp: z
      .strictObject({
        url: webUrl,
        protocol: z.enum(["http", "grpc"]).prefault("http"),
        headers: z.record(z.string(), secretReference(folder)).default({}),
        /** The authority that vouches for the collector; the system's where absent. */
        ca: fileReference(folder).exactOptional(),
      })
      .exactOptional(),
    /** A folder for OCSF events as JSON Lines, a file an hour, for a SIEM to pick up. */
    ocsf: z.strictObject({ dir: path(folder) }).exactOptional(),
  });
}
