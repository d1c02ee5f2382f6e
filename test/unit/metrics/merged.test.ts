import { expect, test } from "vitest";
import { counter, gauge, Histogram } from "../../../src/metrics/exposition.ts";
import { merged } from "../../../src/metrics/merged.ts";

test("what several processes tell is one text: each metric described once, each sample with whose it is", () => {
  const took = new Histogram("took_seconds", "How long.", [1]);
  took.add(0.5);
  const one = gauge("up", "Whether.", 1) + took.text();
  const two =
    gauge("up", "Whether.", [[{ part: 'a"}{ b' }, 0]]) + counter("more_total", "More.", 3);
  expect(
    merged([
      { labels: { process: "0" }, text: one },
      { labels: { process: "1" }, text: two },
    ]),
  ).toBe(`# HELP up Whether.
# TYPE up gauge
up{process="0"} 1
up{process="1",part="a\\"}{ b"} 0
# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{process="0",le="1"} 1
took_seconds_bucket{process="0",le="+Inf"} 1
took_seconds_sum{process="0"} 0.5
took_seconds_count{process="0"} 1
# HELP more_total More.
# TYPE more_total counter
more_total{process="1"} 3
`);
});
