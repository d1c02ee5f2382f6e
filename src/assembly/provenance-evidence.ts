import type { Audit } from "../audit/audit.ts";
import type { FoundItem } from "../audit/index/query-file.ts";
import type { CommitProvenance } from "../provenance/answer.ts";
import { type ExposedExchange, type Exposure, exposureOf } from "../provenance/exposure.ts";
import { type LogReference, recordsOf, statement, statementType } from "../provenance/statement.ts";
import type { Envelope } from "../tlog/dsse.ts";
import { parseProof } from "../tlog/proof.ts";

/** What the audit log adds to what is known of commits. */
export interface ProvenanceEvidence {
  /** An in-toto Statement of it, signed with the log's keys (DSSE). */
  statement(found: CommitProvenance): Promise<Envelope>;
  /** Which secrets these sessions met; those exchanges alone that this caller made, where one is named. */
  exposure(sessions: readonly string[], caller?: string): Promise<Exposure>;
}

type Log = Pick<Audit, "records" | "proof" | "checkpoint" | "seal">;

/** Of one session so many exchanges are looked at, the newest. */
const mostExchanges = 10_000;

export function provenanceEvidence(audit: Log): ProvenanceEvidence {
  return {
    statement: async (found) => {
      const log = await references(audit, recordsOf(found));
      return audit.seal(statementType, JSON.stringify(statement(found, log)));
    },
    exposure: async (sessions, caller) => {
      const found: FoundItem[] = [];
      for (const session of sessions)
        found.push(
          ...(await audit.records({ keys: [["session", session]], limit: mostExchanges })),
        );
      const exchanges = found.flatMap((one) => exposed(one, caller));
      return exposureOf(exchanges.toSorted((a, b) => a.at - b.at));
    },
  };
}

/** Where records stand in the log; those that are in no checkpoint yet, or of another replica's own log, are left out. */
async function references(audit: Log, ids: readonly string[]): Promise<LogReference> {
  const records: { record: string; index: number }[] = [];
  for (const record of ids) {
    const proof = await audit.proof(record);
    const parsed = proof.ok ? parseProof(proof.value) : proof;
    if (parsed.ok) records.push({ record, index: parsed.value.index });
  }
  const checkpoint = audit.checkpoint();
  return { ...(checkpoint === undefined ? {} : { checkpoint }), records };
}

function exposed({ item }: FoundItem, caller: string | undefined): readonly ExposedExchange[] {
  if (item.kind !== "exchange" || item.completion === undefined) return [];
  const { intent, completion } = item;
  if (caller !== undefined && intent.principal?.id !== caller) return [];
  const { request, response } = completion.coverage ?? {};
  return [
    {
      record: intent.id,
      at: intent.at,
      refused: completion.end === "refused",
      findings: completion.findings,
      counts: completion.masks,
      unread: summed(request?.unscanned ?? {}, response?.unscanned ?? {}),
    },
  ];
}

function summed(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sums = { ...one };
  for (const [reason, bytes] of Object.entries(other)) sums[reason] = (sums[reason] ?? 0) + bytes;
  return sums;
}
