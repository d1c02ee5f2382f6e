import { readFileSync } from "node:fs";

type ByName = Readonly<Record<string, number>>;

/** Seconds of processor time that each process has used (Linux, 100 ticks a second). */
export function cpuOf(pids: ByName): ByName {
  return each(pids, (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
}

/** MiB that each process holds in memory. */
export function rssOf(pids: ByName): ByName {
  return each(pids, (pid) => {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(line?.[1]) / 1024;
  });
}

function each(pids: ByName, of: (pid: number) => number): ByName {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, of(pid)]));
}
