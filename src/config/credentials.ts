import { z } from "zod";
import { name } from "./name.ts";
import { fileReference, path, secretReference, variable } from "./reference.ts";
import { trustedUrl } from "./url.ts";

/** What upstreams want to see, and where it is kept (`credentials` in the config file). */
export function credential(folder: string) {
  const reference = secretReference(folder);
  const id = z.string().regex(/^[0-9]{1,20}$/, "must be the number, in quotes");
  const githubApp = z.strictObject({
    appId: id,
    key: reference,
    installation: id,
    /** What to ask for, and no more: `{ contents: write }`. Absent: all that the installation has. */
    permissions: z.record(z.string(), z.enum(["read", "write", "admin"])).exactOptional(),
    /** Repository names without their owner. Absent: all that the installation reaches. */
    repositories: z.array(z.string().min(1)).min(1).exactOptional(),
    api: trustedUrl.prefault("https://api.github.com"),
    apiCa: fileReference(folder).exactOptional(),
  });
  const vault = z.strictObject({
    address: trustedUrl,
    /** As the HTTP API spells it, without `/v1/`: `secret/data/copilot`. */
    path: z.string().regex(/^[A-Za-z0-9._/-]+$/, "must be a path such as secret/data/copilot"),
    field: z.string().min(1).default("value"),
    token: reference,
    namespace: z.string().min(1).exactOptional(),
    ca: fileReference(folder).exactOptional(),
  });
  const sources = z
    .strictObject({
      env: variable.exactOptional(),
      file: path(folder).exactOptional(),
      githubApp: githubApp.exactOptional(),
      vault: vault.exactOptional(),
    })
    .transform(({ env, file, vault, githubApp }, context) => {
      const given = [
        env === undefined ? [] : [{ kind: "env" as const, name: env }],
        file === undefined ? [] : [{ kind: "file" as const, path: file }],
        vault === undefined ? [] : [{ kind: "vault" as const, ...vault }],
        githubApp === undefined ? [] : [{ kind: "github-app" as const, ...githubApp }],
      ].flat();
      const [only, second] = given;
      if (only !== undefined && second === undefined) return only;
      const message = "must name exactly one of env, file, githubApp, vault";
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    });
  return z.strictObject({
    name,
    source: sources,
    /** How the `authorization` header spells it: `bearer T`, `token T`, or `Basic` of `x-access-token:T`. */
    scheme: z.enum(["bearer", "token", "basic"]),
    /** The user name for Basic; `x-access-token` unless stated. */
    user: z
      .string()
      .regex(/^[^:]+$/, "must be a user name without a colon")
      .exactOptional(),
  });
}
