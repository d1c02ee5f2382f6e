import { type ParseArgsConfig, parseArgs } from "node:util";
import { err, ok, type Result } from "../base/result.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/** Reads a command's own arguments; an unknown or incomplete option is an error in one sentence. */
export function readArguments<const T extends Options>(
  args: readonly string[],
  options: T,
): Result<Parsed<T>> {
  try {
    return ok(parseArgs({ args: [...args], options, allowPositionals: true, strict: true }));
  } catch (error) {
    const message = error instanceof Error ? error.message : "the arguments cannot be read";
    return err(message.split(". ")[0] ?? message);
  }
}
