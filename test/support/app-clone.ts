import { Git } from "./clients.ts";
import type { Stack } from "./stack.ts";

/** Git of the demo CI job, which has cloned `acme/app` through the gateway to `app` in the stack's folder. */
export async function cloneApp(
  stack: Pick<Stack, "access" | "folder" | "proxy">,
  config: Readonly<Record<string, string>> = {},
): Promise<Git> {
  const git = new Git(stack.folder.path, await stack.access());
  const set = Object.entries(config).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  await git.run("clone", "-q", ...set, `${stack.proxy}/acme/app.git`, "app");
  return git;
}
