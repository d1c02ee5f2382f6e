import { err, ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { Io } from "./command.ts";
import { askServer, fieldOf, readSecret } from "./token-client.ts";

/** What is exchanged: an id token, or a SAML assertion in base64url. */
export interface Subject {
  readonly type: "id_token" | "saml2";
  readonly token: Secret;
}

export interface SubjectOptions {
  readonly audience: string;
  readonly "id-token-file"?: string | undefined;
  readonly "assertion-file"?: string | undefined;
}

/**
 * The identity of this job: a file that is named, else `SALLYPORT_ID_TOKEN` (GitLab's `id_tokens`), else a new id
 * token of GitHub Actions (needs `permissions: id-token: write`).
 */
export async function subjectOf(options: SubjectOptions, io: Io): Promise<Result<Subject>> {
  const assertion = options["assertion-file"];
  if (assertion !== undefined) {
    const xml = await readSecret(assertion, io);
    if (!xml.ok) return xml;
    const token = new Secret(Buffer.from(xml.value.reveal(), "utf8").toString("base64url"));
    return ok({ type: "saml2", token });
  }
  const token = await idToken(options, io);
  return token.ok ? ok({ type: "id_token", token: token.value }) : token;
}

async function idToken(options: SubjectOptions, io: Io): Promise<Result<Secret>> {
  const file = options["id-token-file"];
  if (file !== undefined) return readSecret(file, io);
  const given = io.env["SALLYPORT_ID_TOKEN"];
  if (given !== undefined && given !== "") return ok(new Secret(given));
  const url = io.env["ACTIONS_ID_TOKEN_REQUEST_URL"];
  const key = io.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
  if (url === undefined || key === undefined || !URL.canParse(url))
    return err(
      "there is no identity: name --id-token-file, set SALLYPORT_ID_TOKEN, or give the GitHub Actions job `permissions: id-token: write`",
    );
  return actionsToken(new URL(url), new Secret(key), options.audience);
}

async function actionsToken(url: URL, key: Secret, audience: string): Promise<Result<Secret>> {
  url.searchParams.set("audience", audience);
  const answer = await askServer(url, {
    headers: { authorization: `Bearer ${key.reveal()}`, accept: "application/json" },
  });
  if (!answer.ok) return answer;
  const token = fieldOf(answer.value.body, "value");
  return token === undefined
    ? err(`GitHub Actions gave no id token (${answer.value.status})`)
    : ok(new Secret(token));
}
