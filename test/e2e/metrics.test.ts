import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { ask } from "../../src/demo/ask.ts";
import { run } from "../support/clients.ts";
import { type Stack, startStack } from "../support/stack.ts";

/** What Prometheus sees of a gateway that has done a little of everything, and whether our files speak of that. */
const root = join(import.meta.dirname, "..", "..");
const policy = `rules:
  - id: reading
    when: { access: read }
    then: [ { mask: { rules: default } }, { inject: {} } ]
otherwise: [ { deny: { reason: "No rule allows this." } } ]
`;

let stack: Stack;
let text: string;
let types: ReadonlyMap<string, string>;

beforeAll(async () => {
  stack = await startStack({ policy });
  await stack.ask("/api/v3/user");
  await stack.ask("/api/v3/repos/acme/app", { method: "DELETE" });
  await ask(`${stack.proxy}/api/v3/user`, { ca: readFileSync(stack.ca, "utf8") });
  await stack.ask("/nowhere");
  const ended =
    /sallyport_responses_total\{connection="github-api",class="2xx",end="completed"\} 1/;
  text = await vi.waitFor(
    async () => {
      const scraped = await scrape(stack);
      expect(scraped).toMatch(ended);
      return scraped;
    },
    { timeout: 10_000 },
  );

  types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
  );
}, 120_000);
afterAll(() => stack?.stop());

async function scrape({ metrics }: Stack): Promise<string> {
  const answer = await ask(`${metrics}/metrics`);
  expect(answer.status).toBe(200);
  return answer.text;
}

/** Every metric that an expression names; a histogram by its own name. */
const namesIn = (expression: string): readonly string[] =>
  [...expression.matchAll(/\b(?:sallyport|process|nodejs)_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ""),
  );

describe("the metrics listener", () => {
  test("tells what happened, by connection and decision", () => {
    for (const sample of [
      'sallyport_exchanges_total{connection="github-api",decision="allow"} 1',
      'sallyport_exchanges_total{connection="github-api",decision="deny"} 2',
      'sallyport_exchanges_total{connection="none",decision="deny"} 1',
      'sallyport_ready{check="state"} 1',
      "sallyport_policy_reload_failed 0",
    ])
      expect(text.split("\n")).toContain(sample);
    expect(text).toMatch(/^sallyport_upstream_seconds_count\{connection="github-api"\} 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  });

  test("answers nothing else, and the API tells the same names", async () => {
    for (const path of ["/", "/healthz", "/api/v1/approvals", "/console.css"])
      expect([path, (await ask(stack.metrics + path)).status]).toEqual([path, 404]);
    const other = (await ask(`${stack.api}/metrics`)).text;
    expect([...other.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)).toEqual([
      ...types.keys(),
    ]);
  });

  test("is what promtool takes for good, apart from names that others have chosen", async () => {
    const ended = await run(
      "sh",
      ["-c", `curl -s ${stack.metrics}/metrics | promtool check metrics`],
      {
        cwd: root,
      },
    );
    expect(ended.stdout + ended.stderr).toBe("");
    expect(ended.code).toBe(0);
  });

  test("has few series, and nothing of a client's in a label", () => {
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(series.length).toBeLessThan(300);
    expect(text).not.toMatch(/acme|demo-bot|mona|octo|\/user/);
  });
});

describe("what we ship speaks of metrics that are there", () => {
  const doc = readFileSync(join(root, "docs/metrics.md"), "utf8");

  test("the page lists each one, with its type and its own words, and no other", () => {
    const listed = [...doc.matchAll(/^\| `(\w+)` \| (\w+) \| (.+) \|$/gm)];
    expect(new Map(listed.map(([, name, type]) => [name, type]))).toEqual(types);
    for (const [, name, , help] of listed) expect(text).toContain(`# HELP ${name} ${help}\n`);
  });

  test("the dashboard", () => {
    const { panels } = JSON.parse(
      readFileSync(join(root, "deploy/observability/dashboard.json"), "utf8"),
    ) as { panels: { title: string; targets: { expr: string }[] }[] };
    expect(panels.length).toBeGreaterThan(15);
    for (const { title, targets } of panels)
      for (const { expr } of targets) {
        expect([title, namesIn(expr).length > 0]).toEqual([title, true]);
        for (const name of namesIn(expr)) expect([...types.keys()]).toContain(name);
      }
  });

  test("the alerts, which promtool reads, and which go off when they should", async () => {
    const file = join(root, "deploy/observability/alerts.yaml");
    const { groups } = parse(readFileSync(file, "utf8")) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    };
    for (const { alert, expr } of groups.flatMap(({ rules }) => rules)) {
      expect([alert, namesIn(expr).length > 0]).toEqual([alert, true]);
      for (const name of namesIn(expr)) expect([...types.keys()]).toContain(name);
    }
    for (const args of [
      ["check", "rules", file],
      ["test", "rules", join(root, "deploy/observability/alerts.test.yaml")],
    ]) {
      const ended = await run("promtool", args, { cwd: root });
      expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    }
  });
});
