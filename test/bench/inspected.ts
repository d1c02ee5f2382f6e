import { Session } from "node:inspector/promises";

/** Where processor time and memory went, by the folder of `src` that asked for it. */
export interface Shares {
  /** Of the main thread's time, from 0 to 1; `(garbage collector)` apart. */
  readonly time: ReadonlyMap<string, number>;
  /** Bytes that were allocated, those given back included. */
  readonly bytes: ReadonlyMap<string, number>;
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

/** Runs `act` under V8's own profilers of time and of allocations, one after the other. */
export async function inspected(act: () => Promise<void>): Promise<Shares> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: 500 });
    await session.post("Profiler.start");
    await act();
    const { profile } = await session.post("Profiler.stop");
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: 16_384,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await act();
    const heap = await session.post("HeapProfiler.stopSampling");
    return { time: timeOf(profile as never), bytes: bytesOf(heap.profile.head) };
  } finally {
    session.disconnect();
  }
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: Frame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

function timeOf({ nodes, samples, timeDeltas }: CpuProfile): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const folders = new Map<number, string>();
  // A node comes after whoever called it.
  for (const { id, callFrame, children = [] } of nodes) {
    const own = folderOf(callFrame) ?? folders.get(id) ?? (callFrame.functionName || "(other)");
    folders.set(id, own);
    for (const child of children) if (own.startsWith("src/")) folders.set(child, own);
  }
  const time = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, at) => {
    const name = byId.get(id)?.callFrame.functionName;
    // Nor what reading the profile itself takes.
    if (name === "(idle)" || name === "post") return;
    const folder = name === "(garbage collector)" ? name : (folders.get(id) ?? "(other)");
    const spent = timeDeltas[at] ?? 0;
    busy += spent;
    time.set(folder, (time.get(folder) ?? 0) + spent);
  });
  return new Map([...time].map(([folder, spent]) => [folder, spent / busy]));
}

interface HeapNode {
  readonly callFrame: Frame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

function bytesOf(head: HeapNode): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>();
  const visit = (node: HeapNode, caller: string): void => {
    const folder = folderOf(node.callFrame) ?? caller;
    bytes.set(folder, (bytes.get(folder) ?? 0) + node.selfSize);
    for (const child of node.children) visit(child, folder);
  };
  visit(head, "(other)");
  return bytes;
}

function folderOf({ url }: Frame): string | undefined {
  return /\/(src\/[^/]+)\//.exec(url)?.[1];
}
