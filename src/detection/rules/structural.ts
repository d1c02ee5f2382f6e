import type { Rule } from "../rule.ts";
import { sample, samples } from "./sample.ts";

/** What stands between two lines of a key: white space, escaped line ends, the seams of string constants. */
const seam = `(?:[\\s,]|["'](?:\\s*\\+)?|\\\\+[nrt])`;
const header = `[A-Z][A-Za-z-]{2,20}: [^\\r\\n\\\\]{1,80}(?:[\\r\\n]|\\\\+[nr])+`;
const run = "[A-Za-z0-9+/=]";
/** No key is as short as the one line that documentation shows of it. */
const body = `(?:[\\s,"']|\\\\+[nrt])*(?<secret>(?:${header}){0,4}(?:${run}{40,}|${run}{16,39}${seam}+${run}{16,})(?:${seam}+${run}{16,})*(?:${seam}+${run}{1,15})?)`;

const pem = ["-----BEGIN ", "PRIVATE KEY-----"].join("RSA ");
const key = sample("{base64:64}");

/** Secrets that their form alone gives away, whoever issued them. */
export const structuralRules: readonly Rule[] = [
  {
    id: "private-key",
    pattern: `-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----${body}`,
    entropy: 2.5,
    examples: {
      secrets: [
        `${pem}\n${key}\n${key}\n${sample("{base64:22}")}==\n-----END`,
        `"${pem}\\n${key}\\n${key}\\n-----END"`,
        `${pem}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${sample("{hex:32}")}\n\n${key}\n${key}`,
        `${pem.replace("RSA ", "PGP ").replace("KEY", "KEY BLOCK")}\nVersion: GnuPG v2\n\n${key}\n${key}`,
      ],
      harmless: [
        `${pem}\n...\n-----END`,
        `${pem}\n${key.slice(0, 30)}...\n-----END`,
        "-----BEGIN CERTIFICATE-----\nMIIB",
      ],
    },
  },
  {
    id: "putty-key",
    pattern: `Private-Lines: [0-9]{1,4}(?:\\s|\\\\+[nr])${body}`,
    entropy: 2.5,
    examples: {
      secrets: [`Private-Lines: 2\n${key}\n${key}\n`],
      harmless: ["Private-Lines: 14\n"],
    },
  },
  {
    id: "jwt",
    pattern:
      "\\b(?<secret>eyJ[A-Za-z0-9_-]{12,}\\.[A-Za-z0-9_-]{12,}\\.[A-Za-z0-9_-]{10,}(?:\\.[A-Za-z0-9_-]{1,}){0,2})",
    checks: ["jwt"],
    examples: {
      secrets: [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${sample("{word:43}")}`],
      harmless: [
        "eyJhbGciOiJIUzI1NiJ9",
        `${Buffer.from('{"version":3,"sources":[').toString("base64url")}${sample("{word:9000}")}`,
        `eyJ${sample("{x:20}.{x:20}.{x:20}")}`,
      ],
    },
  },
  {
    id: "age-key",
    pattern: "(?<secret>AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})",
    examples: samples(["AGE-SECRET-KEY-1{bech32:58}"], ["AGE-SECRET-KEY-1{bech32:20}"]),
  },
  {
    id: "nkey-seed",
    pattern: `(?:[\\n"'=>]|: )(?<secret>S[ACNOUX][A-Z2-7]{54,56})\\b`,
    entropy: 3.5,
    examples: samples(["seed=SU{base32:56}", '"SA{base32:56}"'], ['"SU{A:56}"']),
  },
  {
    id: "basic-credentials",
    pattern: "(?i)\\bbasic[ \\t]{1,3}(?-i:(?<secret>[A-Za-z0-9+/]{8,}={0,2}))",
    checks: ["basic-credentials"],
    examples: {
      secrets: [`Authorization: Basic ${Buffer.from("deploy:s3cr3t-word").toString("base64")}`],
      harmless: [
        "basic functionality",
        "Basic Understanding",
        `Basic ${Buffer.from("1234567890abcdef:1234567890abcdef12345678").toString("base64")}`,
      ],
    },
  },
  {
    id: "bearer-token",
    pattern: "(?i)\\bbearer[ \\t]{1,3}(?-i:(?<secret>[A-Za-z0-9._~+/-]{20,}={0,2}))",
    entropy: 3.3,
    checks: ["mixed", "not-placeholder"],
    examples: samples(
      ["Authorization: Bearer {alnum:40}", "bearer {hex:32}"],
      ["Bearer authentication-is-required-here", "bearer of bad news"],
    ),
  },
  {
    id: "authorization-token",
    pattern: `(?i)\\bauthorization["']?\\s{0,2}[:=,]\\s{0,2}["'\`]?(?:token|apikey|api-key|key)[ \\t]{1,2}(?-i:(?<secret>[A-Za-z0-9._~+/=-]{16,200}))`,
    entropy: 3,
    checks: ["not-placeholder"],
    examples: samples(["Authorization: token {hex:40}"], ["Authorization: token {x:40}"]),
  },
  {
    id: "url-password",
    pattern: `://[^\\s:/@"'<>\`\\[]{0,64}:(?<secret>[^\\s/@"'<>\`\\\\]{3,128})@[A-Za-z0-9.\\[_-]`,
    checks: ["not-placeholder", "not-common-word"],
    examples: samples(
      ["postgres://app:{alnum:16}@db.internal:5432/app", "redis://:{word:24}@cache:6379"],
      [
        "postgres://user:password@localhost/db",
        "https://user:\x24{PASS}@host/",
        "http://localhost:3000/a@b",
      ],
    ),
  },
];
