import { Spelling } from "./spelling.ts";

/** A value that JSON can carry; an absent member and one that is `undefined` are the same. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

const spelling = new Spelling();

/**
 * The one spelling of a JSON value (RFC 8785): members in order of their UTF-16 code units, no white space,
 * numbers as ECMAScript writes them. Throws a TypeError for what has no such spelling: NaN, infinities, lone surrogates.
 */
export function canonical(value: Json): string {
  return canonicalBytes(value).toString();
}

/** The same as UTF-8. */
export function canonicalBytes(value: Json): Buffer {
  spelling.begin();
  write(value);
  return spelling.end();
}

function write(value: Json): void {
  switch (typeof value) {
    case "string":
      spelling.string(value);
      return;
    case "number":
      spelling.number(value);
      return;
    case "boolean":
      spelling.literal(value ? "true" : "false");
      return;
    case "object":
      if (value === null) spelling.literal("null");
      else if (isList(value)) writeList(value);
      else writeObject(value);
      return;
    default:
      throw new TypeError(`no canonical form for a ${typeof value}`);
  }
}

function writeList(values: readonly Json[]): void {
  spelling.mark(openBracket);
  for (let at = 0; at < values.length; at++) {
    if (at > 0) spelling.mark(comma);
    write(values[at] as Json);
  }
  spelling.mark(closeBracket);
}

/** Objects that never change, each with its spelling once that was asked for. */
const lasting = new WeakMap<object, { spelled: Buffer | undefined }>();

/** The same object, which must never change: it is spelled once, however often it is met. */
export function spelledOnce<T extends object>(value: T): T {
  lasting.set(value, { spelled: undefined });
  return value;
}

function writeObject(value: JsonObject): void {
  const known = lasting.get(value);
  if (known?.spelled !== undefined) {
    spelling.bytes(known.spelled);
    return;
  }
  const from = spelling.length;
  writeMembers(value);
  if (known !== undefined) known.spelled = Buffer.from(spelling.since(from));
}

function writeMembers(value: JsonObject): void {
  spelling.mark(openBrace);
  if (isSorted(value)) {
    let count = 0;
    // Object.keys makes a list of them.
    for (const name in value)
      if (Object.hasOwn(value, name)) count += writeMember(value, name, count);
  } else {
    let count = 0;
    for (const name of Object.keys(value).sort()) count += writeMember(value, name, count);
  }
  spelling.mark(closeBrace);
}

/** Gives how many members it wrote: none where it is undefined. */
function writeMember(value: JsonObject, name: string, before: number): 0 | 1 {
  const member = value[name];
  if (member === undefined) return 0;
  if (before > 0) spelling.mark(comma);
  spelling.string(name);
  spelling.mark(colon);
  write(member);
  return 1;
}

const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [comma, colon] = [0x2c, 0x3a];

/** Whether the members are in order of UTF-16 code units, as `<` and `sort` have it. */
function isSorted(value: JsonObject): boolean {
  let last: string | undefined;
  for (const name in value) {
    if (last !== undefined && last > name) return false;
    last = name;
  }
  return true;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
