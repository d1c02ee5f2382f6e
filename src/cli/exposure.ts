import { callApi, callerOptions, callerUsage, refused } from "./approvals-client.ts";
import { readArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { exposureText } from "./exposure-text.ts";
import { subjectOf } from "./provenance-subject.ts";

/** `exposure COMMIT|SESSION`: which secrets were met on the way, and what became of them. */
export const exposure: Command = {
  name: "exposure",
  summary:
    "Tell which secrets a session, or the sessions behind a commit, met: masked, refused, or unread",
  usage: `COMMIT|SESSION ${callerUsage}`,
  run: async (args, io) => {
    const read = readArguments(args, callerOptions);
    const [asked, ...others] = read.ok ? read.value.positionals : [];
    if (!read.ok || asked === undefined || others.length > 0) {
      io.err(read.ok ? "Name one commit or session." : read.error);
      return 2;
    }
    const subject = await subjectOf(asked, io.cwd);
    if (!subject.ok) {
      io.err(subject.error);
      return 2;
    }
    const { values } = read.value;
    const path = `${subject.value.path}/exposure`;
    const answer = await callApi(path, values, io, undefined, "provenance");
    const no = refused(answer, io);
    if (no !== undefined || !answer.ok) return no ?? 2;
    const { body } = answer.value;
    for (const said of values.json ? [JSON.stringify(body)] : exposureText(body)) io.out(said);
    return 0;
  },
};
