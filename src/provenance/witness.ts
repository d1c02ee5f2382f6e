import { ok, type Result } from "../base/result.ts";
import type { Operation } from "../core/operation.ts";
import type { Happening, Opening, Recorder, Tap } from "../core/recording.ts";
import type { Said } from "../core/said.ts";
import type { Fields } from "../http/fields.ts";
import type { ResponseHead } from "../http/message.ts";
import { concat } from "../http/transform.ts";
import { printsOf } from "./fingerprints.ts";
import { type Draft, suggestedBy } from "./suggested.ts";
import type { Suggestion } from "./suggestion.ts";
import { Texts } from "./texts.ts";

interface Reader {
  write(chunk: Uint8Array): readonly Said[];
  end(): readonly Said[];
}

/** Reads what is said in one exchange, the request before the response. */
export interface Conversation {
  request(fields: Fields): Reader;
  response(head: ResponseHead): Reader;
}

/** Commits that an exchange brought to a repository, the newest first. */
export interface Delivery {
  readonly opening: Opening;
  readonly kind: "push" | "api";
  readonly repository: string;
  readonly commits: readonly string[];
  /** A branch to look at where the answer named no commit. */
  readonly branch?: string;
}

/** A suggestion, and where it may turn up. */
export interface Placed {
  readonly scope: string;
  readonly suggestion: Suggestion;
}

export interface WitnessParts {
  /** For protocols in which models or tools speak. */
  readonly listen: (protocol: string) => Conversation | undefined;
  /** The commits that an answer of the API says were made. */
  readonly commitsIn: (body: Uint8Array) => readonly string[];
  /** Whether an answer with the status of a success says that something failed. */
  readonly failedIn: (body: Uint8Array) => boolean;
  /** Told of each answer; what it suggests is read when there is time for it. */
  readonly suggested: (work: () => readonly Placed[]) => void;
  readonly delivered: (delivery: Delivery) => void;
}

const longestAnswer = 4 * 1024 * 1024;
const apis = new Set(["github-rest", "graphql", "mcp"]);

/** Watches exchanges for what models suggest and for commits that go by. Keeps no text: fingerprints and ids alone. */
export function witness(parts: WitnessParts): Recorder {
  return {
    open: (opening): Result<Tap | undefined> => {
      const listener = listening(opening, parts);
      const writer = writing(opening, parts);
      if (listener === undefined || writer === undefined) return ok(listener ?? writer);
      return ok({
        take: (happening) => {
          listener.take(happening);
          writer.take(happening);
        },
      });
    },
  };
}

function listening(opening: Opening, parts: WitnessParts): Tap | undefined {
  const conversation = parts.listen(opening.protocol);
  if (conversation === undefined) return undefined;
  const { fields } = opening.head;
  let request: Reader | undefined;
  const asking = (decoded = false): Reader => {
    request ??= conversation.request(decoded ? fields.but(["content-encoding"]) : fields);
    return request;
  };
  let response: Reader | undefined;
  const drafts: Draft[] = [];
  const texts = new Texts();
  // In a question the model's earlier answers are told again; only a call of a tool is news there.
  const asked = (said: readonly Said[]): void => {
    if (opening.protocol === "mcp") drafts.push(...said.flatMap(suggestedBy));
  };
  // What is said twice is one suggestion, and is looked at once.
  const isNews = ({ part }: Said): boolean => part.kind !== "code" || texts.isNew(part.text);
  const answered = (said: readonly Said[] = []): void => {
    for (const one of said) if (isNews(one)) drafts.push(...suggestedBy(one));
  };
  const end = (): void => {
    const reader = response;
    if (reader === undefined) return;
    parts.suggested(() => {
      answered(reader.end());
      return placed(drafts, opening);
    });
  };
  const take = (happening: Happening): void => {
    const { kind } = happening;
    if (kind === "requestBody" && happening.sent)
      asked(asking(happening.decoded).write(happening.chunk));
    if (kind === "requestEnd") asked(asking().end());
    if (kind === "responseHead" && isYes(happening)) response = conversation.response(happening);
    if (kind === "responseBody") answered(response?.write(happening.chunk));
    if (kind === "end") end();
  };
  return { take };
}

function isYes({ own, status }: { readonly own: boolean; readonly status: number }): boolean {
  return !own && status >= 200 && status < 300;
}

