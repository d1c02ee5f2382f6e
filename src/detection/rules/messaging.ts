import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

/** Chat, mail and telephony. */
export const messagingRules: readonly Rule[] = [
  {
    id: "slack-token",
    pattern: "(?<secret>xox(?:[abcdopr]|e(?:\\.xox[bp])?|s)-[A-Za-z0-9-]{10,400})",
    entropy: 2.5,
    checks: ["not-placeholder"],
    examples: samples(
      ["xoxb-{digits:11}-{digits:12}-{alnum:24}", "xoxe.xoxp-1-{alnum:160}"],
      ["xoxb-{x:40}", "xoxb-your-token-here"],
    ),
  },
  {
    id: "slack-app-token",
    pattern: "(?<secret>xapp-[0-9]-[A-Za-z0-9-]{20,200})",
    entropy: 3,
    examples: samples(["xapp-1-A{upper:10}-{digits:13}-{hex:64}"], ["xapp-1-{x:40}"]),
  },
  {
    id: "slack-webhook",
    pattern:
      "hooks\\.slack(?:-gov)?\\.com/(?:services|workflows|triggers)/(?<secret>[A-Za-z0-9/_-]{20,120})",
    entropy: 3.3,
    checks: ["not-placeholder"],
    examples: samples(
      ["https://hooks.slack.com/services/T{upper:8}/B{upper:10}/{alnum:24}"],
      ["https://hooks.slack.com/services/T00000000/B00000000/{X:24}"],
    ),
  },
  {
    id: "teams-webhook",
    pattern: "\\.webhook\\.office\\.com/webhookb2/(?<secret>[A-Za-z0-9@/-]{60,200})",
    examples: samples(
      [
        "https://acme.webhook.office.com/webhookb2/{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}@{hex:36}/IncomingWebhook/{hex:32}",
      ],
      ["https://acme.webhook.office.com/webhookb2/"],
    ),
  },
  {
    id: "discord-webhook",
    pattern: "discord(?:app)?\\.com/api/webhooks/[0-9]{17,20}/(?<secret>[A-Za-z0-9_-]{60,80})",
    examples: samples(
      ["https://discord.com/api/webhooks/{digits:18}/{word:68}"],
      ["discord.com/api/webhooks/1/x"],
    ),
  },
  {
    id: "telegram-bot-token",
    pattern: "\\b[0-9]{8,10}:AA(?<secret>[A-Za-z0-9_-]{33})(?:[^A-Za-z0-9_-]|$)",
    entropy: 3.3,
    examples: samples(["{digits:10}:AA{word:33}"], ["{digits:10}:AA{x:33}"]),
  },
  {
    id: "sendgrid-key",
    pattern: "\\b(?<secret>SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64})",
    entropy: 3,
    examples: samples(["SG.{word:22}.{word:43}"], ["SG.{x:22}.{x:43}"]),
  },
  {
    id: "mailgun-key",
    pattern: "\\b(?<secret>key-[0-9a-f]{32})\\b",
    entropy: 3,
    examples: samples(["key-{hex:32}"], ["key-{0:32}"]),
  },
  {
    id: "sendinblue-key",
    pattern: "\\b(?<secret>xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16})",
    examples: samples(["xkeysib-{hex:64}-{alnum:16}"], ["xkeysib-{hex:64}"]),
  },
  {
    id: "twilio-key",
    pattern: "(?i:twilio[\\w-]{0,24})[\"']?\\s{0,2}[:=,]\\s{0,2}[\"']?(?<secret>SK[0-9a-f]{32})\\b",
    entropy: 3,
    examples: samples(["TWILIO_API_KEY=SK{hex:32}"], ["twilio SK{hex:12}"]),
  },
];
