import { join } from "node:path";
import type { Access } from "./clients.ts";

/** Where `setup --test` puts the Copilot CLI: its licence lets us run it, not carry it along. */
export const copilot = join(
  import.meta.dirname,
  "../../.cache/copilot-1.0.102/node_modules/.bin/copilot",
);

/** One prompt, without a question to anybody. */
export function copilotArguments(prompt: string): readonly string[] {
  return ["-p", prompt, "-s", "--disable-builtin-mcps", "--allow-all-tools"];
}

/** What the CLI is told in a job whose every call goes through that gateway, by that session. */
export function copilotEnvironment(
  { proxy, ca }: Pick<Access, "proxy" | "ca">,
  session: string,
  model = "gpt-demo",
): Readonly<Record<string, string>> {
  return {
    COPILOT_GITHUB_TOKEN: session,
    COPILOT_API_URL: `${proxy}/copilot`,
    COPILOT_DEBUG_GITHUB_API_URL: `${proxy}/api/v3`,
    NODE_EXTRA_CA_CERTS: ca,
    CI: "true",
    COPILOT_MODEL: model,
  };
}
