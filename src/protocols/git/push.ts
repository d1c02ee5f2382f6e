import { isNonEmpty } from "../../base/non-empty.ts";
import { err, ok } from "../../base/result.ts";
import type { AttributeValue, Operation } from "../../core/operation.ts";
import type { RequestHead } from "../../http/message.ts";
import { concat, nothing } from "../../http/transform.ts";
import type { Judged } from "../draft.ts";
import { more, type Reading, type RequestParser } from "../protocol.ts";
import { branchAttributes } from "../ref-names.ts";
import { decodeBody } from "../whole-body.ts";
import { type Command, isZero, type PushHead, readPushHead } from "./commands.ts";
import { refusePush } from "./refuse.ts";

/** Reads a push from its command list alone: one operation per command. */
export function pushParser(head: RequestHead, resource: string): RequestParser {
  const encoded = head.fields.has("content-encoding");
  let bytes: Uint8Array = nothing;
  let push: PushHead | undefined;

  const tryHead = (): Reading => {
    const read = readPushHead(bytes);
    if (read === undefined) return more;
    if (!read.ok) return { kind: "read", operations: read };
    // A lone flush may be git's 4-byte probe: only the end of the body tells.
    if (read.value.commands.length === 0)
      return bytes.length > 4
        ? { kind: "read", operations: err("the push has no commands") }
        : more;
    push = read.value;
    return { kind: "read", operations: pushOperations(resource, read.value) };
  };

  return {
    begin: () => more,
    write: (chunk) => {
      bytes = concat([bytes, chunk]);
      return encoded ? more : tryHead();
    },
    end: () => {
      const body = decodeBody(head, bytes);
      if (!body.ok) return body;
      bytes = body.value;
      if (bytes.length === 4 && new TextDecoder().decode(bytes) === "0000")
        return ok([
          { protocol: "git", name: "push.probe", access: "read", resource, attributes: {} },
        ]);
      const reading = tryHead();
      return reading.kind === "read"
        ? reading.operations
        : err("the push ends before its commands");
    },
    judged: () =>
      Buffer.from((push?.commands ?? []).map((c) => `${c.old} ${c.new} ${c.ref}\n`).join("")),
    refuse: (refusal) => refusePush(refusal, push),
  };
}

/** One `push` per command. A branch that is deleted loses its history, so that counts as forced. */
export function pushOperations(resource: string, head: PushHead): Judged {
  const operations = head.commands.map(
    (command): Operation => ({
      protocol: "git",
      name: "push",
      access: "write",
      resource,
      attributes: commandAttributes(command),
    }),
  );
  return isNonEmpty(operations) ? ok(operations) : err("the push has no commands");
}

function commandAttributes(command: Command): Readonly<Record<string, AttributeValue>> {
  const kind = isZero(command.new) ? "delete" : isZero(command.old) ? "create" : "update";
  return {
    ...branchAttributes(command.ref),
    old: command.old,
    new: command.new,
    kind,
    ...(kind === "update" ? {} : { force: kind === "delete" }),
  };
}
