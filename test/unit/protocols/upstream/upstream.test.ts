import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../../src/base/secret.ts";
import { createProtocols } from "../../../../src/protocols/index.ts";
import { apiClient } from "../../../../src/protocols/upstream/client.ts";
import { upstreamLookup } from "../../../../src/protocols/upstream/lookup.ts";
import { upstreamObjects } from "../../../../src/protocols/upstream/objects.ts";
import { listenLocally } from "../../../support/ports.ts";
import { type Ask, feed } from "../asking.ts";
import { git, objectsIn } from "../git/git-host.ts";

/** A GitHub API over a real repository: the few routes that we ask, in GitHub's shapes. */
const root = mkdtempSync(join(tmpdir(), "upstream-"));
let server: Server;
let asked: string[] = [];
let broken = false;
let now = 0;
const main = () => git(root, "rev-parse", "main");

function answer(path: string, body: string): object | number | { readonly location: string } {
  const [, id = ""] = /^\/repos\/acme\/app\/git\/(?:commits|trees|tags)\/(\w+)$/.exec(path) ?? [];
  const type = (() => {
    try {
      return id === "" ? "" : git(root, "cat-file", "-t", id);
    } catch {
      return "";
    }
  })();
  if (path.includes("/git/commits/"))
    return type === "commit"
      ? {
          tree: { sha: git(root, "rev-parse", `${id}^{tree}`) },
          parents: git(root, "log", "-1", "--format=%P", id)
            .split(" ")
            .filter(Boolean)
            .map((sha) => ({ sha })),
        }
      : 404;
  if (path.includes("/git/tags/"))
    return type === "tag"
      ? { object: { sha: git(root, "rev-parse", `${id}^{}`), type: "commit" } }
      : 404;
  if (path.includes("/git/trees/"))
    return type === "tree"
      ? {
          truncated: false,
          tree: git(root, "ls-tree", id)
            .split("\n")
            .map((line) => {
              const [info = "", name = ""] = line.split("\t");
              const [mode = "", kind = "", sha = ""] = info.split(" ");
              return { path: name, mode, type: kind, sha };
            }),
        }
      : 404;
  const compare = /^\/repos\/acme\/app\/compare\/(\w+)\.\.\.(\w+)\?per_page=1$/.exec(path);
  if (compare !== null)
    return {
      merge_base_commit: { sha: git(root, "merge-base", compare[1] ?? "", compare[2] ?? "") },
    };
  if (path === "/repos/acme/old") return { location: "/repositories/7" };
  if (path === "/repos/acme/stolen") return { location: "http://example.com/" };
  if (path === "/repositories/7" || path === "/repos/acme/app")
    return { full_name: "Acme/App", default_branch: "main" };
  if (path === "/repos/acme/app/git/ref/heads/main")
    return { object: { sha: main(), type: "commit" } };
  if (path === "/repos/acme/app/pulls/3")
    return { base: { ref: "main" }, head: { sha: git(root, "rev-parse", "side") } };
  if (path === "/graphql")
    return body.includes("REF_main")
      ? {
          data: {
            node: {
              name: "main",
              prefix: "refs/heads/",
              repository: { nameWithOwner: "Acme/App" },
            },
          },
        }
      : { data: { node: null }, errors: [{ type: "NOT_FOUND" }] };
  return 404;
}

function answerOr404(path: string, body: string): ReturnType<typeof answer> {
  try {
    return answer(path, body);
  } catch {
    return 404;
  }
}

beforeAll(async () => {
  git(root, "init", "-q", "-b", "main");
  mkdirSync(join(root, ".github/workflows"), { recursive: true });
  writeFileSync(join(root, ".github/workflows/ci.yml"), "on: push");
  writeFileSync(join(root, "README"), "hi");
  git(root, "add", "-A");
  git(root, "commit", "-qm", "one");
  git(root, "checkout", "-q", "-b", "side");
  writeFileSync(join(root, ".github/workflows/ci.yml"), "on: pull_request");
  git(root, "commit", "-qam", "two");
  git(root, "tag", "-a", "-m", "t", "v1");
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      asked.push(`${request.method} ${path} ${request.headers.authorization}`);
      const found = broken ? 500 : answerOr404(path, Buffer.concat(chunks).toString());
      if (typeof found === "number") response.writeHead(found).end("{}");
      else if ("location" in found) response.writeHead(301, found as { location: string }).end();
      else response.end(JSON.stringify(found));
    });
  });
  await listenLocally(server);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  asked = [];
  broken = false;
  now += 3_600_000;
});

function parts() {
  const { port } = server.address() as AddressInfo;
  const call = apiClient({
    connections: [
      {
        name: "api",
        kind: "github-api",
        hosts: ["api.github.com"],
        upstream: new URL(`http://127.0.0.1:${port}`),
      },
    ],
    authorization: async () => new Secret("token stored"),
    timeout: 5000,
  });
  return { lookup: upstreamLookup(call, () => now), objects: upstreamObjects(call, () => now) };
}

