import { ConnectionError, reason } from "./codes.ts";

/**
 * How many bits stand for each byte (RFC 7541 appendix B), as 32 lines of eight. The code is canonical: among those of one
 * length the smaller byte has the smaller code, so that the lengths say all. 256, EOS, is the last of 30 bits.
 */
const lengths = `
13 23 28 28 28 28 28 28  28 24 30 28 28 30 28 28  28 28 28 28 28 28 30 28  28 28 28 28 28 28 28 28
 6 10 10 12 13  6  8 11  10 10  8 11  8  6  6  6   5  5  5  6  6  6  6  6   6  6  7  8 15  6 12 10
13  6  7  7  7  7  7  7   7  7  7  7  7  7  7  7   7  7  7  7  7  7  7  7   8  7  8 13 19 13 14  6
15  5  6  5  6  5  6  6   6  5  7  7  6  6  6  5   6  7  6  5  5  6  7  7   7  7  7 15 11 14 13 28
20 22 20 20 22 22 22 23  22 23 23 23 23 23 24 23  24 24 22 23 24 23 23 23  23 21 22 23 22 23 23 24
22 21 20 22 22 23 23 21  23 22 22 24 21 22 23 23  21 21 22 21 23 22 23 23  20 22 22 22 23 22 22 23
26 26 20 19 22 23 22 25  26 26 26 27 27 26 24 25  19 21 26 27 27 26 27 24  21 21 26 26 28 27 27 27
20 24 20 21 22 21 21 23  22 22 25 25 24 24 26 23  26 27 26 26 27 27 27 27  27 28 27 27 27 27 27 26
30`
  .trim()
  .split(/\s+/)
  .map(Number);

const EOS = 256;
const NONE = -1;

/** A place in the code's tree: nothing read yet of the next byte is the root, 0. */
interface Node {
  readonly id: number;
  /** Whether the bits that lead here, if no byte follows, are the padding of section 5.2: ones, at most seven. */
  readonly mayEnd: boolean;
  readonly branches: (Node | number)[];
}

const nodes: Node[] = [];
const root = grow(true);
plant();

/** By four bits at a time: no code is shorter than five, so that each step gives one byte at most. */
const next = new Int16Array(nodes.length * 16);
const byte = new Int16Array(nodes.length * 16).fill(NONE);
for (const { id } of nodes) for (let bits = 0; bits < 16; bits += 1) step(id, bits);

/** All that a header block holds, decoded: five bits at least for each byte. */
let room = Buffer.allocUnsafe(4096);

/** The text of those bytes. */
export function huffmanText(bytes: Buffer, start: number, end: number): string {
  const most = Math.ceil(((end - start) * 8) / 5);
  if (most > room.length) room = Buffer.allocUnsafe(most * 2);
  const into = room;
  let size = 0;
  let at = 0;
  for (let half = start * 2; half < end * 2 && at >= 0; half += 1) {
    const read = bytes[half >> 1] ?? 0;
    const place = at * 16 + ((half & 1) === 0 ? read >> 4 : read & 15);
    const decoded = byte[place] ?? NONE;
    if (decoded >= 0) into[size++] = decoded;
    at = next[place] ?? NONE;
  }
  if (nodes[at]?.mayEnd !== true)
    throw new ConnectionError(reason.compression, "a text that ends within a code");
  return into.toString("latin1", 0, size);
}

function grow(mayEnd: boolean): Node {
  const node = { id: nodes.length, mayEnd, branches: [] };
  nodes.push(node);
  return node;
}

function plant(): void {
  let code = 0;
  for (let length = 5; length <= 30; length += 1) {
    for (const [symbol, its] of lengths.entries()) if (its === length) put(symbol, code++, length);
    code *= 2;
  }
}

function put(symbol: number, code: number, length: number): void {
  let node = root;
  for (let depth = 1; depth < length; depth += 1) {
    const bit = (code >>> (length - depth)) & 1;
    const branch = node.branches[bit] ?? grow(node.mayEnd && bit === 1 && depth < 8);
    node.branches[bit] = branch;
    if (typeof branch === "number") throw new RangeError("no prefix code");
    node = branch;
  }
  node.branches[code & 1] = symbol;
}

function step(id: number, bits: number): void {
  let node: Node | undefined = nodes[id];
  for (let bit = 3; bit >= 0; bit -= 1) {
    const branch: Node | number | undefined = node?.branches[(bits >> bit) & 1];
    if (typeof branch !== "number") {
      node = branch;
      continue;
    }
    // EOS itself is no text (section 5.2).
    node = branch === EOS ? undefined : root;
    if (branch !== EOS) byte[id * 16 + bits] = branch;
  }
  next[id * 16 + bits] = node?.id ?? NONE;
}
