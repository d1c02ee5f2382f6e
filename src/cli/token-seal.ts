import { text } from "node:stream/consumers";
import { Secret } from "../base/secret.ts";
import { parseSealingKey, seal } from "../credentials/seal.ts";
import { readArguments } from "./arguments.ts";
import type { Command, ExitStatus, Io } from "./command.ts";
import { readSecret } from "./token-client.ts";

/** `token seal`: encrypts a token from standard input for one credential of the config, to be kept in a file. */
export const tokenSeal: Command = {
  name: "token seal",
  summary: "Encrypt a stored token, read from standard input, for one credential",
  usage: "--credential NAME [--key-file FILE]   (else the key is in SALLYPORT_SEALING_KEY)",
  run: async (args, io) => {
    const read = readArguments(args, {
      credential: { type: "string" },
      "key-file": { type: "string" },
    });
    if (!read.ok) return fail(io, read.error);
    const { credential, "key-file": file } = read.value.values;
    if (credential === undefined) return fail(io, "name the credential: --credential NAME");
    const given = new Secret(io.env["SALLYPORT_SEALING_KEY"] ?? "");
    const secret =
      file === undefined ? ({ ok: true, value: given } as const) : await readSecret(file, io);
    if (!secret.ok) return fail(io, secret.error);
    const key = parseSealingKey(secret.value.reveal());
    if (!key.ok) return fail(io, `the sealing key: ${key.error}`);
    const value = (await text(io.stdin)).replace(/\r?\n$/, "");
    if (value === "") return fail(io, "standard input is empty");
    io.out(seal(new Secret(value), credential, new Secret(key.value)));
    return 0;
  },
};

function fail(io: Io, sentence: string): ExitStatus {
  io.err(sentence);
  return 2;
}
