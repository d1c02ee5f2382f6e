/** A file that a request writes, as its JSON body carries it in base64. */
export interface WrittenFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const most = 20;
const deepest = 8;

/** The files in the JSON body of a request: GitHub's REST `content` and GraphQL's `contents`, with their `path`. */
export function writtenFiles(body: Uint8Array): readonly WrittenFile[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return [];
  }
  const found: WrittenFile[] = [];
  collect(value, found, 0);
  return found;
}

function collect(value: unknown, found: WrittenFile[], depth: number): void {
  if (typeof value !== "object" || value === null || depth > deepest) return;
  const { path, content, contents } = value as Readonly<Record<string, unknown>>;
  const text = typeof content === "string" ? content : contents;
  const bytes = typeof text === "string" ? fromBase64(text) : undefined;
  if (bytes !== undefined && found.length < most)
    found.push({ path: typeof path === "string" ? path : "", bytes });
  for (const inner of Object.values(value)) collect(inner, found, depth + 1);
}

function fromBase64(text: string): Uint8Array | undefined {
  const plain = text.replaceAll(/[\r\n]/g, "");
  if (plain === "" || plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(plain))
    return undefined;
  return Buffer.from(plain, "base64");
}
