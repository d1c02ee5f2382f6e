import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../src/demo/ask.ts";
import { dialects, type Models, modelsOf } from "../support/reversible.ts";
import { type ServeStack, startServeStack } from "../support/serve-stack.ts";
import { type Several, startSeveral } from "../support/several.ts";
import { places } from "../support/traces.ts";

/** What placeholders stand for outlives the process that put it away, is shared by all, and ends when its time is over. */
const policy = `rules:
  - id: models
    when: { operation: model.call }
    then: [ { mask: { strategy: reversible } }, inject ]
`;
// Built of parts, so that no scanner takes it for a real one.
const token = `gh${"p"}_${"Zk3vQ9xT7bN2mW5rY8cL1dF4gH6jS0aP2eUu"}`;
const form = /masked-[0-9a-f]{20}/;
const timeout = 120_000;
const chat = dialects[0];

interface Turns {
  /** Asks about the secret; gives its placeholder. */
  tell(): Promise<string>;
  /** Has the model say that text. */
  say(text: string): Promise<string>;
}

function turnsOf(models: Models, { upstream }: Pick<ServeStack, "upstream">): Turns {
  return {
    tell: async () => {
      const told = await chat?.ask(models, { stream: true, prompt: `Is ${token} well formed?` });
      expect(String(told)).toContain(token);
      return form.exec(upstream.log.at(-1)?.body.toString("utf8") ?? "")?.[0] ?? "none";
    },
    say: async (text) =>
      String(
        await chat?.ask(models, { stream: true, prompt: "Go on.", demo: { demo_text: text } }),
      ),
  };
}

/** It answers 503, and nothing of the request has gone on. */
async function refuses({ proxy, ca, issuer, upstream }: ServeStack): Promise<void> {
  const before = upstream.log.length;
  const answer = await ask(`${proxy}/copilot/chat/completions`, {
    method: "POST",
    ca: readFileSync(ca, "utf8"),
    headers: {
      authorization: `Bearer ${await issuer.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      model: "m",
      messages: [{ role: "user", content: `Is ${token} good?` }],
    }),
  });
  expect(answer.status).toBe(503);
  expect(answer.text).toContain("Nothing was forwarded");
  expect(upstream.log.length).toBe(before);
}

describe("embedded", () => {
  let stack: ServeStack;
  let turns: Turns;
  beforeAll(async () => {
    const config = { masking: { placeholders: { lifetime: "3s", values: 2 } } };
    stack = await startServeStack({ policy, config });
    turns = turnsOf(await modelsOf(stack), stack);
  }, timeout);
  afterAll(() => stack?.stop());

  test("a restart between two turns loses nothing", { timeout }, async () => {
    const longer = await startServeStack({ policy });
    try {
      const models = await modelsOf(longer);
      const name = await turnsOf(models, longer).tell();
      await longer.kill();
      await longer.start();
      expect(await turnsOf(models, longer).say(name)).toBe(token.slice(4));
    } finally {
      await longer.stop();
    }
  });

  test("after its time nobody gets it back, the session itself neither", { timeout }, async () => {
    const name = await turns.tell();
    await expect.poll(() => turns.say(name), { interval: 4000, timeout: 60_000 }).toBe(name);
    expect(await turns.tell()).toBe(name);
    expect(await turns.say(name)).toBe(token.slice(4));
  });

  test("a session that has no room for more gets marks, and keeps what it has", {
    timeout,
  }, async () => {
    const name = await turns.tell();
    const more = ["aQ7xZ2", "bW8yK3", "cE9vL4"].map((part) => `https://app:${part}${part}@db/`);
    const models = await modelsOf(stack);
    const prompt = `Is ${token} good, ${more.join(", ")}?`;
    const demo = { demo_text: `It is ${name}.` };
    const told = String(await chat?.ask(models, { stream: true, prompt, demo }));
    expect(told).toBe(`It is ${token.slice(4)}.`);
    const sent = stack.upstream.log.at(-1)?.body.toString() ?? "";
    expect(sent).toContain(name);
    // Two may be kept: that one, and the first of these.
    expect(sent.match(/app:masked-[0-9a-f]{20}@db/g)).toHaveLength(1);
    expect(sent.match(/app:\[REDACTED:url-password:[0-9a-f]{10}\]@db/g)).toHaveLength(2);
  });

  test("where it cannot be read or kept, nothing goes on", { timeout }, async () => {
    const dir = join(stack.folder.path, "data", "placeholders");
    await rename(dir, `${dir}.away`);
    await writeFile(dir, "");
    await refuses(stack);
    await rm(dir);
    await rename(`${dir}.away`, dir);
    await turns.tell();
  });
});

describe("Redis, and two processes", () => {
  let several: Several;
  let stack: ServeStack;
  beforeAll(async () => {
    several = await startSeveral({ policy });
    stack = several.stack;
  }, timeout);
  afterAll(() => several?.stop());

  test("what one process put away, the others give back, to its session alone", {
    timeout,
  }, async () => {
    const turns = turnsOf(await modelsOf(stack), stack);
    const others = turnsOf(await modelsOf(stack, { run_id: "4242" }), stack);
    const name = await turns.tell();
    // Every client of its own connection: Envoy gives them to the processes in turn.
    for (let turn = 0; turn < 8; turn++) {
      expect(await turns.say(name)).toBe(token.slice(4));
      expect(await others.say(name)).toBe(name);
    }
  });

  test("Redis holds it sealed", async () => {
    const client = several.redis.client();
    const keys = await client.keys("*");
    expect(keys.some((key) => key.startsWith("sallyport:placeholders:"))).toBe(true);
    const all = new Map<string, string>();
    for (const key of keys) {
      const dump = (await client.dumpBuffer(key)) ?? Buffer.alloc(0);
      const hash = key.startsWith("sallyport:placeholders:") ? await client.hgetall(key) : {};
      all.set(key, dump.toString("latin1") + JSON.stringify(hash));
    }
    expect([...all.values()].join("")).toMatch(form);
    expect(places(token.slice(4), all)).toEqual([]);
    client.disconnect();
  });

  test("while Redis is away nothing goes on, and then it does again", { timeout }, async () => {
    await several.redis.crash();
    await refuses(stack);
    await several.redis.restart();
    const turns = turnsOf(await modelsOf(stack), stack);
    await expect.poll(() => turns.tell().catch(() => "none"), { timeout: 30_000 }).toMatch(form);
  });
});
