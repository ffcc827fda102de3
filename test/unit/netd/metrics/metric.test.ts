import { expect, test } from "bun:test";
import { Counter, Gauge, Histogram } from "../../../../netd/metrics/metric.ts";

test("a counter has a line for each of its series", () => {
  const counter = new Counter({ name: "refusals_total", help: "What was refused." });
  expect(counter.write()).toBe("");
  counter.add({ reason: "rate" });
  counter.add({ reason: "rate" }, 2);
  counter.add({ reason: 'a "quoted" \\ name\n' });
  expect(counter.write()).toBe(
    "# HELP refusals_total What was refused.\n# TYPE refusals_total counter\n" +
      'refusals_total{reason="rate"} 3\nrefusals_total{reason="a \\"quoted\\" \\\\ name\\n"} 1\n',
  );
});

test("a gauge is read when it is written", () => {
  let open = 1;
  const gauge = new Gauge({ name: "open", help: "Open ones." }, () => [[open], [2, { kind: "other" }]]);
  open = 7;
  expect(gauge.write()).toBe('# HELP open Open ones.\n# TYPE open gauge\nopen 7\nopen{kind="other"} 2\n');
});

test("a histogram's buckets hold all that is not above their bound", () => {
  const histogram = new Histogram({ name: "took_seconds", help: "How long." }, [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 3]) histogram.observe(value, { network: "lab" });
  expect(histogram.write()).toBe(
    "# HELP took_seconds How long.\n# TYPE took_seconds histogram\n" +
      'took_seconds_bucket{network="lab",le="0.1"} 2\n' +
      'took_seconds_bucket{network="lab",le="1"} 3\n' +
      'took_seconds_bucket{network="lab",le="+Inf"} 4\n' +
      'took_seconds_sum{network="lab"} 3.65\n' +
      'took_seconds_count{network="lab"} 4\n',
  );
});
