import { isNonEmpty, type NonEmpty } from "../base/non-empty.ts";
import { err, type Result } from "../base/result.ts";
import { check } from "../yaml/check.ts";
import { readDocument } from "../yaml/document.ts";
import { byPosition, type Problem } from "../yaml/problem.ts";
import { incoherences } from "./coherence.ts";
import { unshared } from "./processes.ts";
import { type Config, configSchema } from "./schema.ts";

/** Reads the text of a config file, its paths relative to `folder`: the config, or every problem at once in file order. */
export function parseConfig(
  text: string,
  file: string,
  folder: string,
): Result<Config, NonEmpty<Problem>> {
  const document = readDocument(file, text);
  if (!document.ok) return document;
  const checked = check(document.value, configSchema(folder));
  const problems = [...(checked.ok ? [] : checked.error), ...incoherences(document.value)];
  const alone = checked.ok ? unshared(checked.value) : undefined;
  if (alone !== undefined) problems.push(document.value.problem(["listen", "processes"], alone));
  problems.sort(byPosition);
  if (isNonEmpty(problems)) return err(problems);
  return checked;
}

/** What holds where no file says otherwise: loopback only, state under `folder`, GitHub and Copilot without credentials or issuers. */
export function defaultConfig(folder: string): Config {
  return configSchema(folder).parse({
    connections: [
      {
        name: "copilot",
        kind: "copilot",
        // Clients follow the host of their account's plan.
        hosts: ["api", "api.individual", "api.business", "api.enterprise"].map(
          (host) => `${host}.githubcopilot.com`,
        ),
        upstream: "https://api.githubcopilot.com",
      },
      {
        name: "github-api",
        kind: "github-api",
        hosts: ["api.github.com"],
        upstream: "https://api.github.com",
      },
      { name: "github-git", kind: "git", hosts: ["github.com"], upstream: "https://github.com" },
    ],
  });
}
