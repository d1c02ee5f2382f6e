import { anOpening, happenings, openRecordingsIn } from "../../support/recordings.ts";
import { shelfOf } from "../../support/shelves.ts";

/** Records a hundred sessions without end, and says on standard output which exchanges are where they should lie. */
const [, , place = ""] = process.argv;
const { store, recorder } = await openRecordingsIn(shelfOf(JSON.parse(place)));
for (let round = 0; ; round++) {
  const written: string[] = [];
  for (let index = 0; index < 100; index++) {
    const opening = anOpening(`ses_${index}`);
    const opened = recorder.open(opening);
    const tap = opened.ok ? opened.value : undefined;
    const all = happenings(opening.at, `request ${opening.record}`, `answer ${opening.record}`);
    // Every third exchange of a session never ends.
    const open = (round + index) % 3 === 0;
    for (const one of open ? all.slice(0, -1) : all) tap?.take(one);
    if (!open) written.push(`ses_${index} ${opening.record}`);
  }
  await new Promise((resolve) => setImmediate(resolve));
  await store.flush();
  process.stdout.write(`${written.join("\n")}\n`);
}
