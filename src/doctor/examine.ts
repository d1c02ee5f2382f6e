import { examineAnswer } from "./answer.ts";
import { examineVariables, readAuthorities } from "./authority-file.ts";
import { dial, get, type Socket, secure, tunnel } from "./dial-client.ts";
import { type Asked, bypasses, type Environment, readSetup, type Setup } from "./setup.ts";
import { Fault, fault, type Step } from "./step.ts";
import { examineToken } from "./token.ts";

/** Nobody is changed by it, and every caller who may read at all may read it. */
const harmless = "/rate_limit";
const guarded = "api.github.com";

type Look = <T>(check: string, act: () => Promise<T> | T, says?: (seen: T) => string) => Promise<T>;

/** Goes the way that a client would, hop by hop; the last step that is told is the one that is broken, or the last of all. */
export async function* examine(
  asked: Asked,
  env: Environment,
  now: () => number,
): AsyncGenerator<Step> {
  const steps: Step[] = [];
  const made: Socket[] = [];
  const look: Look = async (check, act, says = String) => {
    try {
      const seen = await act();
      steps.push({ check, ok: true, says: says(seen) });
      return seen;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      steps.push({ check, ok: false, says: error.message });
      throw error;
    }
  };
  const ways = [() => byReverseProxy, () => byForwardProxy];
  try {
    const setup = await look("setup", () => readSetup(asked, env), told);
    const ca = await authority(look, setup, env, now());
    for (const way of ways) {
      await way()(look, setup, { ca, env, now, made });
      yield* steps.splice(0);
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  } finally {
    for (const socket of made) socket.destroy();
  }
  yield* steps;
}

interface Around {
  readonly ca: string | undefined;
  readonly env: Environment;
  readonly now: () => number;
  /** Every connection that was made, to be closed at the end. */
  readonly made: Socket[];
}

function authority(
  look: Look,
  { ca }: Setup,
  env: Environment,
  now: number,
): Promise<string | undefined> {
  return look(
    "authority",
    () => {
      const text = ca === undefined ? undefined : readAuthorities(ca, now);
      examineVariables(env, now);
      return text;
    },
    () =>
      ca === undefined ? "the system's alone" : `${ca} and what clients are told hold certificates`,
  );
}

async function byReverseProxy(look: Look, setup: Setup, { ca, now, made }: Around): Promise<void> {
  const { gateway, token } = setup;
  if (gateway === undefined) return;
  const { hostname, host } = gateway;
  const socket = await look(
    "gateway",
    () => dial(hostname, Number(gateway.port || 443), made),
    () => `somebody listens at ${host}`,
  );
  const tls = await look(
    "certificate",
    () => secure(socket, hostname, ca),
    () => `is ${hostname}'s`,
  );
  await look("token", () => examineToken(token, now()));
  await look("call", async () =>
    examineAnswer(await get(tls, host, `/api/v3${harmless}`, token), now()),
  );
}

async function byForwardProxy(
  look: Look,
  setup: Setup,
  { ca, env, now, made }: Around,
): Promise<void> {
  const { forward, token } = setup;
  if (forward === undefined) return;
  const inside = forward.password === "" ? token : undefined;
  await look(
    "proxy setting",
    () => bypasses(env, guarded) && fault(`NO_PROXY keeps ${guarded} away from the gateway.`),
    () => `${guarded} goes by ${forward.host}`,
  );
  await look("proxy token", () =>
    examineToken(inside ?? decodeURIComponent(forward.password), now()),
  );
  const socket = await look(
    "tunnel",
    () => throughProxy(forward, made),
    () => `opens to ${guarded}`,
  );
  const tls = await look(
    "inner certificate",
    () => secure(socket, guarded, ca),
    () => `is ${guarded}'s`,
  );
  await look("proxy call", async () =>
    examineAnswer(await get(tls, guarded, harmless, inside), now()),
  );
}

async function throughProxy(proxy: URL, made: Socket[]): Promise<Socket> {
  const { status, text, socket } = await tunnel(proxy, guarded, made);
  if (status === 200) return socket;
  socket.destroy();
  const said = /"message":"([^"]{1,200})"/.exec(text)?.[1]?.replace(/\.$/, "");
  const why = said === undefined ? "" : `: ${said}`;
  if (status === 407) fault(`The forward proxy does not know this caller${why}.`);
  if (status === 403 && said !== undefined)
    fault(
      `The forward proxy lets nobody through to ${guarded}: the gateway has no connection for it.`,
    );
  if (status === 503)
    fault(`The forward proxy cannot decide${why}. Its operator finds why in /readyz.`);
  return fault(
    `What answers at ${proxy.host} is not Sallyport's forward proxy: look at HTTPS_PROXY.`,
  );
}

function told({ gateway, forward }: Setup): string {
  const by = [
    gateway && `reverse proxy ${gateway.host}`,
    forward && `forward proxy ${forward.host}`,
  ];
  return by.filter(Boolean).join(", ");
}
