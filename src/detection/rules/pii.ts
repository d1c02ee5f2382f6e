import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

/** Personal data: not secrets, and masked only where asked for. */
export const piiRules: readonly Rule[] = [
  {
    id: "email",
    pattern:
      "\\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\\.){1,4}[A-Za-z]{2,18}\\b",
    examples: samples(["write to jane.doe@acme.io today"], ["git@github", "@types/node", "a@b"]),
  },
  {
    id: "card-number",
    pattern: "\\b[3-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}\\b",
    checks: ["luhn"],
    examples: samples(
      ["4111 1111 1111 1111", "5500005555555559"],
      ["4111 1111 1111 1112", "1234567890123"],
    ),
  },
  {
    id: "iban",
    pattern: "\\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\\b",
    checks: ["iban"],
    examples: samples(
      ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
      ["DE89 3704 0044 0532 0130 01"],
    ),
  },
  {
    id: "ssn",
    pattern: "\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b",
    checks: ["ssn"],
    examples: samples(["078-05-1120"], ["000-12-3456", "900-12-3456"]),
  },
  {
    id: "phone",
    pattern:
      "(?:^|[\\s:(\"'])(?<secret>\\+[1-9][0-9]{0,2}[ .-]?(?:\\([0-9]{1,4}\\)[ .-]?)?[0-9]{2,4}(?:[ .-]?[0-9]{2,4}){1,4})\\b",
    checks: ["phone"],
    examples: samples(["call +44 20 7946 0958", "+1-202-555-0143"], ["a+123456789", "+1 2"]),
  },
];
