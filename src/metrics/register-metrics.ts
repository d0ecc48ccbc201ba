import { Counter, Gauge, Histogram } from "prom-client";
import type { Registry } from "prom-client";
import type {
  CounterDefinition,
  GaugeDefinition,
  HistogramDefinition,
  MetricDefinition,
  ReadingDefinition,
} from "./metric-definition.ts";
import { METRICS } from "./metric-list.ts";

/** A gauge that is set when the metrics are read. */
export interface Reading<Label extends string> {
  /** From now on `collect` sets it, in the place of who did before. */
  collectWith(collect: (gauge: Gauge<Label>) => void): void;
}

/** What its maker does with a metric. */
export type MetricOf<Definition> =
  Definition extends CounterDefinition<infer Label>
    ? Counter<Label>
    : Definition extends GaugeDefinition<infer Label>
      ? Gauge<Label>
      : Definition extends ReadingDefinition<infer Label>
        ? Reading<Label>
        : Definition extends HistogramDefinition<infer Label>
          ? Histogram<Label>
          : never;

export type MetricGroup = keyof typeof METRICS;

/** The metrics of one group, by the names they have in the list. */
export type MetricsOf<Group extends MetricGroup> = {
  readonly [Name in keyof (typeof METRICS)[Group]]: MetricOf<(typeof METRICS)[Group][Name]>;
};

/**
 * The metrics of one group in a registry, made if they are not there yet: several makers of a process, such as two engines or
 * two servers, count together.
 */
export function registerMetrics<Group extends MetricGroup>(registry: Registry, group: Group): MetricsOf<Group> {
  const metrics = Object.entries<MetricDefinition>(METRICS[group]).map(([name, definition]) => [
    name,
    registerMetric(registry, definition),
  ]);
  return Object.fromEntries(metrics) as MetricsOf<Group>;
}

function registerMetric(registry: Registry, definition: MetricDefinition): MetricOf<MetricDefinition> {
  const { name, help } = definition;
  const configuration = { name, help, labelNames: definition.labels, registers: [registry] };
  const existing: unknown = registry.getSingleMetric(name);
  switch (definition.type) {
    case "counter":
      return (existing as Counter | undefined) ?? new Counter(configuration);
    case "gauge":
      return (existing as Gauge | undefined) ?? new Gauge(configuration);
    case "histogram":
      return (
        (existing as Histogram | undefined) ?? new Histogram({ ...configuration, buckets: [...definition.buckets] })
      );
    case "reading":
      return {
        collectWith(collect) {
          registry.removeSingleMetric(name);
          const gauge: Gauge = new Gauge({ ...configuration, collect: () => collect(gauge) });
        },
      };
  }
}
