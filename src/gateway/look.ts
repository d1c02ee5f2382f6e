import type { Finding, Look, Masker, Sighting } from "../core/finding.ts";
import { contentLens } from "../protocols/content-lens.ts";
import type { Cargo, Lens } from "../protocols/protocol.ts";
import type { Arrival } from "./arrival.ts";
import { channels } from "./channels.ts";
import type { Ledger } from "./ledger.ts";
import { readableBody } from "./readable-body.ts";

/** No more of one request's findings are written down, and none after them are looked for. */
const mostFindings = 100;
/** So many are told to whoever sent the request. */
const mostSightings = 3;

type Wanted = Pick<Arrival, "head" | "protocol" | "parser" | "body">;

/** Looks for secrets in all that a request carries, once it is resolved: in its cargo, else in its body. */
export async function lookInto(arrival: Wanted, ledger: Ledger, masker: Masker): Promise<Look> {
  const cargo = arrival.parser.cargo?.();
  return cargo === undefined
    ? lookIntoBody(arrival, ledger, masker)
    : lookIntoCargo(cargo, ledger, masker);
}

async function lookIntoBody(
  { head, protocol, body }: Wanted,
  ledger: Ledger,
  masker: Masker,
): Promise<Look> {
  if (!body.whole) return unreadable("its body goes on as it comes");
  const lens: Lens = protocol.requestLens?.(head) ?? contentLens(head.fields);
  const readable = readableBody(head.fields, ledger.reading("request", lens));
  if (!readable.ok) return unreadable(readable.error);
  const found: Finding[] = [];
  const read = readable.value.lens?.(channels([masker], (finding) => found.push(finding)));
  read?.write(body.judged());
  read?.flush();
  for (const finding of found.slice(0, mostFindings)) ledger.report(finding);
  const sightings = found
    .slice(0, mostSightings)
    .map((finding) => ({ finding, place: finding.channel }));
  return { kind: "read", sightings, count: found.length };
}

async function lookIntoCargo(cargo: Cargo, ledger: Ledger, masker: Masker): Promise<Look> {
  const found: { readonly finding: Finding; readonly id: string; readonly kind: string }[] = [];
  const keep = (kind: string, id: string, findings: readonly Finding[]) => {
    for (const finding of findings)
      found.push({ finding: { ...finding, channel: `${kind}.${id}` }, id, kind });
  };
  const read = await cargo.examine({
    whole: (kind, id, content) => {
      ledger.read("request", `git:${kind}`, content.length);
      if (found.length >= mostFindings || masker.clean?.(text, content) === true) return;
      const findings: Finding[] = [];
      const transform = masker.open(text, (finding) => findings.push(finding));
      transform.write(content);
      transform.flush();
      keep(kind, id, findings);
    },
    large: (kind) => {
      const findings: Finding[] = [];
      const transform = masker.open(text, (finding) => findings.push(finding));
      return {
        write: (chunk) => {
          ledger.read("request", `git:${kind}`, chunk.length);
          if (findings.length < mostFindings) transform.write(chunk);
        },
        end: (id) => {
          transform.flush();
          keep(kind, id, findings);
        },
      };
    },
  });
  for (const { finding } of found.slice(0, mostFindings)) ledger.report(finding);
  if (!read.ok && found.length === 0) return unreadable(read.error);
  const sightings: Sighting[] = [];
  for (const { finding, id, kind } of found.slice(0, mostSightings))
    sightings.push({ finding, place: (await cargo.placeOf(id)) ?? `${kind} ${id.slice(0, 12)}` });
  return { kind: "read", sightings, count: found.length };
}

/** The channel's name says nothing of what stands in it. */
const text = "body";

function unreadable(reason: string): Look {
  return { kind: "unreadable", reason };
}
