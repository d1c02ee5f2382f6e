import { mapNonEmpty, type NonEmpty } from "../../base/non-empty.ts";
import { err, ok } from "../../base/result.ts";
import type { ChangedFiles } from "../../core/change.ts";
import type { Operation } from "../../core/operation.ts";
import type { RequestHead } from "../../http/message.ts";
import { concat, nothing } from "../../http/transform.ts";
import type { Judged } from "../draft.ts";
import type { See } from "../objects/changes.ts";
import { hashOf } from "../objects/parse-object.ts";
import { rationed } from "../objects/ration.ts";
import type { ContentSource, ObjectSource } from "../objects/source.ts";
import { type Cargo, type KeptBody, more, type Reading } from "../protocol.ts";
import { decodeBody } from "../whole-body.ts";
import { packCargo } from "./cargo.ts";
import { commandOperation, judgeCommand } from "./command-operation.ts";
import { type Command, type PushHead, readPushHead } from "./commands.ts";
import { PackReader } from "./pack/reader.ts";
import type { OpenPackSpool, PackSpool } from "./pack/spool.ts";
import { changeOf, type FileEdit, PushBlobs } from "./push-blobs.ts";

/** What a push needs to be judged by its pack: room for it, and the objects that the upstream has already. */
export interface PushPorts {
  readonly spool: OpenPackSpool;
  readonly objects: ObjectSource;
  /** What the files hold that the upstream has; absent: what a push replaces is not shown. */
  readonly contents?: ContentSource | undefined;
}

const encodedLimit = 32 * 1024 * 1024;
/** Questions to the upstream for one push. */
const callLimit = 300;
const mostEdits = 2000;
/** The largest push whose files are looked for in its pack, in bytes. */
const shownLimit = 64 * 1024 * 1024;
const sizeLimit = 4 * 1024 ** 3;

/** One push while it is read. */
export class PushReading {
  readonly #request: RequestHead;
  readonly #resource: string;
  readonly #ports: PushPorts | undefined;
  /** The body as it came. */
  readonly #spool: PackSpool | undefined;
  /** The body decoded, where it came encoded. */
  #decoded: PackSpool | undefined;
  /** What has come, until the commands are known. */
  #early: Uint8Array = nothing;
  #head: PushHead | undefined;
  /** The files that differ, as far as `resolve` saw. */
  #edits: FileEdit[] = [];
  #complete = false;

  constructor(request: RequestHead, resource: string, ports: PushPorts | undefined) {
    this.#request = request;
    this.#resource = resource;
    this.#ports = ports;
    this.#spool = ports?.spool();
  }

  get kept(): KeptBody | undefined {
    return this.#spool;
  }

  /** The commands, once they are known. */
  get head(): PushHead | undefined {
    return this.#head;
  }

  write(chunk: Uint8Array): Reading {
    this.#spool?.append(chunk);
    if ((this.#spool?.size ?? 0) > sizeLimit)
      return { kind: "read", operations: err("the push is too large to be judged") };
    if (this.#head !== undefined) return more;
    this.#early = concat([this.#early, chunk]);
    if (this.#request.fields.has("content-encoding"))
      return this.#early.length > encodedLimit
        ? { kind: "read", operations: err("the push is too large to be judged encoded") }
        : more;
    const read = this.#readHead();
    if (read === undefined) return more;
    // With a spool the pack is waited for; a broken head is refused at once.
    return read.ok && this.#spool !== undefined ? more : { kind: "read", operations: read };
  }

  end(): Judged {
    if (this.#head !== undefined) return ok(this.#operations(this.#head));
    const body = decodeBody(this.#request, this.#early);
    if (!body.ok) return body;
    if (body.value !== this.#early) {
      this.#early = body.value;
      this.#decoded = this.#ports?.spool();
      this.#decoded?.append(body.value);
    }
    if (isProbe(this.#early)) return ok([this.#probe()]);
    return this.#readHead() ?? err("the push ends before its commands");
  }

  /** What each command changes, told by the pack and by what the upstream has. */
  async resolve(): Promise<Judged> {
    const pack = this.#decoded ?? this.#spool;
    const head = this.#head;
    if (head === undefined) return this.end();
    if (this.#ports === undefined || pack === undefined) return ok(this.#operations(head));
    const objects = rationed(this.#ports.objects, callLimit);
    const reader = new PackReader(pack, head.packAt, hashOf(head.commands[0].new));
    this.#edits = [];
    const judge = (command: Command) =>
      judgeCommand(this.#resource, command, reader, objects, this.#noting(command));
    const [first, ...rest] = head.commands;
    const operations: [Operation, ...Operation[]] = [await judge(first)];
    for (const command of rest) operations.push(await judge(command));
    this.#complete = operations.every(({ unknown }) => unknown === undefined);
    return ok(operations);
  }

  /** The files that it changes, read from the pack and from the upstream as they are looked at. */
  changes(): ChangedFiles | undefined {
    const pack = this.#decoded ?? this.#spool;
    const head = this.#head;
    if (head === undefined || pack === undefined || this.#edits.length === 0) return undefined;
    // A reader of its own, so that what it holds goes when nobody looks any more.
    const reader =
      pack.size > shownLimit
        ? undefined
        : new PackReader(pack, head.packAt, hashOf(head.commands[0].new), { blobs: true });
    const blobs = new PushBlobs(this.#resource, reader, this.#ports?.contents);
    return {
      files: this.#edits.map((edit) => changeOf(edit, blobs, head.commands.length > 1)),
      complete: this.#complete,
    };
  }

  /** Every object that it brings; undefined where nobody kept it. */
  cargo(): Cargo | undefined {
    const pack = this.#decoded ?? this.#spool;
    const head = this.#head;
    if (this.#ports === undefined || head === undefined || pack === undefined) return undefined;
    const { objects, contents } = this.#ports;
    return packCargo({
      resource: this.#resource,
      pack,
      packAt: head.packAt,
      hash: hashOf(head.commands[0].new),
      objects,
      contents,
      pathOf: (id) => this.#edits.find(({ now }) => now?.id === id)?.path,
    });
  }

  #noting({ ref }: Command): See {
    return (path, old, now) => {
      if (this.#edits.length < mostEdits) this.#edits.push({ ref, path, old, now });
    };
  }

  /** The commands and options in one form, whatever the client's version or verbosity. */
  judged(): Uint8Array {
    const { commands = [], options = [] } = this.#head ?? {};
    const lines = commands.map((command) => `${command.old} ${command.new} ${command.ref}`);
    return new TextEncoder().encode([...lines, "", ...options].join("\n"));
  }

  close(): void {
    this.#spool?.close();
    this.#decoded?.close();
  }

  /** Reads the commands from what has come; `undefined` while more is needed. */
  #readHead(): Judged | undefined {
    // A lone flush may be git's 4-byte probe: only the end of the body tells.
    if (isProbe(this.#early)) return undefined;
    const read = readPushHead(this.#early);
    if (read === undefined || !read.ok) return read;
    this.#head = read.value;
    this.#early = nothing;
    return ok(this.#operations(read.value));
  }

  #operations(head: PushHead): NonEmpty<Operation> {
    return mapNonEmpty(head.commands, (command) => commandOperation(this.#resource, command));
  }

  #probe(): Operation {
    return {
      protocol: "git",
      name: "push.probe",
      access: "read",
      resource: this.#resource,
      attributes: {},
    };
  }
}

function isProbe(bytes: Uint8Array): boolean {
  return bytes.length === 4 && new TextDecoder().decode(bytes) === "0000";
}
