import { hash, randomFillSync } from "node:crypto";
import { err, ok, type Result } from "../../base/result.ts";
import type { Act, Completion, Intent } from "../../core/record.ts";
import { canonicalBytes, type Json } from "./canonical.ts";
import { numberRoom, writeNumber, writePlain, writeWord } from "./plain.ts";

/** What is kept of who asked: never the claims, which may hold more than evidence needs. */
export interface Actor {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly run?: NonNullable<Intent["principal"]>["run"];
  /** The commit that the CI run was started for, where the token names one. */
  readonly commit?: string;
}

/** An intent as it is kept: bounded, masked, without claims. */
export interface IntentEntry extends Omit<Intent, "principal"> {
  readonly principal?: Actor;
  /** Operations beyond the first 256 of one request, as a number and the SHA-256 of their canonical list. */
  readonly more?: { readonly count: number; readonly digest: string };
}

/** A completion as it is kept. */
export interface CompletionEntry extends Completion {
  /** How many findings of each rule, those left out of `findings` included. */
  readonly masks: Readonly<Record<string, number>>;
}

/** The act by which retention removes records: its subject is the number of the first record that stays. */
export const pruneAction = "audit.prune";

/** Where one boot of a replica ended, as the next one found it. */
export interface Mark {
  readonly boot: number;
  readonly seq: number;
  readonly commit: string;
}

export type AuditEvent =
  | { readonly kind: "boot"; readonly previous: Mark | null }
  | { readonly kind: "intent"; readonly intent: IntentEntry }
  | { readonly kind: "completion"; readonly completion: CompletionEntry }
  /** The gateway died, or its disk was too slow, before the exchange of that id ended. */
  | { readonly kind: "lost"; readonly id: string }
  | { readonly kind: "act"; readonly act: Act }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "stop" };

/** One entry of the write-ahead log. */
export interface AuditRecord {
  readonly v: 1;
  readonly replica: string;
  /** Milliseconds since the Unix epoch at start, made greater than every earlier boot's. */
  readonly boot: number;
  /** Counts from 0 without a gap within one boot. */
  readonly seq: number;
  /** Counts from 0 without a gap over all boots of the replica: its index in the log that has this replica alone. */
  readonly n: number;
  /** When it was written, milliseconds since the Unix epoch. */
  readonly at: number;
  /** The commitment to the record before it, base64; empty for a replica's very first. */
  readonly prev: string;
  readonly event: AuditEvent;
}

const saltBytes = 32;
const salts = Buffer.alloc(saltBytes * 256);
let saltsUsed = salts.length;

/** Asks the system for many salts at once: a call for each record costs more than all else about it. */
function writeSalt(into: Buffer, at: number): void {
  if (saltsUsed === salts.length) {
    randomFillSync(salts);
    saltsUsed = 0;
  }
  salts.copy(into, at, saltsUsed, saltsUsed + saltBytes);
  saltsUsed += saltBytes;
}

const longestEvent = 300_000;

/** The canonical JSON of an event. Throws when it has none or is longer than a frame can be: a bug in what bounds it. */
export function eventText(event: AuditEvent): Buffer {
  const text = canonicalBytes(event as unknown as Json);
  if (text.length > longestEvent && text.toString().length > longestEvent)
    throw new RangeError("an event too long for the audit log");
  return text;
}

/** What a record says besides its event. */
export type RecordHead = Omit<AuditRecord, "v" | "event">;

/** Room for all that a record says besides its event and names. */
const wordsRoom = saltBytes + 4 * numberRoom + 128;
/** Bytes that JSON makes of one unit of a text at most. */
const unitRoom = 6;

/** How many bytes a record takes at most. */
export function recordRoom({ prev, replica }: RecordHead, event: Uint8Array): number {
  return wordsRoom + (prev.length + replica.length) * unitRoom + event.length;
}

/**
 * Writes a record as it stands on disk, 32 random bytes, then its canonical JSON, and gives where it ends; `event` is
 * what `eventText` gave.
 */
export function writeRecord(into: Buffer, from: number, head: RecordHead, event: Uint8Array) {
  writeSalt(into, from);
  let at = writeWord(into, from + saltBytes, '{"at":');
  at = writeNumber(into, at, head.at);
  at = writeWord(into, at, ',"boot":');
  at = writeNumber(into, at, head.boot);
  at = writeWord(into, at, ',"event":');
  into.set(event, at);
  at = writeWord(into, at + event.length, ',"n":');
  at = writeNumber(into, at, head.n);
  at = writeWord(into, at, ',"prev":');
  at = writeName(into, at, head.prev);
  at = writeWord(into, at, ',"replica":');
  at = writeName(into, at, head.replica);
  at = writeWord(into, at, ',"seq":');
  at = writeNumber(into, at, head.seq);
  return writeWord(into, at, ',"v":1}');
}

function writeName(into: Buffer, at: number, name: string): number {
  const end = writePlain(into, at, name);
  return end >= 0 ? end : at + into.write(JSON.stringify(name), at);
}

/** SHA-256 over salt and canonical JSON, base64: says nothing of a record to who does not have it. */
export function commitment(payload: Uint8Array): string {
  return hash("sha256", payload, "base64");
}

/** Reads what `writeRecord` wrote; says why not when it is something else. */
export function decodeRecord(payload: Buffer): Result<AuditRecord> {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString("utf8", saltBytes));
  } catch {
    return err("a record is not JSON");
  }
  return isRecord(value) ? ok(value) : err("a record lacks what every record has");
}

function isRecord(value: unknown): value is AuditRecord {
  if (typeof value !== "object" || value === null) return false;
  const { v, replica, boot, seq, n, at, prev, event } = value as Record<string, unknown>;
  return (
    v === 1 &&
    typeof replica === "string" &&
    isCount(boot) &&
    isCount(seq) &&
    isCount(n) &&
    typeof at === "number" &&
    typeof prev === "string" &&
    isEvent(event)
  );
}

function isEvent(event: unknown): event is AuditEvent {
  if (typeof event !== "object" || event === null) return false;
  const fields = event as Record<string, unknown>;
  switch (fields["kind"]) {
    case "boot":
    case "heartbeat":
    case "stop":
      return true;
    case "lost":
      return typeof fields["id"] === "string";
    case "intent":
      return hasId(fields["intent"]);
    case "completion":
      return hasId(fields["completion"]);
    case "act":
      return typeof fields["act"] === "object" && fields["act"] !== null;
    default:
      return false;
  }
}

function hasId(value: unknown): boolean {
  return typeof value === "object" && value !== null && "id" in value && isText(value.id);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
