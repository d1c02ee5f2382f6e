import type { Acts } from "../../core/record.ts";
import { recordSink } from "../outbox.ts";
import { done, type Sink } from "./sink.ts";

/**
 * Writes down that an approval expired or was cancelled: once it is durable, it is delivered. What people say is
 * written down where they say it.
 */
export function actSink(acts: Acts): Sink {
  return {
    name: recordSink,
    async deliver({ id, state }, { ask, standing }) {
      const expired = state === "expired";
      const approved = standing.says.some(({ verdict }) => verdict === "approve");
      await acts.act({
        action: expired ? "approval.expire" : "approval.cancel",
        // A client that leaves cancels; taking back what was granted is an act of its own as well.
        actor: expired || standing.grant?.revoked !== undefined ? "sallyport" : ask.requester.id,
        subject: id,
        outcome: "success",
        detail: approved ? `${state}; people had approved` : state,
      });
      return done;
    },
  };
}
