import type { Rule } from "../rule.ts";

/** Prefixes by which a secret is known even when it is written in base64 or hex; the decoded text must show them again. */
const prefixes = [
  "ghp_",
  "gho_",
  "ghu_",
  "ghs_",
  "ghr_",
  "github_pat_",
  "glpat-",
  "npm_",
  "pypi-AgE",
  "sk-ant-",
  "sk-proj-",
  "sk_live_",
  "rk_live_",
  "xoxb-",
  "xoxp-",
  "xapp-",
  "hooks.slack.com/services/",
  "dop_v1_",
  "glsa_",
  "hvs.",
  "AGE-SECRET-KEY-1",
  "PRIVATE KEY-----",
];

/** The characters of base64 that these bytes alone decide, when `before` bytes (modulo 3) stand in front of them. */
function core(text: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
  return bytes
    .toString("base64")
    .slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

function quoted(text: string): string {
  return text.replace(/[.+\\/-]/g, "\\$&");
}

function hexOf(text: string): string {
  return Buffer.from(text).toString("hex");
}

function percentOf(text: string): string {
  return [...text].map((c) => `%${Buffer.from(c).toString("hex")}`).join("");
}

const alignments = prefixes
  .flatMap((prefix) => [0, 1, 2].map((before) => core(prefix, before)))
  .filter((text) => text.length >= 4);

/** What may stand, unseen, between two characters of a token. */
const unseen = `(?:${["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"].join("|")})`;
/** In pieces, so that no source file holds what looks like a token. */
const token = ["ghp_", "aZ4kQ9wT7mL2", "xC5vB8nR1sD6fG3hJ0pY7uE4"] as const;
const veiled = ["ghp_", "gho_", "ghs_", "sk-ant-", "glpat-"];

/** The prefix with something unseen in it; where it comes first is spelled out, so that there is a literal to find. */
function veil(prefix: string): readonly string[] {
  const letters = [...prefix].map(quoted);
  return letters.slice(1).map((_, index) => {
    const rest = letters.slice(index + 1).join(`${unseen}?`);
    return `${letters.slice(0, index + 1).join("")}${unseen}${rest}`;
  });
}

/**
 * Secrets that are hidden: in base64 at any alignment, in hex, percent-encoded, or with characters in between that
 * nobody sees. All that belongs to the run is masked from the prefix on.
 */
export const hiddenRules: readonly Rule[] = [
  {
    id: "hidden-base64",
    pattern: `(?<secret>(?:${[...new Set(alignments)].map(quoted).join("|")})[A-Za-z0-9+/_-]{20,}={0,2})`,
    entropy: 3,
    checks: ["hidden-token"],
    examples: {
      secrets: [0, 1, 2].map((before) =>
        Buffer.from(`${"::".slice(0, before)}${token.join("")}`).toString("base64"),
      ),
      harmless: [Buffer.from("just some words, nothing else").toString("base64")],
    },
  },
  {
    id: "hidden-hex",
    pattern: `(?i)(?:${prefixes.map(hexOf).join("|")})(?<secret>[0-9a-f]{32,})`,
    entropy: 2,
    examples: {
      secrets: [hexOf(token.join(""))],
      harmless: [hexOf("just some words, nothing else")],
    },
  },
  {
    id: "hidden-percent",
    pattern: `(?i)(?:${prefixes.map((prefix) => quoted(percentOf(prefix))).join("|")})(?<secret>(?:%[0-9a-f]{2}|[A-Za-z0-9_.-]){16,})`,
    examples: {
      secrets: [percentOf(token.join(""))],
      harmless: [percentOf("just some words")],
    },
  },
  {
    id: "hidden-zero-width",
    pattern: `(?:(?:${veiled.flatMap(veil).join("|")})(?<secret>(?:${unseen}|[A-Za-z0-9_-]){16,})|(?:${veiled.map(quoted).join("|")})(?<secret>[A-Za-z0-9_-]*${unseen}(?:${unseen}|[A-Za-z0-9_-]){16,}))`,
    entropy: 3,
    examples: {
      secrets: [
        token[0] + token.slice(1).join("\u200b"),
        ["g", "h", "p_", ...token.slice(1)].join("\u200b"),
      ],
      harmless: ["ghp_ is a\u200bprefix"],
    },
  },
];
