import { z } from "zod";
import { fileReference, path, secretReference, variable } from "./reference.ts";
import { trustedUrl } from "./url.ts";

const id = z.string().regex(/^[0-9]{1,20}$/, "must be the number, in quotes");

/** Where a credential is kept: exactly one of these. */
export function credentialSource(folder: string) {
  const { env, file, sealed, vault, githubApp, copilotToken } = places(folder);
  const written = z.strictObject({
    env: env.exactOptional(),
    file: file.exactOptional(),
    sealed: sealed.exactOptional(),
    githubApp: githubApp.exactOptional(),
    vault: vault.exactOptional(),
    copilotToken: copilotToken.exactOptional(),
  });
  return written.transform((given, context) => {
    const [only, second] = Object.values(given);
    if (only !== undefined && second === undefined) return only;
    const message = `must name exactly one of ${Object.keys(written.shape).join(", ")}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function places(folder: string) {
  const reference = secretReference(folder);
  const authority = fileReference(folder).exactOptional();
  return {
    env: variable.transform((name) => ({ kind: "env" as const, name })),
    file: path(folder).transform((at) => ({ kind: "file" as const, path: at })),
    /** What `sallyport token seal` wrote, and where its key is. */
    sealed: z
      .strictObject({ path: path(folder), key: reference })
      .transform((given) => ({ kind: "sealed" as const, ...given })),
    githubApp: z
      .strictObject({
        appId: id,
        key: reference,
        installation: id,
        /** What to ask for, and no more: `{ contents: write }`. Absent: all that the installation has. */
        permissions: z.record(z.string(), z.enum(["read", "write", "admin"])).exactOptional(),
        /** Repository names without their owner. Absent: all that the installation reaches. */
        repositories: z.array(z.string().min(1)).min(1).exactOptional(),
        api: trustedUrl.prefault("https://api.github.com"),
        apiCa: authority,
      })
      .transform((given) => ({ kind: "github-app" as const, ...given })),
    vault: z
      .strictObject({
        address: trustedUrl,
        /** As the HTTP API spells it, without `/v1/`: `secret/data/copilot`. */
        path: z.string().regex(/^[A-Za-z0-9._/-]+$/, "must be a path such as secret/data/copilot"),
        field: z.string().min(1).default("value"),
        token: reference,
        namespace: z.string().min(1).exactOptional(),
        ca: authority,
      })
      .transform((given) => ({ kind: "vault" as const, ...given })),
    /** Copilot's own short-lived token, which the gateway fetches for itself. */
    copilotToken: z
      .strictObject({
        /** The credential to fetch it with, by name; it is sent to `api` too. */
        credential: z.string(),
        api: trustedUrl.prefault("https://api.github.com"),
        apiCa: authority,
      })
      .transform((given) => ({ kind: "copilot-token" as const, ...given })),
  };
}
