import { html } from "hono/html";
import type { ApprovalView } from "../api/approval-view.ts";
import type { Markup } from "./layout.ts";

interface FormOptions {
  readonly formCode: string;
  readonly reason?: string;
}

/** The forms with which the caller may do what the caller may do now; perhaps none. */
export function decisionForms(view: ApprovalView, options: FormOptions): Markup {
  const { mayDecide, mayBreakGlass } = view.you;
  const due = view.review !== undefined && view.review.by === undefined;
  const revocable =
    view.state === "approved" || (view.grant !== undefined && view.grant.revoked === undefined);
  return html`<section aria-labelledby="decide"><h2 id="decide">Your word</h2>
${mayDecide || mayBreakGlass ? decide(view, options) : html`<p class="note">${whyNot(view)}</p>`}
${revocable ? small(view, options, "revoke", "Take back the approval and its grant", "") : ""}
${due ? small(view, options, "review", "Close the review", note) : ""}
</section>`;
}

function decide(view: ApprovalView, { formCode, reason = "" }: FormOptions): Markup {
  const { terms, you, id } = view;
  const required = terms.reason === "required" || !you.mayDecide;
  return html`<form method="post" action="/approvals/${id}/decide" class="decide">
<input type="hidden" name="code" value="${formCode}">
<label for="reason">Reason ${required ? "(required)" : "(for the record)"}</label>
<textarea id="reason" name="reason" rows="3" maxlength="2000" ${required ? html`required` : ""}>${reason}</textarea>
${terms.grants === undefined || !you.mayDecide ? "" : grants(terms.grants)}
<div class="buttons">
${you.mayDecide ? html`<button name="verdict" value="approve" class="approve">Approve</button>` : ""}
${you.mayBreakGlass ? html`<button name="verdict" value="breakGlass" class="glass">Break the glass</button>` : ""}
<button name="verdict" value="deny" class="deny">Deny</button>
</div></form>`;
}

function grants({ scopes, seconds }: NonNullable<ApprovalView["terms"]["grants"]>): Markup {
  const words = { session: "the rest of this session", resource: "this rule on this resource" };
  const hours = [0.5, 1, 2, 4, 8].filter((h) => h * 3600 <= seconds);
  return html`<fieldset><legend>If you approve, for how much?</legend>
<label><input type="radio" name="scope" value="" checked> this one request</label>
${scopes.map((scope) => html`<label><input type="radio" name="scope" value="${scope}"> ${words[scope]}</label>`)}
<label>for <select name="for">${hours.map((h) => html`<option value="${h * 60}m">${h < 1 ? "30 minutes" : `${h} h`}</option>`)}</select></label>
</fieldset>`;
}

const note = html`<label for="note">What did the review find?</label>
<textarea id="note" name="note" rows="2" maxlength="2000" required></textarea>`;

function small(
  view: ApprovalView,
  { formCode }: FormOptions,
  verb: "revoke" | "review",
  text: string,
  fields: Markup | "",
): Markup {
  return html`<form method="post" action="/approvals/${view.id}/${verb}">
<input type="hidden" name="code" value="${formCode}">${fields}
<button class="quiet">${text}</button></form>`;
}

function whyNot({ state, says, you }: ApprovalView): string {
  if (state !== "pending") return `This is ${state}. There is nothing to decide.`;
  return says.length > 0 && !you.mayDecide
    ? "You have had your say, or the rule does not name you."
    : "The rule does not name you, or this is your own request.";
}
