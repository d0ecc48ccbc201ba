interface Described<Type extends string, Label extends string> {
  readonly type: Type;
  readonly name: string;
  readonly help: string;
  /** What tells the values of the metric apart. */
  readonly labels: readonly Label[];
}

export type CounterDefinition<Label extends string> = Described<"counter", Label>;
/** A gauge that its maker sets. */
export type GaugeDefinition<Label extends string> = Described<"gauge", Label>;
/** A gauge whose maker is asked for the value whenever the metrics are read. */
export type ReadingDefinition<Label extends string> = Described<"reading", Label>;
export interface HistogramDefinition<Label extends string> extends Described<"histogram", Label> {
  /** Upper limits, in the unit that the name ends with. */
  readonly buckets: readonly number[];
}

/** A metric before it is in a registry. */
export type MetricDefinition<Label extends string = string> =
  CounterDefinition<Label> | GaugeDefinition<Label> | ReadingDefinition<Label> | HistogramDefinition<Label>;

export function counter<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): CounterDefinition<Label> {
  return { type: "counter", name, help, labels };
}

export function gauge<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): GaugeDefinition<Label> {
  return { type: "gauge", name, help, labels };
}

export function reading<Label extends string = never>(
  name: string,
  help: string,
  labels: readonly Label[] = [],
): ReadingDefinition<Label> {
  return { type: "reading", name, help, labels };
}

export function histogram<Label extends string = never>(
  name: string,
  help: string,
  { labels = [], buckets }: { readonly labels?: readonly Label[]; readonly buckets: readonly number[] },
): HistogramDefinition<Label> {
  return { type: "histogram", name, help, labels, buckets };
}
