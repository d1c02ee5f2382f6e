import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { counter, gauge, type Sample } from "../metrics/exposition.ts";
import type { House } from "./house.ts";
import { readiness } from "./readiness.ts";

const started = Date.now() / 1000 - process.uptime();
let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

/** Everything that this process can be measured by, as Prometheus text, version 0.0.4; docs/metrics.md lists it. */
export async function metricsText(house: House, version: string): Promise<string> {
  const checks = await readiness(house);
  return [
    gauge("sallyport_build_info", "The version that runs; always 1.", [[{ version }, 1]]),
    gauge(
      "sallyport_ready",
      "1 where state, audit and policy are usable, by check.",
      checks.map(({ name, ok }): Sample => [{ check: name }, ok ? 1 : 0]),
    ),
    house.meter.text(),
    gauge(
      "sallyport_state_silent_seconds",
      "How long ago the Redis that gateways share last told of revocations; 0 where state is embedded.",
      silent(house),
    ),
    audit(house),
    recordings(house),
    gauge(
      "sallyport_policy_reload_failed",
      "1 while the policy file is bad and the last good policy is in force.",
      house.policy.problems().length === 0 ? 0 : 1,
    ),
    gauge(
      "sallyport_certificate_not_after_seconds",
      "When a configured certificate ends, in seconds since the Unix epoch, by listener.",
      certificates(house),
    ),
    await house.approvals.metrics(),
    runtime(),
  ].join("");
}

function silent({ sessions }: House): number {
  const ms = sessions.silentFor();
  return Number.isFinite(ms) ? ms / 1000 : 0;
}

function audit({ audit: log }: House): string {
  const { records, spansSent, spansRefused, delivered, logSize, trouble } = log.counts();
  return [
    counter("sallyport_audit_records_total", "Audit records written by this process.", records),
    counter("sallyport_audit_spans_sent_total", "Spans that the collector has taken.", spansSent),
    counter(
      "sallyport_audit_spans_refused_total",
      "Spans that the collector has refused.",
      spansRefused,
    ),
    gauge(
      "sallyport_audit_spans_delivered",
      "1 while every span has been delivered, 0 while some wait for the collector.",
      delivered ? 1 : 0,
    ),
    gauge("sallyport_audit_log_size", "Records in the last signed checkpoint.", logSize),
    gauge(
      "sallyport_audit_log_trouble",
      "1 while the log cannot be projected: it is damaged, or the disk cannot be read.",
      trouble === undefined ? 0 : 1,
    ),
  ].join("");
}

function recordings({ recordings: { counts } }: House): string {
  const { pending, lost } = counts();
  return [
    gauge(
      "sallyport_recordings_waiting_bytes",
      "Bytes of recordings that wait to be written; recording.spool is the most.",
      pending,
    ),
    counter(
      "sallyport_recordings_omitted_bytes_total",
      "Bytes that recordings leave out, and say so, because too much waited to be written.",
      lost,
    ),
  ].join("");
}

function certificates({ config }: House): readonly Sample[] {
  const pairs = { proxy: config.tls, forward: config.forward.tls };
  return Object.entries(pairs).flatMap(([listener, pair]): readonly Sample[] => {
    if (pair === undefined) return [];
    try {
      const { validTo } = new X509Certificate(readFileSync(pair.certificate));
      return [[{ listener }, Date.parse(validTo) / 1000]];
    } catch {
      // It ended already, as far as anybody can tell.
      return [[{ listener }, 0]];
    }
  });
}

/** Under the names that every Prometheus client library uses. */
function runtime(): string {
  if (delays === undefined) {
    delays = monitorEventLoopDelay({ resolution: 10 });
    delays.enable();
  }
  const { user, system } = process.cpuUsage();
  const max = delays.max / 1e9;
  delays.reset();
  return [
    counter("process_cpu_seconds_total", "Processor time.", (user + system) / 1e6),
    gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
    gauge("process_start_time_seconds", "When the process began.", started),
    gauge(
      "nodejs_eventloop_lag_max_seconds",
      "The longest wait of the event loop since the last time this was asked for.",
      Number.isFinite(max) ? max : 0,
    ),
  ].join("");
}
