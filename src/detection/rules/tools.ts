import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

/** What builds, runs and watches software. */
export const toolRules: readonly Rule[] = [
  {
    id: "vault-token",
    pattern: "\\b(?<secret>hv[brs]\\.[A-Za-z0-9_-]{24,300})",
    entropy: 3,
    examples: samples(["hvs.{word:95}", "hvb.{word:140}"], ["hvs.{x:40}"]),
  },
  {
    id: "terraform-token",
    pattern: "[A-Za-z0-9]{14}\\.atlasv1\\.(?<secret>[A-Za-z0-9_=-]{60,70})",
    examples: samples(["{alnum:14}.atlasv1.{word:67}"], ["x.atlasv1.{word:67}"]),
  },
  {
    id: "pulumi-token",
    pattern: "\\b(?<secret>pul-[a-f0-9]{40})\\b",
    examples: samples(["pul-{hex:40}"], ["pul-{hex:39}"]),
  },
  {
    id: "doppler-token",
    pattern: "\\b(?<secret>dp\\.(?:audit|ct|pt|sa|scim|st)\\.[A-Za-z0-9_.-]{40,80})",
    entropy: 3,
    examples: samples(["dp.pt.{alnum:43}"], ["dp.pt.{x:43}"]),
  },
  {
    id: "onepassword-token",
    pattern: "(?<secret>ops_eyJ[A-Za-z0-9+/_-]{100,}={0,3})",
    examples: samples(["ops_eyJ{base64:400}=="], ["ops_eyJ{base64:10}"]),
  },
  {
    id: "infracost-key",
    pattern: "\\b(?<secret>ico-[A-Za-z0-9]{32})\\b",
    entropy: 3,
    examples: samples(["ico-{alnum:32}"], ["ico-{x:32}"]),
  },
  {
    id: "grafana-token",
    pattern: "\\b(?<secret>gl(?:sa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|c_[A-Za-z0-9+/]{32,400}={0,3}))",
    entropy: 3,
    examples: samples(["glsa_{alnum:32}_{hex:8}", "glc_{base64:80}="], ["glc_{x:40}"]),
  },
  {
    id: "sentry-token",
    pattern: "\\b(?<secret>sntry[su]_[A-Za-z0-9+/=_-]{40,400})",
    entropy: 3,
    examples: samples(["sntryu_{hex:64}", "sntrys_{base64:150}"], ["sntryu_{x:64}"]),
  },
  {
    id: "newrelic-key",
    pattern: "\\b(?<secret>NR(?:AK|AL|II|RA|JS)-[A-Za-z0-9_-]{19,42})",
    entropy: 3,
    examples: samples(["NRAK-{upper:27}"], ["NRAK-{X:27}"]),
  },
  {
    id: "dynatrace-token",
    pattern: "\\b(?<secret>dt0[a-z][0-9]{2}\\.[A-Z0-9]{8,24}\\.[A-Z0-9]{64})",
    examples: samples(["dt0c01.{upper:24}.{upper:64}"], ["dt0c01.{upper:24}"]),
  },
  {
    id: "postman-key",
    pattern: "\\b(?<secret>PMAK-[a-f0-9]{24}-[a-f0-9]{34})",
    examples: samples(["PMAK-{hex:24}-{hex:34}"], ["PMAK-{hex:24}"]),
  },
  {
    id: "linear-key",
    pattern: "(?<secret>lin_(?:api|oauth)_[A-Za-z0-9]{32,64})",
    entropy: 3,
    examples: samples(["lin_api_{alnum:40}"], ["lin_api_{x:40}"]),
  },
  {
    id: "notion-token",
    pattern: "\\b(?<secret>(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,50}))\\b",
    entropy: 3.5,
    checks: ["mixed"],
    examples: samples(["secret_{alnum:43}", "ntn_{alnum:46}"], ["secret_{x:43}"]),
  },
  {
    id: "airtable-token",
    pattern: "\\b(?<secret>pat[A-Za-z0-9]{14}\\.[a-f0-9]{64})\\b",
    examples: samples(["pat{alnum:14}.{hex:64}"], ["pattern.{hex:64}"]),
  },
  {
    id: "figma-token",
    pattern: "(?<secret>figd_[A-Za-z0-9_-]{38,60})",
    entropy: 3,
    examples: samples(["figd_{word:40}"], ["figd_{x:40}"]),
  },
  {
    id: "contentful-token",
    pattern: "\\b(?<secret>CFPAT-[A-Za-z0-9_-]{43,64})",
    entropy: 3,
    examples: samples(["CFPAT-{word:43}"], ["CFPAT-{x:43}"]),
  },
  {
    id: "dropbox-token",
    pattern: "\\b(?<secret>sl\\.(?:u\\.)?[A-Za-z0-9_-]{120,})",
    entropy: 3.5,
    examples: samples(["sl.{word:140}"], ["sl.{word:40}"]),
  },
  {
    id: "shopify-token",
    pattern: "\\b(?<secret>shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32})",
    examples: samples(["shpat_{hex:32}"], ["shpat_{hex:8}"]),
  },
  {
    id: "stripe-key",
    pattern: "\\b(?<secret>(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,250})",
    entropy: 3,
    examples: samples(["sk_live_{alnum:24}", "rk_test_{alnum:99}"], ["sk_live_{x:24}"]),
  },
  {
    id: "stripe-webhook-secret",
    pattern: "\\b(?<secret>whsec_[A-Za-z0-9+/]{24,100}={0,2})",
    entropy: 3,
    examples: samples(["whsec_{alnum:32}"], ["whsec_{x:32}"]),
  },
  {
    id: "square-token",
    pattern: "\\b(?<secret>sq0[a-z]{3}-[A-Za-z0-9_-]{22,43})",
    entropy: 3,
    examples: samples(["sq0atp-{word:22}", "sq0csp-{word:43}"], ["sq0atp-{x:22}"]),
  },
  {
    id: "braintree-token",
    pattern: "(?<secret>access_token\\$(?:production|sandbox)\\$[a-z0-9]{16}\\$[a-f0-9]{32})",
    examples: samples(
      ["access_token$production\x24{lower:16}\x24{hex:32}"],
      ["access_token$production"],
    ),
  },
];
