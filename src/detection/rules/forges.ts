import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

/** Code hosts and their neighbours. */
export const forgeRules: readonly Rule[] = [
  {
    id: "github-fine-grained-token",
    pattern: "(?<secret>github_pat_[A-Za-z0-9_]{36,255})",
    entropy: 3,
    examples: samples(["github_pat_{alnum:22}_{alnum:59}"], ["github_pat_{x:82}"]),
  },
  {
    id: "github-token",
    pattern: "(?<secret>gh[pousr]_[A-Za-z0-9]{36,251})",
    entropy: 3,
    proof: "checksum",
    checks: ["not-placeholder"],
    examples: samples(
      ["ghp_{alnum:36}", "gho_{alnum:36}", "ghu_{alnum:36}", "ghs_{alnum:36}", "ghr_{alnum:76}"],
      ["ghp_{x:36}", "ghp_{alnum:35}", "ghx_{alnum:36}"],
    ),
  },
  {
    // Installation tokens that are signed, and the session tokens of a gateway like this one.
    id: "github-server-token",
    pattern: "(?<secret>ghs_[A-Za-z0-9_-]{36,}(?:\\.[A-Za-z0-9_-]{1,}){0,2})",
    entropy: 3,
    checks: ["not-placeholder"],
    examples: samples(["ghs_{word:60}", "ghs_{word:40}.{word:300}.{word:43}"], ["ghs_{x:40}"]),
  },
  {
    id: "copilot-token",
    pattern: "\\btid=(?<secret>[0-9a-f]{32};[A-Za-z0-9=;.:_,/-]{20,})",
    examples: samples(
      ["tid={hex:32};exp=1735689600;sku=copilot_seat;8kp=1:{hex:64}"],
      ["tid={hex:8}"],
    ),
  },
  {
    id: "gitlab-token",
    pattern:
      "(?<secret>gl(?:agent|cbt|dt|ffct|ft|imt|oas|pat|ptt|rt|rtr|soat|wt)-[A-Za-z0-9_.=-]{20,300})",
    entropy: 3,
    examples: samples(["glpat-{word:20}", "glrt-t1_{word:20}"], ["glpat-{x:20}"]),
  },
  {
    id: "bitbucket-token",
    pattern: "\\b(?<secret>ATBB[A-Za-z0-9]{24,60})",
    entropy: 3,
    examples: samples(["ATBB{alnum:32}"], ["ATBB{x:32}"]),
  },
  {
    id: "atlassian-token",
    pattern: "(?<secret>AT[AC]TT3[A-Za-z0-9_=-]{60,400})",
    entropy: 3,
    examples: samples(["ATATT3x{word:180}={hex:8}"], ["ATATT3{x:80}"]),
  },
];
