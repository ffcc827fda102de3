import type { AuditEvent } from "../audit/audit-event.ts";
import type { AuditHealth } from "../audit/audit-log.ts";
import type { AttachmentFacts } from "../contract/attachment.ts";
import type { WorkerHealth } from "../contract/worker-calls.ts";
import { type ProcessStats, processStats } from "../process/process-stats.ts";
import { LoopDelay, loopDelayHistogram } from "./loop-delay.ts";
import { Counter, Gauge, Histogram, type Metric, type Reading } from "./metric.ts";

/** Where values are that somebody else keeps. */
export interface MetricSources {
  readonly version: string;
  readonly attachments: () => readonly AttachmentFacts[];
  readonly openConnections: () => number;
  readonly audit: () => AuditHealth;
  readonly policy: () => { readonly isCurrent: boolean; readonly loadedAtMs: number | undefined };
  /** Whether the policy has a network of that name: other names are what users have made up. */
  readonly hasNetwork: (name: string) => boolean;
}

/** Everything that netd tells Prometheus. */
export class NetdMetrics implements Disposable {
  readonly #decisions = counter("decisions_total", "Attach requests, by what was decided.");
  readonly #attachSeconds = histogram(
    "attach_duration_seconds",
    "From the request to the attached interface.",
  );
  readonly #detachSeconds = histogram("detach_duration_seconds", "From its turn to the last trace of it.");
  readonly #failures = counter(
    "failures_total",
    "Attaches and detaches that failed; detaches are tried again.",
  );
  readonly #refusedConnections = counter("connections_refused_total", "Connections that were not served.");
  readonly #loads = counter("policy_loads_total", "Loads of the policy, by outcome.");
  readonly #loopDelaySeconds = loopDelayHistogram();
  readonly #loopDelay = new LoopDelay((seconds) => this.#loopDelaySeconds.observe(seconds));

  constructor(private readonly sources: MetricSources) {}

  /** Counts what is told to the audit log. */
  observe(event: AuditEvent): void {
    const network = this.#networkLabel(event.network);
    const seconds = event.durationMs === undefined ? undefined : event.durationMs / 1000;
    switch (event.event) {
      case "allow":
      case "deny":
        this.#decisions.add({ outcome: event.event, network });
        break;
      case "attach":
        if (seconds !== undefined) this.#attachSeconds.observe(seconds, { network });
        break;
      case "detach":
        if (seconds !== undefined) this.#detachSeconds.observe(seconds, { network });
        break;
      case "failure":
        this.#failures.add({ action: event.action ?? "other", network });
        break;
      case "policy":
        this.#loads.add({ outcome: event.reason === "loaded" ? "loaded" : "refused" });
    }
  }

  connectionRefused(reason: string): void {
    this.#refusedConnections.add({ reason });
  }

  [Symbol.dispose](): void {
    this.#loopDelay[Symbol.dispose]();
  }

  /** The text format, with what the worker has told of itself. */
  write(worker: WorkerHealth): string {
    const own: Metric[] = [
      this.#decisions,
      this.#attachSeconds,
      this.#detachSeconds,
      this.#failures,
      this.#refusedConnections,
      this.#loads,
      this.#loopDelaySeconds,
    ];
    return [...this.#gauges(), ...workerMetrics(worker), ...processMetrics(worker.process), ...own]
      .map((metric) => metric.write())
      .join("");
  }

  #networkLabel(network: string | undefined): string {
    return network !== undefined && this.sources.hasNetwork(network) ? network : "";
  }

  #gauges(): Metric[] {
    const { version, attachments, openConnections, audit, policy } = this.sources;
    const { isCurrent, loadedAtMs } = policy();
    const { fault, lostLines, seq } = audit();
    return [
      gauge("build_info", "Always 1.", [[1, { version }]]),
      gauge("attachments", "Attachments by network, user and state.", byLabels(attachments())),
      gauge("connections", "Connections that are open.", [[openConnections()]]),
      gauge("policy_current", "1 when the newest policy is in force, 0 when it could not be loaded.", [
        [isCurrent ? 1 : 0],
      ]),
      gauge(
        "policy_loaded_timestamp_seconds",
        "When the policy in force was loaded.",
        loadedAtMs === undefined ? [] : [[loadedAtMs / 1000]],
      ),
      gauge("audit_writable", "1 when the last line could be written into the audit log.", [[fault ? 0 : 1]]),
      gauge("audit_lost_lines", "Lines that wait to be stated as lost.", [[lostLines]]),
      total("audit_lines_total", "Lines that the audit log has ever had.", [[seq + 1]]),
    ];
  }
}

function workerMetrics(worker: WorkerHealth): Metric[] {
  const plugins = Object.entries(worker.pluginFailures);
  return [
    gauge("turns_waiting", "Attaches and detaches that wait for their turn.", [[worker.turnsWaiting]]),
    gauge("journal_writable", "1 when the journal can be written; without it nothing is attached.", [
      [worker.journalFault === undefined ? 1 : 0],
    ]),
    gauge("quarantined_records", "Records of the journal that nobody can read.", [
      [worker.quarantined.length],
    ]),
    gauge("lost_ports", "Published ports that somebody has taken while no netd ran.", [
      [worker.lostPorts.length],
    ]),
    total("front_starts_total", "How often the part that talks to users was started.", [
      [worker.frontStarts],
    ]),
    total("heals_total", "How often the tables were made anew after somebody else's change.", [
      [worker.heals],
    ]),
    total(
      "plugin_failures_total",
      "Failures of CNI plugins, by type.",
      plugins.map(([plugin, count]) => [count, { plugin }]),
    ),
  ];
}

/** Under the names that Prometheus' own clients have for them. */
function processMetrics(worker: ProcessStats): Metric[] {
  const both: readonly (readonly [string, ProcessStats])[] = [
    ["front", processStats()],
    ["worker", worker],
  ];
  const of = (value: (stats: ProcessStats) => number) =>
    both.map(([process, stats]): Reading => [value(stats), { process }]);
  const metric = (name: string, help: string, value: (stats: ProcessStats) => number, type?: "counter") =>
    new Gauge({ name: `process_${name}`, help }, () => of(value), type);
  return [
    metric("resident_memory_bytes", "Resident memory.", (stats) => stats.residentBytes),
    metric("open_fds", "Open descriptors.", (stats) => stats.openDescriptors),
    metric("max_fds", "Descriptors that may be open.", (stats) => stats.mostDescriptors),
    metric("cpu_seconds_total", "User and system time.", (stats) => stats.cpuSeconds, "counter"),
    metric("start_time_seconds", "Start.", (stats) => stats.startedAtMs / 1000),
  ];
}

function byLabels(attachments: readonly AttachmentFacts[]): Reading[] {
  const readings = new Map<string, { count: number; labels: Record<string, string> }>();
  for (const { plan, uid, state } of attachments) {
    const labels = { network: plan.network, user: String(uid), state };
    const key = JSON.stringify(labels);
    readings.set(key, { labels, count: (readings.get(key)?.count ?? 0) + 1 });
  }
  return [...readings.values()].map(({ count, labels }) => [count, labels]);
}

const counter = (name: string, help: string) => new Counter({ name: `cntnr_netd_${name}`, help });
const histogram = (name: string, help: string) => new Histogram({ name: `cntnr_netd_${name}`, help });
const gauge = (name: string, help: string, readings: readonly Reading[]) =>
  new Gauge({ name: `cntnr_netd_${name}`, help }, () => readings);
const total = (name: string, help: string, readings: readonly Reading[]) =>
  new Gauge({ name: `cntnr_netd_${name}`, help }, () => readings, "counter");
