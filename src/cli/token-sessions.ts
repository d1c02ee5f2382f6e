import { z } from "zod";
import { visible } from "../approvals/visible.ts";
import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { type Answer, askServer, fieldOf, gatewayUrl, readSecret } from "./token-client.ts";

const options = {
  api: { type: "string" },
  "token-file": { type: "string" },
  json: { type: "boolean" },
} as const;
const usage = "[--api URL] [--token-file FILE] [--json]";

interface Caller {
  readonly api?: string | undefined;
  readonly "token-file"?: string | undefined;
}

const list = z.object({
  sessions: z.array(
    z.object({
      id: z.string(),
      session: z.string(),
      principal: z.string(),
      repository: z.string().optional(),
      run_id: z.string().optional(),
      expires_at: z.string(),
    }),
  ),
});

/** `token list`: the exchanged tokens that the caller may see, never the tokens themselves. */
export const tokenList: Command = {
  name: "token list",
  summary: "List the session tokens that are good now",
  usage,
  run: async (args, io) => {
    const read = readArguments(args, options);
    if (!read.ok) return fail(io, read.error);
    const answer = await call("", "GET", read.value.values, io);
    if (!answer.ok) return fail(io, answer.error);
    const document = list.safeParse(answer.value.body);
    if (answer.value.status !== 200 || !document.success) return refused(answer.value, io);
    if (read.value.values.json) io.out(JSON.stringify(document.data));
    else
      for (const each of document.data.sessions) {
        const run = each.run_id === undefined ? "" : `${each.repository} run ${each.run_id}`;
        const words = [each.id, each.session, each.principal, run, `until ${each.expires_at}`];
        io.out(visible(words.filter((word) => word !== "").join("  ")));
      }
    return 0;
  },
};

/** `token revoke`: ends one session token by its id, or a session with all its tokens. */
export const tokenRevoke: Command = {
  name: "token revoke",
  summary: "End a session token, or a session with all its tokens, at once",
  usage: `ID ${usage}`,
  run: async (args, io) => {
    const read = readArguments(args, options);
    if (!read.ok) return fail(io, read.error);
    const [id, ...rest] = read.value.positionals;
    if (id === undefined || rest.length > 0 || !/^(grt|ses)_[\w-]{22}$/.test(id))
      return fail(io, "name one id: grt_… ends one token, ses_… a session with all its tokens");
    const answer = await call(`/${id}`, "DELETE", read.value.values, io);
    if (!answer.ok) return fail(io, answer.error);
    if (answer.value.status !== 204) return refused(answer.value, io);
    io.out(read.value.values.json ? JSON.stringify({ revoked: id }) : `${id} is revoked.`);
    return 0;
  },
};

async function call(
  path: string,
  method: "GET" | "DELETE",
  caller: Caller,
  io: Io,
): Promise<Result<Answer>> {
  const url = gatewayUrl(`oauth2/sessions${path}`, caller.api, io);
  if (!url.ok) return url;
  const token = await callersToken(caller, io);
  if (!token.ok) return token;
  const authorization = `Bearer ${token.value.reveal()}`;
  // An empty body has a length; without one a server must wait for what may come.
  const body = method === "DELETE" ? { body: "" } : {};
  return askServer(url.value, { method, headers: { authorization }, ...body });
}

async function callersToken(caller: Caller, io: Io): Promise<Result<Secret>> {
  const file = caller["token-file"] ?? io.env["SALLYPORT_TOKEN_FILE"];
  if (file !== undefined) return readSecret(file, io);
  const token = io.env["SALLYPORT_TOKEN"];
  return token === undefined
    ? err("set SALLYPORT_TOKEN, or name a file with --token-file")
    : ok(new Secret(token));
}

function refused({ status, body }: Answer, io: Io): ExitStatus {
  io.err(visible(fieldOf(body, "detail") ?? `the gateway answered ${status}`));
  return 1;
}

function fail(io: Io, sentence: string): ExitStatus {
  io.err(sentence);
  return 2;
}
