import type { Transform } from "./transform.ts";

/** Names of members and numbers of elements, from the outside in. Valid only while it is shown. */
export type JsonPath = readonly (string | number)[];

/** What to do with a value, whatever it is. A container is entered unless it is kept or replaced. */
export type Treatment =
  /** Its strings go through their channel, which is called like the path unless it has another name. */
  | { readonly kind: "scan"; readonly channel?: string }
  /** A string that holds text in base64, where it can be read as that. */
  | { readonly kind: "base64"; readonly channel?: string }
  /** A string that holds JSON text: the strings in there go through their channels. */
  | { readonly kind: "json"; readonly channel?: string }
  /** Not one byte of it is looked at or changed. */
  | { readonly kind: "keep" }
  | { readonly kind: "replace"; readonly json: string };

/** Opens the transform of one text. */
export interface OpenText {
  (channel: string): Transform;
  /**
   * Whether this whole text would come out as it is: then no transform is opened for it. Of the channel its last name
   * will do. The text is valid during the call only, unless it is `lasting`.
   */
  readonly clean?: (channel: string, text: Uint8Array, lasting?: boolean) => boolean;
}

export interface JsonEditOptions {
  readonly open: OpenText;
  /** Asked for every value before it is read; scan, unless it says otherwise. */
  readonly treat?: (path: JsonPath) => Treatment | undefined;
  /** Stands before the path in the names of channels. */
  readonly prefix?: string;
  /** Told of bytes that were not scanned: they went by as they are, or not at all. */
  readonly skipped?: (bytes: number, why: "opaque" | "removed") => void;
}
