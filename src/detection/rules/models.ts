import type { Rule } from "../rule.ts";
import { samples } from "./sample.ts";

/** Model providers. */
export const modelRules: readonly Rule[] = [
  {
    id: "anthropic-key",
    pattern: "\\b(?<secret>sk-ant-[a-z]{3,8}[0-9]{2}-[A-Za-z0-9_-]{40,120})",
    entropy: 3,
    examples: samples(
      ["sk-ant-api03-{word:93}AA", "sk-ant-oat01-{word:95}"],
      ["sk-ant-api03-{x:95}"],
    ),
  },
  {
    id: "openrouter-key",
    pattern: "\\b(?<secret>sk-or-v[0-9]-[a-f0-9]{64})",
    examples: samples(["sk-or-v1-{hex:64}"], ["sk-or-v1-{hex:6}"]),
  },
  {
    id: "openai-key",
    pattern:
      "\\b(?<secret>sk-(?:(?:proj|svcacct|admin|None|lf)-[A-Za-z0-9_-]{30,250}|[A-Za-z0-9]{32,64}))",
    entropy: 3,
    checks: ["not-placeholder"],
    examples: samples(
      [
        "sk-proj-{word:156}",
        "sk-{alnum:20}T3BlbkFJ{alnum:20}",
        "sk-svcacct-{word:100}",
        "sk-{hex:32}",
      ],
      ["sk-{x:48}", "task-{alnum:48}"],
    ),
  },
  {
    id: "huggingface-token",
    pattern: "\\b(?<secret>(?:hf_|api_org_)[A-Za-z0-9]{34})\\b",
    entropy: 3,
    examples: samples(["hf_{letters:34}", "api_org_{letters:34}"], ["hf_{x:34}"]),
  },
  {
    id: "groq-key",
    pattern: "\\b(?<secret>gsk_[A-Za-z0-9]{40,60})",
    entropy: 3,
    examples: samples(["gsk_{alnum:52}"], ["gsk_{x:52}"]),
  },
  {
    id: "xai-key",
    pattern: "\\b(?<secret>xai-[A-Za-z0-9]{60,90})",
    entropy: 3,
    examples: samples(["xai-{alnum:80}"], ["xai-{x:80}"]),
  },
  {
    id: "replicate-token",
    pattern: "\\b(?<secret>r8_[A-Za-z0-9]{37,40})\\b",
    entropy: 3,
    examples: samples(["r8_{alnum:37}"], ["r8_{x:37}"]),
  },
  {
    id: "perplexity-key",
    pattern: "\\b(?<secret>pplx-[A-Za-z0-9]{40,60})",
    entropy: 3,
    examples: samples(["pplx-{alnum:48}"], ["pplx-{x:48}"]),
  },
  {
    id: "nvidia-key",
    pattern: "\\b(?<secret>nvapi-[A-Za-z0-9_-]{50,80})",
    entropy: 3,
    examples: samples(["nvapi-{word:64}"], ["nvapi-{x:64}"]),
  },
  {
    id: "langsmith-key",
    pattern: "\\b(?<secret>lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10})",
    examples: samples(["lsv2_pt_{hex:32}_{hex:10}"], ["lsv2_pt_{hex:32}"]),
  },
  {
    id: "pinecone-key",
    pattern: "\\b(?<secret>pcsk_[A-Za-z0-9_]{50,90})",
    entropy: 3,
    examples: samples(["pcsk_{alnum:6}_{alnum:63}"], ["pcsk_{x:60}"]),
  },
];
