interface Member {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The bytes of a JSON-RPC 2.0 request without what a retry changes and the upstream does not act on: its `id`, and
 * MCP's `params._meta.progressToken`. Anything else, also an object that names a key twice, comes back as it was.
 */
export function withoutRequestId(body: Uint8Array): Uint8Array {
  // Latin-1 keeps one character a byte, so that places in the text are places in the body.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  const request = members(text, skipSpace(text, 0));
  if (request === undefined) return body;
  const version = request.find(({ key }) => key === "jsonrpc");
  if (version === undefined || text.slice(version.start, version.end) !== '"2.0"') return body;
  const id = request.find(({ key }) => key === "id");
  const token = memberAt(text, request, ["params", "_meta", "progressToken"]);
  const spans = [id, token].filter((span) => span !== undefined).sort((a, b) => b.start - a.start);
  const cut = spans.reduce(
    (rest, { start, end }) => `${rest.slice(0, start)}${rest.slice(end)}`,
    text,
  );
  return Buffer.from(cut, "latin1");
}

function memberAt(
  text: string,
  siblings: readonly Member[],
  path: readonly string[],
): Member | undefined {
  const [key, ...rest] = path;
  const member = siblings.find((candidate) => candidate.key === key);
  if (member === undefined || rest.length === 0) return member;
  const inner = members(text, member.start);
  return inner === undefined ? undefined : memberAt(text, inner, rest);
}

// The members of the object that starts there; undefined where there is none, or where a key comes twice.
function members(text: string, start: number): readonly Member[] | undefined {
  if (text[start] !== "{") return undefined;
  const found: Member[] = [];
  let i = skipSpace(text, start + 1);
  while (text[i] === '"') {
    const keyEnd = stringEnd(text, i);
    const key = parseKey(text.slice(i, keyEnd));
    const colon = skipSpace(text, keyEnd);
    if (key === undefined || text[colon] !== ":") return undefined;
    if (found.some((member) => member.key === key)) return undefined;
    const valueStart = skipSpace(text, colon + 1);
    const end = valueEnd(text, valueStart);
    found.push({ key, start: valueStart, end });
    i = skipSpace(text, end);
    if (text[i] === "}") return found;
    if (text[i] !== ",") return undefined;
    i = skipSpace(text, i + 1);
  }
  return undefined;
}

function parseKey(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

function skipSpace(text: string, from: number): number {
  let i = from;
  while (i < text.length && " \t\r\n".includes(text[i] ?? "")) i += 1;
  return i;
}

function stringEnd(text: string, from: number): number {
  let i = from + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i + 1;
}

function valueEnd(text: string, from: number): number {
  const first = text[from] ?? "";
  if (first === '"') return stringEnd(text, from);
  if (first in depths) return bracketEnd(text, from);
  let i = from;
  while (i < text.length && !",}] \t\r\n".includes(text[i] ?? "")) i += 1;
  return i;
}

const depths: Readonly<Record<string, number>> = { "{": 1, "[": 1, "}": -1, "]": -1 };

function bracketEnd(text: string, from: number): number {
  let depth = 0;
  let i = from;
  do {
    const c = text[i] ?? "";
    depth += depths[c] ?? 0;
    i = c === '"' ? stringEnd(text, i) : i + 1;
  } while (depth > 0 && i < text.length);
  return i;
}
