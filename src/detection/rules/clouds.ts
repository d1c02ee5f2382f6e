import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

const gap = "[\"'\\]]{0,2}\\s{0,3}(?:=>|:=|=|:|,)\\s{0,3}[\"'`]?";

/** Clouds and what runs on them. */
export const cloudRules: readonly Rule[] = [
  {
    id: "aws-access-key",
    pattern: "\\b(?<secret>(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\\b",
    entropy: 2.5,
    checks: ["not-placeholder"],
    examples: samples(
      ["AKIA{base32:16}", "ASIA{base32:16}"],
      ["AKIAIOSFODNN7EXAMPLE", "AKIA{X:16}"],
    ),
  },
  {
    id: "aws-secret-key",
    pattern: `(?i)secret[_ -]?(?:access[_ -]?)?key${gap}(?-i:(?<secret>[A-Za-z0-9/+]{40}))(?:[^A-Za-z0-9/+=]|$)`,
    entropy: 3.5,
    checks: ["not-placeholder"],
    examples: samples(
      ["aws_secret_access_key = {base64:40}", '"SecretAccessKey": "{base64:40}",'],
      ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "secretKey: {hex:39}"],
    ),
  },
  {
    id: "aws-session-token",
    pattern: `(?i)session[_ -]?token${gap}(?-i:(?<secret>[A-Za-z0-9/+]{100,}={0,2}))`,
    entropy: 4,
    examples: samples(["aws_session_token={base64:300}=="], ["aws_session_token={base64:20}"]),
  },
  {
    id: "google-api-key",
    pattern: "\\b(?<secret>AIza[A-Za-z0-9_-]{35})",
    entropy: 3,
    examples: samples(["AIza{word:35}"], ["AIza{x:35}"]),
  },
  {
    id: "google-oauth-secret",
    pattern: "(?<secret>GOCSPX-[A-Za-z0-9_-]{28})",
    entropy: 3,
    examples: samples(["GOCSPX-{word:28}"], ["GOCSPX-{x:28}"]),
  },
  {
    id: "google-access-token",
    pattern: "\\b(?<secret>ya29\\.[A-Za-z0-9_-]{30,})",
    entropy: 3,
    examples: samples(["ya29.{word:150}"], ["ya29.{x:40}"]),
  },
  {
    id: "google-refresh-token",
    pattern: "(?<secret>1//0[A-Za-z0-9_-]{40,150})",
    entropy: 3.5,
    examples: samples(["1//0{word:60}"], ["1//0{x:60}"]),
  },
  {
    id: "azure-account-key",
    pattern:
      "(?i)(?:account|shared_?access|access)_?key\\s{0,2}=\\s{0,2}[\"']?(?-i:(?<secret>[A-Za-z0-9+/]{40,90}={1,2}))",
    entropy: 3.5,
    examples: samples(
      [
        "AccountName=app;AccountKey={base64:86}==;EndpointSuffix=core.windows.net",
        "SharedAccessKey={base64:43}=",
      ],
      ["AccountKey={x:86}=="],
    ),
  },
  {
    id: "azure-sas",
    pattern: "(?i)[?&;]sig=(?-i:(?<secret>[A-Za-z0-9%+/_-]{40,80}={0,1}))",
    entropy: 3.5,
    examples: samples(
      ["https://app.blob.core.windows.net/c?sv=2023-01-03&sig={base64:43}%3D"],
      ["?sig={x:43}"],
    ),
  },
  {
    id: "azure-client-secret",
    pattern: "[A-Za-z0-9_~.-]{3}[0-9]Q~(?<secret>[A-Za-z0-9_~.-]{31,34})(?:[^A-Za-z0-9_~.-]|$)",
    entropy: 3.3,
    examples: samples(["abc8Q~{word:34}"], ["abc8Q~{x:34}", "abcxQ~{word:34}"]),
  },
  {
    id: "digitalocean-token",
    pattern: "(?<secret>do[oprt]_v1_[a-f0-9]{64})",
    examples: samples(["dop_v1_{hex:64}", "doo_v1_{hex:64}"], ["dop_v1_{hex:10}"]),
  },
  {
    id: "heroku-key",
    pattern: "\\b(?<secret>HRKU-[A-Za-z0-9_-]{36,70})",
    entropy: 3,
    examples: samples(["HRKU-{word:60}"], ["HRKU-{x:60}"]),
  },
  {
    id: "fly-token",
    pattern: "\\b(?<secret>(?:fo1_[A-Za-z0-9_-]{43}|fm[12][ar]?_[A-Za-z0-9+/=_-]{60,}))",
    entropy: 3.3,
    examples: samples(["fo1_{word:43}", "fm2_{base64:120}"], ["fo1_{x:43}"]),
  },
  {
    id: "netlify-token",
    pattern: "\\b(?<secret>nf[cpou]_[A-Za-z0-9]{36})",
    entropy: 3,
    examples: samples(["nfp_{alnum:36}"], ["nfp_{x:36}"]),
  },
  {
    id: "cloudflare-key",
    pattern: "\\b(?<secret>v1\\.0-[a-f0-9]{24}-[a-f0-9]{146})",
    examples: samples(["v1.0-{hex:24}-{hex:146}"], ["v1.0-{hex:24}"]),
  },
  {
    id: "databricks-token",
    pattern: "\\b(?<secret>dapi[a-f0-9]{32}(?:-[0-9])?)\\b",
    entropy: 3,
    examples: samples(["dapi{hex:32}"], ["dapi{hex:31}z"]),
  },
  {
    id: "supabase-key",
    pattern: "\\b(?<secret>sb(?:p_[a-f0-9]{40}|_secret_[A-Za-z0-9_-]{20,60}))",
    entropy: 3,
    examples: samples(["sbp_{hex:40}", "sb_secret_{word:31}"], ["sbp_{x:40}"]),
  },
  {
    id: "planetscale-token",
    pattern: "(?<secret>pscale_(?:tkn|oauth|pw)_[A-Za-z0-9=_.-]{32,64})",
    entropy: 3,
    examples: samples(["pscale_pw_{word:43}"], ["pscale_pw_{x:43}"]),
  },
  {
    id: "alibaba-access-key",
    pattern: "\\b(?<secret>LTAI[A-Za-z0-9]{12,26})\\b",
    entropy: 3,
    checks: ["mixed"],
    examples: samples(["LTAI{alnum:20}"], ["LTAI{x:20}"]),
  },
];
