import type { Result } from "../base/result.ts";
import type { ForwardWay } from "../core/forward.ts";
import { proceed, type Refuse, refuse, type Settled } from "../core/outcome.ts";
import type { Intent } from "../core/record.ts";
import { Fields } from "../http/fields.ts";
import type { Reply, RequestHead } from "../http/message.ts";
import type { Identity } from "../identity/authenticator.ts";
import type { Conversation } from "./conversation.ts";
import { Ledger } from "./ledger.ts";
import type { Parts } from "./parts.ts";
import type { Origin, Phase, Port } from "./phase.ts";
import { plainRefusal } from "./plain-refusal.ts";

interface Judged {
  readonly settled: Settled;
  readonly identity?: Identity;
}

/**
 * One CONNECT to the forward proxy, or what should have been one: refused, or opened and then left alone. What moves in
 * a tunnel that ends inside is judged there, request by request; what moves in any other is nobody's to see.
 */
export class Connect implements Conversation {
  readonly #parts: Parts;
  readonly #port: Port;
  readonly #way: ForwardWay;
  readonly #ledger: Ledger;
  #state: "idle" | "held" | "over" = "idle";

  constructor(parts: Parts, port: Port, way: ForwardWay) {
    this.#parts = parts;
    this.#port = port;
    this.#way = way;
    this.#ledger = new Ledger(parts);
  }

  receive(phase: Phase): void {
    if (this.#state === "over") return;
    if (phase.kind !== "requestHead" || this.#state !== "idle")
      throw new TypeError("a CONNECT is a head and nothing else");
    this.#state = "held";
    void this.#answer(phase.head, phase.origin).catch((error) => {
      this.#parts.fault("connect", error);
      this.#port.fail("internal error");
      this.left();
    });
  }

  drained(): void {
    // One small message is all that is ever sent.
  }

  handOver(): void {
    // It is answered in a moment.
  }

  left(): void {
    if (this.#state === "held") this.#ledger.complete("aborted", 0, 0);
    this.#state = "over";
  }

  async #answer(head: RequestHead, origin: Origin): Promise<void> {
    const judged = await this.#judge(head);
    let { settled } = judged;
    try {
      await this.#ledger.intent(this.#intent(head, origin, judged));
    } catch (error) {
      this.#parts.fault("audit", error);
      settled = refuse(
        "unavailable",
        "Sallyport cannot record this request. Nothing was forwarded.",
      );
    }
    if (this.#state !== "held") return;
    this.#state = "over";
    if (settled.kind === "refuse") {
      const reply = refusal(settled, this.#ledger.id);
      this.#ledger.answered(reply.status);
      this.#port.send({ kind: "reply", reply });
      this.#ledger.complete("refused", 0, 0);
    } else {
      this.#ledger.answered(200);
      this.#port.send({ kind: "requestHead", edits: { set: [], remove: [] } });
      this.#ledger.complete("completed", 0, 0);
    }
  }

  async #judge(head: RequestHead): Promise<Judged> {
    const shown = head.fields.all("proxy-authorization");
    const known = shown.length === 0 ? undefined : await this.#identify(head, shown);
    const identity = known?.ok === true ? { identity: known.value } : {};
    // Who it was is worth knowing even where nobody may go.
    if (this.#way === "elsewhere") return { settled: nowhere, ...identity };
    if (known?.ok === false) return { settled: known.error };
    if (known === undefined && this.#mustAsk(head)) return { settled: unknown };
    return { settled: proceed, ...identity };
  }

  /** A tunnel that nobody looks into is for known callers alone. */
  #mustAsk({ fields }: RequestHead): boolean {
    const { forwardIdentity } = this.#parts;
    if (this.#way === "tunnel" || forwardIdentity === "connect") return true;
    // It holds back the credentials of its proxy URL until a 407 asks for them (`http.proxyAuthMethod` is `anyauth`).
    return forwardIdentity === "either" && /^git\//.test(fields.get("user-agent") ?? "");
  }

  async #identify(head: RequestHead, shown: readonly string[]): Promise<Result<Identity, Refuse>> {
    const fields = new Fields(shown.map((line) => ["proxy-authorization", line]));
    try {
      const identity = await this.#parts.authenticator.authenticate({ ...head, fields });
      if (identity.ok) return identity;
      return { ok: false, error: refuse(identity.error.refusal, identity.error.message) };
    } catch (error) {
      this.#parts.fault("connect", error);
      const error503 = refuse("unavailable", "Sallyport cannot decide now. Nothing was forwarded.");
      return { ok: false, error: error503 };
    }
  }

  #intent(head: RequestHead, { parent }: Origin, { settled, identity }: Judged): Intent {
    const { id, at } = this.#ledger;
    const resource = wanted(head);
    const userAgent = head.fields.get("user-agent");
    return {
      id,
      at,
      decision: word(settled),
      method: head.method,
      path: resource,
      operations: [
        { protocol: "connect", name: names[this.#way], access: "write", resource, attributes: {} },
      ],
      rules: [],
      observed: [],
      ...(identity === undefined
        ? {}
        : { principal: identity.principal, session: identity.session }),
      ...(settled.kind === "refuse" ? { reason: settled.message } : {}),
      ...(parent === "" ? {} : { parent }),
      ...(userAgent === undefined ? {} : { userAgent }),
    };
  }
}

const names: Readonly<Record<ForwardWay, string>> = {
  inward: "connect.inward",
  tunnel: "connect.tunnel",
  elsewhere: "connect.elsewhere",
};

const nowhere = refuse(
  "denied",
  "Sallyport forwards to its connections' hosts and to its listed tunnels over HTTPS, and nowhere else.",
);
const unknown = refuse(
  "unauthenticated",
  "Say who you are: put a session token into the proxy's URL, as its password.",
);

function word(settled: Settled): Intent["decision"] {
  if (settled.kind === "proceed") return "allow";
  return settled.code === "unavailable" ? "error" : "deny";
}

/** The authority as the client wrote it, where it is one: it goes into the record. */
function wanted({ authority }: RequestHead): string {
  return /^[\w.:[\]-]{1,300}$/.test(authority) ? authority.toLowerCase() : "(no host)";
}

/** A proxy asks with 407 and `proxy-authenticate` (RFC 9110 section 15.5.8), where a server would with 401. */
function refusal({ code, message }: Refuse, caseId: string): Reply {
  const reply = plainRefusal({ code, message, caseId });
  if (code !== "unauthenticated") return reply;
  const { "www-authenticate": _asked, ...headers } = reply.headers;
  return {
    ...reply,
    status: 407,
    headers: { ...headers, "proxy-authenticate": 'Basic realm="Sallyport"' },
  };
}
