import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";

// 1980-01-01, the beginning of time for ZIP: the same files give the same archive.
const noTime = 0x0021_0000;

/** Writes the files of a folder as one ZIP archive (APPNOTE 6.3), in the order of their names. */
export async function zipFolder(folder: string, out: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const name of names) {
    const { local, central } = pack(name, await readFile(join(folder, name)), offset);
    parts.push(local);
    directory.push(central);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  await writeFile(out, Buffer.concat([...parts, central, end]), { mode: 0o600 });
}

function pack(name: string, bytes: Buffer, offset: number) {
  const packed = deflateRawSync(bytes);
  const title = Buffer.from(name, "utf8");
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  // Bit 11: names are UTF-8.
  shared.writeUInt16LE(0x0800, 2);
  shared.writeUInt16LE(8, 4);
  shared.writeUInt32LE(noTime, 6);
  shared.writeUInt32LE(crc32(bytes), 10);
  shared.writeUInt32LE(packed.length, 14);
  shared.writeUInt32LE(bytes.length, 18);
  shared.writeUInt16LE(title.length, 22);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((0o100600 << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  return {
    local: Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), shared, title, packed]),
    central: Buffer.concat([
      Buffer.from("PK\u0001\u0002\u0014\u0003", "latin1"),
      shared,
      tail,
      title,
    ]),
  };
}
