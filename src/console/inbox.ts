import { html } from "hono/html";
import type { ApprovalView } from "../api/approval-view.ts";
import { type Markup, timeLeft } from "./layout.ts";

/** What one line of a list says of an approval; the page's script makes the same lines from it. */
export interface Line {
  readonly id: string;
  readonly href: string;
  readonly what: string;
  readonly who: string;
  readonly rule: string;
  readonly state: string;
  readonly left: string;
  readonly expiresAt: string;
}

export function lineOf(view: ApprovalView, now: number): Line {
  const { id, operations, requester, rule, state, expiresAt } = view;
  const [first, ...rest] = operations;
  const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
  return {
    id,
    href: `/approvals/${id}`,
    what: `${first?.name ?? ""} on ${first?.resource ?? ""}${more}`,
    who: requester.repository ?? requester.principal,
    rule,
    state:
      view.review !== undefined && view.review.by === undefined ? `${state}, review due` : state,
    left: state === "pending" ? timeLeft(expiresAt, now) : "",
    expiresAt,
  };
}

/** The requests that wait. The list is filled anew by the page's script whenever something changes. */
export function inbox(lines: readonly Line[]): Markup {
  const count = lines.length;
  return html`<h1>Inbox</h1>
<p id="count" role="status">${countText(count)}</p>
<ul id="inbox" class="lines" data-live>${lines.map(line)}</ul>
<template id="line">${line(blank)}</template>
<p id="offline" class="note" hidden>The connection is lost. This list is shown as it was, and is tried again.</p>
<noscript><p class="note">Without scripts this list does not update by itself.</p></noscript>`;
}

/** Any list of approvals. */
export function lines(items: readonly Line[]): Markup {
  return html`<ul class="lines">${items.map(line)}</ul>`;
}

export function countText(count: number): string {
  if (count === 0) return "Nothing waits for you.";
  return count === 1 ? "1 request waits." : `${count} requests wait.`;
}

const blank: Line = {
  id: "",
  href: "/",
  what: "",
  who: "",
  rule: "",
  state: "",
  left: "",
  expiresAt: "",
};

function line({ href, what, who, rule, state, left }: Line): Markup {
  return html`<li><a href="${href}">
<span class="what" data-field="what">${what}</span>
<span class="who" data-field="who">${who}</span>
<span class="rule" data-field="rule">${rule}</span>
<span class="state" data-field="state">${state}</span>
<span class="left" data-field="left">${left}</span>
</a></li>`;
}
