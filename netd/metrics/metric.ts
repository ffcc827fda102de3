/** Values that tell one time series of a metric from the others. */
export type Labels = Readonly<Record<string, string>>;

/** One metric with all its time series. */
export interface Metric {
  /** The lines of the text format. */
  write(): string;
}

/** Upper bounds of a histogram's buckets for how long something takes that is made of a few child processes. */
export const durationBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface Description {
  /** With its unit, and `_total` for a counter. */
  readonly name: string;
  readonly help: string;
}

/** What only grows. */
export class Counter implements Metric {
  readonly #series = new Map<string, number>();

  constructor(private readonly description: Description) {}

  add(labels: Labels = {}, count = 1): void {
    const key = labelText(labels);
    this.#series.set(key, (this.#series.get(key) ?? 0) + count);
  }

  write(): string {
    return writeSeries(this.description, "counter", this.#series);
  }
}

/** One value of a gauge, with its labels. */
export type Reading = readonly [value: number, labels?: Labels];

/** What is read when somebody asks. */
export class Gauge implements Metric {
  constructor(
    private readonly description: Description,
    private readonly read: () => readonly Reading[],
    /** A counter that somebody else keeps is written as one. */
    private readonly type: "gauge" | "counter" = "gauge",
  ) {}

  write(): string {
    const series = this.read().map(([value, labels = {}]) => [labelText(labels), value] as const);
    return writeSeries(this.description, this.type, new Map(series));
  }
}

interface Distribution {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

/** How often something took how long. */
export class Histogram implements Metric {
  readonly #series = new Map<string, Distribution>();

  constructor(
    private readonly description: Description,
    private readonly bounds: readonly number[] = durationBuckets,
  ) {}

  observe(value: number, labels: Labels = {}): void {
    const key = labelText(labels);
    const series = this.#series.get(key) ?? {
      labels,
      counts: this.bounds.map(() => 0),
      sum: 0,
      count: 0,
    };
    this.#series.set(key, series);
    this.bounds.forEach((bound, index) => {
      if (value <= bound) series.counts[index] = (series.counts[index] ?? 0) + 1;
    });
    series.sum += value;
    series.count++;
  }

  write(): string {
    const { name } = this.description;
    const lines = [...this.#series.values()].flatMap(({ labels, counts, sum, count }) => [
      ...this.bounds.map(
        (bound, index) => `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${counts[index]}`,
      ),
      `${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${count}`,
      `${name}_sum${labelText(labels)} ${sum}`,
      `${name}_count${labelText(labels)} ${count}`,
    ]);
    return writeLines(this.description, "histogram", lines);
  }
}

function writeSeries(description: Description, type: string, series: ReadonlyMap<string, number>): string {
  const lines = [...series].map(([labels, value]) => `${description.name}${labels} ${value}`);
  return writeLines(description, type, lines);
}

function writeLines({ name, help }: Description, type: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].map((line) => `${line}\n`).join("");
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
