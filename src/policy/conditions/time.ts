import { type Condition, undecidable, type Verdict } from "../condition.ts";
import { days, type TimeWindow, type When } from "../schema.ts";

/** When it is asked, on the wall clock of a time zone. */
export function timeConditions(when: When): readonly Condition[] {
  if (when.time === undefined) return [];
  const window = when.time;
  const clock = wallClock(window.zone);
  return [
    {
      name: "time",
      test: ({ facts }) => within(window, clock(facts.at)),
      found: ({ facts }) => {
        const moment = clock(facts.at);
        return moment === undefined ? "unknown" : `${moment.day} ${moment.time} ${window.zone}`;
      },
    },
  ];
}

interface Moment {
  readonly day: string;
  /** `09:30`; texts of this form sort by time. */
  readonly time: string;
}

function within({ days: wanted, from, to }: TimeWindow, moment: Moment | undefined): Verdict {
  if (moment === undefined) return undecidable("The time of the request is not known.");
  if (wanted !== undefined && !wanted.some((day) => day === moment.day)) return false;
  const started = from === undefined || moment.time >= from;
  const open = to === undefined || moment.time < to;
  const pastMidnight = from !== undefined && to !== undefined && to <= from;
  return pastMidnight ? started || open : started && open;
}

function wallClock(zone: string): (at: number) => Moment | undefined {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (at) => {
    if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return undefined;
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const name = parts.get("weekday")?.toLowerCase();
    const day = days.find((known) => known === name);
    if (day === undefined) return undefined;
    return { day, time: `${parts.get("hour")}:${parts.get("minute")}` };
  };
}