describe("asking the upstream", () => {
  const app = "github.com/acme/app";
  it("gives the same objects as git, each asked once", async () => {
    const { objects } = parts();
    const truth = objectsIn(root);
    const [head, tree] = [main(), git(root, "rev-parse", "main^{tree}")];
    for (let times = 0; times < 2; times++) {
      expect(await objects.commit(app, head)).toEqual(await truth.commit(app, head));
      expect(await objects.tree(app, tree)).toEqual(await truth.tree(app, tree));
    }
    expect(asked).toHaveLength(2);
    expect(await objects.commit(app, git(root, "rev-parse", "v1"))).toEqual(
      await truth.commit(app, "side"),
    );
    expect(await objects.tip(app, "HEAD")).toBe(head);
    expect(await objects.tip(app, "refs/heads/none")).toBeNull();
    expect(await objects.tree(app, "f".repeat(40))).toBeUndefined();
    expect(await objects.mergeBase(app, head, git(root, "rev-parse", "side"))).toBe(head);
  });

  it("carries the stored credential, and follows a rename but leads nowhere else", async () => {
    const { lookup } = parts();
    expect(await lookup.defaultBranch("github.com/acme/old")).toBe("main");
    expect(asked[0]).toBe("GET /repos/acme/old token stored");
    expect(await lookup.defaultBranch("github.com/acme/stolen")).toBeUndefined();
    expect(await lookup.repository("github.com", "7")).toBe("Acme/App");
    expect(await lookup.repository("github.com", "7/../../x")).toBeUndefined();
    expect(await lookup.defaultBranch("elsewhere.example/acme/app")).toBeUndefined();
  });

  it("rejects when the upstream cannot say, and asks again the next time", async () => {
    const { lookup, objects } = parts();
    broken = true;
    await expect(lookup.node("github.com", "REF_main")).rejects.toThrow("500");
    await expect(objects.commit(app, main())).rejects.toThrow("500");
    broken = false;
    expect(await lookup.node("github.com", "REF_main")).toEqual({
      repository: "Acme/App",
      ref: "refs/heads/main",
    });
    expect(await objects.commit(app, main())).toBeDefined();
  });
});

describe("requests that say little are told in full", () => {
  const rest = (method: string, path: string, body: object): Ask => ({
    kind: "github-api",
    method,
    path,
    body,
  });
  const resolved = async (ask: Ask) => {
    const { parser } = feed(ask, 1 << 20, createProtocols(parts()));
    const judged = await parser.resolve?.();
    if (judged?.ok !== true) throw new Error("not resolved");
    return judged.value[0];
  };
  const side = () => git(root, "rev-parse", "side");
  const touched = [".github/workflows/ci.yml"];

  it.each<[string, () => Ask, object]>([
    [
      "a file by the repository's number, on no branch",
      () => rest("PUT", "/repositories/7/contents/README", {}),
      {
        name: "contents.write",
        resource: "github.com/acme/app",
        attributes: { branch: "main", paths: ["README"] },
      },
    ],
    [
      "a ref that is moved",
      () => rest("PATCH", "/repos/acme/app/git/refs/heads/main", { sha: side() }),
      { name: "ref.update", attributes: { branch: "main", paths: touched, force: false } },
    ],
    [
      "a new ref",
      () => rest("POST", "/repos/acme/app/git/refs", { ref: "refs/heads/x", sha: side() }),
      { name: "ref.create", attributes: { branch: "x", paths: touched } },
    ],
    [
      "a merge",
      () => rest("PUT", "/repos/acme/app/pulls/3/merge", {}),
      { name: "pull_request.merge", attributes: { branch: "main", paths: touched } },
    ],
    [
      "a ref that GraphQL moves",
      () =>
        rest("POST", "/graphql", {
          query: `mutation { updateRef(input: {refId: "REF_main", oid: "${side()}"}) { clientMutationId } }`,
        }),
      {
        name: "ref.update",
        resource: "github.com/acme/app",
        attributes: { branch: "main", paths: touched },
      },
    ],
  ])("%s", async (_, ask, expected) => {
    expect(await resolved(ask())).toMatchObject(expected);
  });

  it("what stays untold is said to be unknown", async () => {
    const moved = await resolved(
      rest("PATCH", "/repos/acme/app/git/refs/heads/main", { sha: "f".repeat(40) }),
    );
    expect(moved.unknown).toEqual(["paths"]);
    expect(moved.attributes["paths"]).toContain(".github/workflows/**");
    const merged = await resolved(rest("PUT", "/repos/acme/app/pulls/4/merge", {}));
    expect(merged.unknown).toEqual(["branch", "paths"]);
  });
});
