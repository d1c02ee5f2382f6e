import { expect, it } from "vitest";
import { Edge } from "../../../src/tlog/edge.ts";
import { emptyRoot, fold, leafHash, treeRoot } from "../../../src/tlog/merkle.ts";

const entries = Array.from({ length: 600 }, (_, index) => Buffer.from(`entry ${index}`));
const hashes = entries.map(leafHash);
const read = async (level: number, index: number) =>
  fold(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));

it("an edge that grew leaf by leaf, or was read, or was kept, has the root of the whole tree", async () => {
  let edge = Edge.empty();
  expect(edge.root()).toEqual(emptyRoot);
  for (const entry of entries) {
    edge = edge.append(entry);
    const { size } = edge;
    const root = await treeRoot(size, read);
    expect(edge.root()).toEqual(root);
    expect((await Edge.read(size, read)).root()).toEqual(root);
    expect(Edge.from(size, edge.hashes()).append(entry).root()).toEqual(edge.append(entry).root());
  }
  expect(() => Edge.from(3, [])).toThrow("not the edge");
});
