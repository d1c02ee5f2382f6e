import { z } from "zod";
import { duration, size } from "../yaml/quantity.ts";
import { approvals } from "./approvals.ts";
import { audit } from "./audit.ts";
import { connection } from "./connection.ts";
import { credential } from "./credentials.ts";
import { fleet } from "./fleet.ts";
import { forward } from "./forward.ts";
import { identity } from "./identity.ts";
import { listen } from "./listen.ts";
import { masking } from "./masking.ts";
import { recording } from "./recording.ts";
import { fileReference, path, secretReference } from "./reference.ts";

/** The whole of `sallyport.yaml`; relative paths are read against `folder`. This file is its reference documentation. */
export function configSchema(folder: string) {
  return z.strictObject({
    /** Where each part listens. Envoy listens on `proxy` and `forward`, Sallyport on the others. */
    listen: listen(folder).prefault({}),
    /** What `proxy` shows to clients. Omitted: a self-signed development certificate. */
    tls: z
      .strictObject({ certificate: fileReference(folder), key: fileReference(folder) })
      .exactOptional(),
    forward: forward(folder).prefault({}),
    fleet: fleet(folder).prefault({}),
    /** Where approvals, sessions, counters and hidden secrets (sealed) live: on this machine, or in a Redis that several gateways share. */
    state: z
      .discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("embedded"), dir: path(folder).prefault("./data") }),
        z.strictObject({
          kind: z.literal("redis"),
          url: redisUrl,
          username: z.string().min(1).exactOptional(),
          password: secretReference(folder).exactOptional(),
          /**
           * What its append-only file must do for this gateway to be ready: `always` is on disk before Redis answers,
           * `everysec` may lose a second. Where absent, a Redis without the file is reported and used.
           */
          appendfsync: z.enum(["always", "everysec"]).exactOptional(),
          outage,
        }),
      ])
      .prefault({ kind: "embedded" }),
    /**
     * The folder of this installation's keys (mask fingerprints, approvals' bindings, console cookies), made at the first
     * start; `keys` beside the state where absent. Gateways that share a Redis must share it too.
     */
    keys: path(folder).optional(),
    identity: identity(folder).prefault({}),
    credentials: z.array(credential(folder)).default([]),
    connections: z.array(connection(folder)).min(1, "must name at least one connection"),
    /** The policy: a file, or a folder of files. */
    policy: path(folder).prefault("./policy.yaml"),
    approvals: approvals(folder).prefault({}),
    audit: audit(folder).prefault({}),
    recording: recording(folder).prefault({}),
    masking: masking(folder).prefault({}),
    limits: z
      .strictObject({
        /** The largest body that is held in memory to be judged; a larger one is refused. */
        body: size.prefault("32MiB"),
        /** How many exchanges may be open at once, parked ones included; one more is answered with 503. */
        exchanges: z.int().min(1).default(20_000),
      })
      .prefault({}),
  });
}

const orNever = z.union([duration, z.literal("never").transform(() => 0)]);

/**
 * For how long after this gateway last heard from Redis it takes callers whom Redis cannot vouch for: id tokens, good by
 * themselves, against the revocations that it has heard of, and session tokens that it has found to be good before.
 */
const outage = z
  .strictObject({ idTokens: orNever.prefault("5m"), sessionTokens: orNever.prefault("never") })
  .prefault({});

/** One Redis, the master that sentinels name (`…/name`), or a cluster; hosts behind a comma but for the first form. */
const redisForm = /^rediss?(\+(sentinel|cluster))?:\/\/[^/@,\s]+(,[^/@,\s]+)*(\/[\w.-]*)?$/;

const redisUrl = z.string().transform((text, context) => {
  if (text.includes("@")) {
    const message = "must not hold a password: use password: env:NAME or file:PATH";
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
  if (redisForm.test(text)) return text;
  const message = "must be a redis://, rediss://, redis+sentinel:// or redis+cluster:// URL";
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** A config that holds together: every name resolves, every path is absolute, every time is in milliseconds. */
export type Config = Readonly<z.output<ReturnType<typeof configSchema>>>;
export type ConnectionConfig = Config["connections"][number];
