/** What one utterance is made of. Tool results are never cut into text and code: they are what a tool gave. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "reasoning"; readonly text: string }
  /** A fenced block, without its fences, or a completion in an editor (`info` empty). */
  | { readonly kind: "code"; readonly text: string; readonly info: string }
  /** `arguments` is JSON text for a function, free text for a tool that takes any (`apply_patch`). */
  | {
      readonly kind: "toolCall";
      readonly id?: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly kind: "toolResult";
      readonly id?: string;
      readonly text: string;
      readonly failed: boolean;
    };

/** One thing that a person, a model or a tool said in an exchange. */
export interface Said {
  readonly direction: "request" | "response";
  readonly role: "system" | "user" | "assistant" | "tool";
  /** How often a person had spoken by then, as far as this exchange tells: 0 before the first time. */
  readonly turn: number;
  /** The model that answered, else the one that was asked. */
  readonly model?: string;
  /** The model API's id of the answer. */
  readonly responseId?: string;
  readonly part: Part;
}
