/** What a rule comes to. */
export type Effect = "allow" | "approve" | "deny";
/** Whether a rule rules, or is only noted where it would have. */
export type Mode = "enforce" | "observe";
