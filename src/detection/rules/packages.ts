import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

/** Package registries. */
export const packageRules: readonly Rule[] = [
  {
    id: "npm-token",
    pattern: "(?<secret>npm_[A-Za-z0-9]{36})",
    entropy: 3,
    proof: "checksum",
    examples: samples(
      ["npm_{alnum:36}"],
      ["npm_{x:36}", "npm_config_registry_for_the_whole_organisation"],
    ),
  },
  {
    id: "npm-auth",
    pattern: "_auth(?:Token)?\\s{0,3}=\\s{0,3}[\"']?(?<secret>[A-Za-z0-9+/_=-]{16,200})",
    entropy: 3,
    checks: ["not-placeholder", "not-reference"],
    examples: samples(
      ["//registry.example/:_authToken={hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}"],
      ["//npm.example.test/:_authToken=\x24{NPM_TOKEN}"],
    ),
  },
  {
    id: "pypi-token",
    pattern: "(?<secret>pypi-AgE[A-Za-z0-9_-]{50,})",
    examples: samples(["pypi-AgEIcHlwaS5vcmc{word:120}"], ["pypi-{word:30}"]),
  },
  {
    id: "rubygems-token",
    pattern: "(?<secret>rubygems_[a-f0-9]{48})",
    examples: samples(["rubygems_{hex:48}"], ["rubygems_{hex:20}"]),
  },
  {
    id: "crates-token",
    pattern: "\\b(?<secret>cio[A-Za-z0-9]{32})\\b",
    entropy: 3.3,
    checks: ["mixed"],
    examples: samples(["cio{alnum:32}"], ["cio{x:32}"]),
  },
  {
    id: "nuget-token",
    pattern: "\\b(?<secret>oy2[a-z0-9]{43})\\b",
    entropy: 3.3,
    examples: samples(["oy2{lower:43}"], ["oy2{x:43}"]),
  },
  {
    id: "docker-hub-token",
    pattern: "(?<secret>dckr_[po]at_[A-Za-z0-9_-]{27,60})",
    examples: samples(["dckr_pat_{word:27}"], ["dckr_pat_short"]),
  },
  {
    id: "packagist-token",
    pattern: "(?<secret>packagist_[ou][ru]t_[a-f0-9]{68})",
    examples: samples(["packagist_ort_{hex:68}"], ["packagist_ort_{hex:8}"]),
  },
  {
    id: "clojars-token",
    pattern: "(?<secret>CLOJARS_[a-z0-9]{60})",
    examples: samples(["CLOJARS_{lower:60}"], ["CLOJARS_USERNAME"]),
  },
  {
    id: "jfrog-token",
    pattern: "\\b(?<secret>(?:AKCp|cmVmdGtu)[A-Za-z0-9]{55,80})\\b",
    entropy: 3.3,
    examples: samples(["AKCp{alnum:69}", "cmVmdGtu{alnum:56}"], ["AKCp{x:69}"]),
  },
];
