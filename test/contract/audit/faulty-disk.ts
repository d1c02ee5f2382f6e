import { type AppendFile, type Disk, realDisk } from "../../../src/audit/wal/disk-file.ts";

/** The real disk, until a test breaks it. */
export class FaultyDisk implements Disk {
  /** `full`: a write stores half of its bytes and fails; `io`: the data is written, but not through to the disk; `hang`: no answer. */
  fault: "none" | "full" | "io" | "hang" | "readonly" = "none";
  #release: (() => void)[] = [];

  /** Lets every call that hangs go on. */
  heal(): void {
    this.fault = "none";
    for (const release of this.#release.splice(0)) release();
  }

  async create(path: string, durable: boolean): Promise<AppendFile> {
    await this.#pass("create");
    const file = await realDisk.create(path, durable);
    return {
      write: async (bytes, at) => {
        if (this.fault === "full") {
          await file.write(bytes.subarray(0, bytes.length >> 1), at);
          throw code("ENOSPC");
        }
        await this.#pass("write");
        await file.write(bytes, at);
        if (this.fault === "io") throw code("EIO");
      },
      truncate: async (size) => {
        await this.#pass("truncate");
        await file.truncate(size);
      },
      close: () => file.close(),
    };
  }

  remove(path: string): Promise<void> {
    return realDisk.remove(path);
  }

  list(dir: string): Promise<readonly string[]> {
    return realDisk.list(dir);
  }

  async #pass(call: "create" | "write" | "truncate"): Promise<void> {
    if (this.fault === "hang" && call !== "create")
      await new Promise<void>((resolve) => this.#release.push(resolve));
    if (this.fault === "readonly") throw code("EROFS");
    if (this.fault === "full" && call === "create") throw code("ENOSPC");
    if (this.fault === "io" && call !== "write") throw code("EIO");
  }
}

function code(name: string): Error {
  return Object.assign(new Error(name), { code: name });
}