/** Where a suggestion may turn up: in its run's repository, or, where no run is known, in whatever its caller writes. */
export function scopeOf({ principal }: Pick<Opening, "principal">): string {
  const repository = principal.run?.repository.toLowerCase();
  return repository === undefined ? `principal:${principal.id}` : `repository:${repository}`;
}

/** Everywhere to look for what a commit to that repository (`github.com/acme/app`) may have come from. */
export function scopesFor(
  { principal }: Pick<Opening, "principal">,
  repository: string,
): readonly string[] {
  const name = repository.split("/").slice(1).join("/");
  return [`repository:${name}`, scopeOf({ principal }), `principal:${principal.id}`];
}

function placed(drafts: readonly Draft[], opening: Opening): readonly Placed[] {
  const { record, session, at, principal } = opening;
  const scope = scopeOf(opening);
  const texts = new Texts();
  return drafts.flatMap(({ text, language, ...about }, index) => {
    if (!texts.isNew(text)) return [];
    const { hashes, lines } = printsOf(text, language);
    if (lines === 0) return [];
    const actor = principal.run?.actor;
    const whom = { principal: principal.id, ...(actor === undefined ? {} : { actor }) };
    const origin = { record, index, session, at, ...whom, ...about, lines };
    return [{ scope, suggestion: { ...origin, hashes } }];
  });
}

function writing(opening: Opening, parts: WitnessParts): Tap | undefined {
  const writes = opening.operations.some(isWrite);
  const pushes = opening.operations.some(isPush);
  const called = writes && apis.has(opening.protocol);
  return pushes || called ? new Writing(opening, parts, called) : undefined;
}

function isWrite({ access }: Operation): boolean {
  return access === "write";
}

function isPush(operation: Operation): boolean {
  return isWrite(operation) && operation.name === "push";
}

/** Hears what came of writes. An object that keeps next to nothing before the answer: thousands may wait for people. */
class Writing implements Tap {
  readonly #opening: Opening;
  readonly #parts: WitnessParts;
  /** Whether there are calls whose answer is to be read. */
  readonly #called: boolean;
  #answer: Uint8Array[] | undefined;
  #size = 0;
  #succeeded = false;

  constructor(opening: Opening, parts: WitnessParts, called: boolean) {
    this.#opening = opening;
    this.#parts = parts;
    this.#called = called;
  }

  take(happening: Happening): void {
    if (happening.kind === "responseHead") this.#succeeded = isYes(happening);
    if (happening.kind === "responseBody") this.#keep(happening.chunk);
    if (happening.kind === "end" && this.#succeeded) this.#end();
  }

  #keep(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > longestAnswer || !this.#called) return;
    this.#answer ??= [];
    this.#answer.push(Uint8Array.from(chunk));
  }

  #end(): void {
    const { operations } = this.#opening;
    for (const push of operations.filter(isPush))
      deliverPush(this.#opening, push, this.#parts.delivered);
    if (!this.#called || this.#size > longestAnswer) return;
    const body = concat(this.#answer ?? []);
    deliverCalls(this.#opening, operations.filter(isWrite), body, this.#parts);
  }
}

/** What commits to a branch, which can be looked at where the answer does not name the commit. */
const committing = new Set(["contents.write", "branch.merge", "pull_request.merge", "ref.update"]);
const commitId = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

function deliverCalls(
  opening: Opening,
  calls: readonly Operation[],
  body: Uint8Array,
  { commitsIn, failedIn, delivered }: WitnessParts,
): void {
  const commits = commitsIn(body);
  const [repository, ...others] = new Set(calls.map(({ resource }) => resource));
  if (commits.length > 0 && repository !== undefined && others.length === 0) {
    delivered({ opening, kind: "api", repository, commits });
    return;
  }
  // Several repositories in one call, or an answer that was not asked for ids: where each branch stands tells it.
  if (failedIn(body)) return;
  for (const call of calls.filter(({ name }) => committing.has(name))) {
    const { branch, new: moved } = call.attributes;
    const named = typeof moved === "string" && commitId.test(moved) ? [moved] : [];
    const place = typeof branch === "string" ? { branch } : {};
    delivered({ opening, kind: "api", repository: call.resource, commits: named, ...place });
  }
}

function deliverPush(
  opening: Opening,
  push: Operation,
  delivered: WitnessParts["delivered"],
): void {
  const { commits, new: tip, kind } = push.attributes;
  if (kind === "delete" || typeof tip !== "string") return;
  const named = Array.isArray(commits) ? (commits as readonly string[]) : [tip];
  delivered({ opening, kind: "push", repository: push.resource, commits: named });
}
