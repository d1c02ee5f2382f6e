import type { Audit } from "../../../src/audit/audit.ts";
import { sampleCompletion, sampleIntent } from "./sample.ts";

/** Records exchanges for ever, and says on standard output which were acknowledged, one id per line. */
export async function recordForEver(
  audit: Audit,
  atOnce: number,
  between: () => Promise<void> = async () => undefined,
): Promise<void> {
  const work = async (): Promise<void> => {
    for (;;) {
      const intent = sampleIntent({ at: Date.now() });
      await audit.intent(intent);
      process.stdout.write(`${intent.id}\n`);
      if (Math.random() < 0.9) audit.complete(sampleCompletion(intent));
      await between();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
