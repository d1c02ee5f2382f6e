import { isObject, type JsonObject } from "../strict-json.ts";

/** A string member; empty where there is none. */
export function textOf(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

const none: readonly JsonObject[] = [];
const empty: JsonObject = {};

/** The objects of a member that is a list. */
export function listOf(object: JsonObject, name: string): readonly JsonObject[] {
  const value: unknown = object[name];
  if (!Array.isArray(value)) return none;
  return value.every(isObject) ? value : value.filter(isObject);
}

/** A member that is an object; empty where there is none. */
export function objectOf(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isObject(value) ? value : empty;
}

/** A member that is a number: the place of an item, a block, a choice. */
export function numberOf(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === "number" ? value : 0;
}

/** JSON text of a member that is a value, or the member itself where it is text already. */
export function jsonOf(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** The id under that name, as an object to spread: absent where it is no text. */
export function idOf(object: JsonObject, name: string): { readonly id?: string } {
  const id = object[name];
  return typeof id === "string" ? { id } : {};
}
