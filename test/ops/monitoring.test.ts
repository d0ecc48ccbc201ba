import { readFileSync } from "node:fs";
import { expect } from "chai";
import { METRICS } from "../../src/metrics/index.ts";
import type { MetricDefinition } from "../../src/metrics/index.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const DEFINITIONS = Object.values<Readonly<Record<string, MetricDefinition>>>(METRICS).flatMap((group) =>
  Object.values(group),
);
/** Names that Prometheus knows, with their labels: a histogram is three series, one of them by bucket. */
const SERIES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  DEFINITIONS.flatMap(({ type, name, labels }) => {
    const all = ["job", "instance", ...labels];
    if (type !== "histogram") return [[name, new Set(all)] as const];
    return [
      [`${name}_bucket`, new Set([...all, "le"])] as const,
      [`${name}_sum`, new Set(all)] as const,
      [`${name}_count`, new Set(all)] as const,
    ];
  }),
);

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const dashboard = JSON.parse(read("ops/grafana/onestep.json")) as { readonly panels: readonly Panel[] };
const charts = dashboard.panels.filter(({ type }) => type !== "row");

const rules = read("ops/prometheus/onestep-alerts.yml");
const alerts = [...rules.matchAll(/- alert: (\w+)\n +expr: (["'])(.*)\2\n/g)].map(([, name = "", , expr = ""]) => ({
  name,
  expr,
}));

const metricsIn = (expr: string): readonly string[] => expr.match(/\bonestep_\w+/g) ?? [];
/** Labels that an expression selects or groups by. */
const labelsIn = (expr: string): readonly string[] => [
  ...[...expr.matchAll(/(\w+)\s*(?:=~|!=|!~|=)\s*["']/g)].map(([, label = ""]) => label),
  ...[...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/)),
];

/** What an expression names that no process has. */
function unknownIn(expr: string): readonly string[] {
  const metrics = metricsIn(expr);
  const unknown = metrics.filter((name) => !SERIES.has(name));
  const labels = new Set(metrics.flatMap((name) => [...(SERIES.get(name) ?? [])]));
  return [...unknown, ...labelsIn(expr).filter((label) => !labels.has(label))];
}

describe("What is shipped for monitoring", () => {
  it("shows in every panel of the dashboard metrics that there are, by labels that they have", () => {
    expect(charts.length).to.be.greaterThan(20);
    for (const { title, targets = [] } of charts) {
      expect(targets, title).not.to.eql([]);
      for (const { expr, legendFormat } of targets) {
        expect(metricsIn(expr), `${title}: ${expr}`).not.to.eql([]);
        expect(unknownIn(expr), `${title}: ${expr}`).to.eql([]);
        const known = new Set(metricsIn(expr).flatMap((name) => [...(SERIES.get(name) ?? [])]));
        for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect([...known], title).to.include(label);
      }
    }
  });

  it("shows every metric there is", () => {
    const shown = new Set(charts.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr))));
    const missing = DEFINITIONS.filter(
      ({ name }) => ![name, `${name}_bucket`, `${name}_count`].some((series) => shown.has(series)),
    );
    expect(missing.map(({ name }) => name)).to.eql([]);
  });

  it("finds a metric or a label that is misspelt", () => {
    expect(unknownIn("onestep_chain_heads")).to.eql(["onestep_chain_heads"]);
    expect(unknownIn('sum by (kinds) (onestep_chain_head{heads="safe"})')).to.eql(["heads", "kinds"]);
  });

  it("raises every alarm on metrics that there are, each in one line with a severity and a summary", () => {
    expect(alerts.length).to.be.greaterThan(10);
    expect(alerts.length).to.equal(rules.match(/- alert:/g)?.length);
    for (const { name, expr } of alerts) {
      if (name !== "OnestepDown") expect(metricsIn(expr), name).not.to.eql([]);
      expect(unknownIn(expr.replaceAll('up{job="onestep"}', "0")), name).to.eql([]);
    }
    for (const field of ["severity:", "summary:"]) {
      expect(rules.match(new RegExp(field, "g"))?.length, field).to.equal(alerts.length);
    }
  });

  it("says in docs/operations.md what to do about each alarm, and about no other", () => {
    const listed = [...read("docs/operations.md").matchAll(/^\| `(Onestep\w+)`/gm)].map(([, name]) => name);
    expect(listed).to.eql(alerts.map(({ name }) => name));
  });
});
