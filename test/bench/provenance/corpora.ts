// Real source in five languages, fetched with each language's own package client at run time and kept in .cache.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface Repository {
  readonly name: string;
  readonly language: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

interface Plan {
  readonly language: string;
  readonly client: "npm" | "pip" | "go" | "mvn";
  readonly endings: readonly string[];
  /** Those that the thresholds were chosen on, and those that were first looked at when they stood. */
  readonly dev: readonly string[];
  readonly test: readonly string[];
}

export const plans: readonly Plan[] = [
  {
    language: "TypeScript",
    client: "npm",
    endings: [".ts", ".tsx"],
    dev: [
      "zod@4.1.12",
      "rxjs@7.8.2",
      "@tanstack/table-core@8.21.3",
      "effect@3.18.4",
      "@colyseus/schema@3.0.60",
      "viem@2.38.0",
      "@reduxjs/toolkit@2.9.2",
    ],
    test: [
      "@react-navigation/core@7.12.4",
      "react-native-reanimated@3.19.3",
      "@trpc/server@11.6.0",
      "@tanstack/query-core@5.90.5",
    ],
  },
  {
    language: "JavaScript",
    client: "npm",
    endings: [".js", ".mjs", ".cjs"],
    dev: [
      "express@5.1.0",
      "undici@7.16.0",
      "ws@8.18.3",
      "fastify@5.6.1",
      "eslint@9.38.0",
      "mongodb@6.20.0",
      "sequelize@6.37.7",
    ],
    test: ["mongoose@8.19.1", "webpack@5.102.1", "knex@3.1.0", "mocha@11.7.4"],
  },
  {
    language: "Python",
    client: "pip",
    endings: [".py"],
    dev: [
      "requests==2.32.5",
      "click==8.3.0",
      "jinja2==3.1.6",
      "flask==3.1.2",
      "httpx==0.28.1",
      "sqlalchemy==2.0.44",
      "sympy==1.14.0",
    ],
    test: ["django==5.2.7", "celery==5.5.3", "werkzeug==3.1.3", "scrapy==2.13.3"],
  },
  {
    language: "Go",
    client: "go",
    endings: [".go"],
    dev: [
      "github.com/spf13/cobra@v1.10.1",
      "github.com/gorilla/mux@v1.8.1",
      "github.com/go-chi/chi/v5@v5.2.3",
      "github.com/gin-gonic/gin@v1.11.0",
      "github.com/prometheus/client_golang@v1.23.2",
      "go.etcd.io/bbolt@v1.4.3",
      "github.com/labstack/echo/v4@v4.13.4",
    ],
    test: [
      "github.com/gofiber/fiber/v2@v2.52.9",
      "github.com/spf13/viper@v1.21.0",
      "go.uber.org/zap@v1.27.0",
      "github.com/hashicorp/raft@v1.7.3",
    ],
  },
  {
    language: "Java",
    client: "mvn",
    endings: [".java"],
    dev: [
      "com.google.code.gson:gson:2.13.1",
      "org.jsoup:jsoup:1.21.1",
      "commons-io:commons-io:2.20.0",
      "joda-time:joda-time:2.14.0",
      "org.apache.logging.log4j:log4j-core:2.25.2",
      "com.zaxxer:HikariCP:6.3.0",
      "org.mybatis:mybatis:3.5.19",
    ],
    test: [
      "org.apache.commons:commons-lang3:3.18.0",
      "com.fasterxml.jackson.core:jackson-databind:2.21.3",
      "org.springframework:spring-core:6.2.19",
      "io.undertow:undertow-core:2.3.21.Final",
    ],
  },
];

const cache = new URL("../../../.cache/provenance/", import.meta.url).pathname;
const wanted = /\.(d\.ts|min\.js|test\.\w+|spec\.\w+|pb\.go)$|_test\.go$/;

/** The source files of one package; fetched once. */
export function repository(plan: Plan, name: string): Repository {
  const folder = join(cache, name.replaceAll(/[^\w.@-]+/g, "_"));
  if (!existsSync(folder)) fetch(plan.client, name, folder);
  const files: { path: string; text: string }[] = [];
  for (const path of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    if (!plan.endings.some((end) => path.endsWith(end)) || wanted.test(path)) continue;
    if (/(^|\/)(node_modules|vendor|dist|testdata|tests?|__tests__)\//.test(path)) continue;
    const text = readFileSync(join(folder, path), "utf8");
    const lines = text.split("\n");
    // What a program wrote is no source.
    if (lines.length < 20 || text.length / lines.length > 120 || text.length > 400_000) continue;
    files.push({ path, text });
  }
  return { name, language: plan.language, files };
}

function fetch(client: Plan["client"], name: string, folder: string): void {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const run = (command: string, ...words: string[]): string =>
    execFileSync(command, words, { cwd: partial, stdio: ["ignore", "pipe", "pipe"] }).toString();
  if (client === "npm") {
    const packed = run("npm", "pack", "--silent", name).trim().split("\n").at(-1) ?? "";
    run("tar", "-xzf", packed);
    rmSync(join(partial, packed));
  } else if (client === "pip")
    run("pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", ".", name);
  else if (client === "mvn") {
    // Sources as their projects publish them, beside the classes.
    const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
    run("mvn", "-q", "-B", copy, `-Dartifact=${name}:jar:sources`, "-DoutputDirectory=.");
    for (const jar of readdirSync(partial)) run("unzip", "-q", "-o", jar, "*.java");
  } else {
    const told = JSON.parse(run("go", "mod", "download", "-json", name)) as { Dir: string };
    run("cp", "-r", "--no-preserve=mode", told.Dir, "source");
  }
  renameSync(partial, folder);
}
