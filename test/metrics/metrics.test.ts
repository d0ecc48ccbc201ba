import { globSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { Registry } from "prom-client";
import { METRICS, registerMetrics } from "../../src/metrics/index.ts";
import type { MetricDefinition, MetricGroup } from "../../src/metrics/index.ts";

const ROOT = new URL("../../", import.meta.url);
const GROUPS = Object.keys(METRICS) as MetricGroup[];
const ALL = GROUPS.flatMap((group) => Object.values<MetricDefinition>(METRICS[group]));

describe("Metrics", () => {
  describe("their list", () => {
    it("has every name once, with the unit it is in", () => {
      const names = ALL.map(({ name }) => name);
      expect(new Set(names).size).to.equal(names.length);
      for (const { name, type } of ALL) {
        const ending = type === "counter" ? /_total$/ : type === "histogram" ? /_seconds$/ : /[a-z]$/;
        expect(name)
          .to.match(/^onestep_[a-z0-9_]+$/)
          .and.match(ending);
      }
    });

    it("is the list of docs/operations.md", () => {
      const text = readFileSync(new URL("docs/operations.md", ROOT), "utf8");
      const actual = text.split("\n").filter((line) => line.startsWith("- `onestep_"));
      const expected = ALL.map(listItem);
      expect(actual, `the list in docs/operations.md should be:\n\n${expected.join("\n")}\n`).to.eql(expected);
    });

    it("is where all metrics are made", () => {
      const files = globSync("src/**/*.ts", { cwd: ROOT.pathname });
      expect(files).to.include("src/metrics/register-metrics.ts");
      const makers = files.filter((file) =>
        /^import \{.*\b(Counter|Gauge|Histogram|Summary)\b.*\} from "prom-client"/m.test(
          readFileSync(new URL(file, ROOT), "utf8"),
        ),
      );
      expect(makers).to.eql(["src/metrics/register-metrics.ts"]);
    });
  });

  describe("in a registry", () => {
    it("have the name, type, help, labels and buckets of the list", async () => {
      const registry = new Registry();
      for (const group of GROUPS) {
        for (const metric of Object.values<object>(registerMetrics(registry, group))) {
          if ("collectWith" in metric)
            (metric as { collectWith(collect: () => void): void }).collectWith(() => undefined);
        }
      }
      const made = await registry.getMetricsAsJSON();
      expect(made.map(({ name, help, type }) => ({ name, help, type: String(type) }))).to.have.deep.members(
        ALL.map(({ name, help, type }) => ({ name, help, type: type === "reading" ? "gauge" : type })),
      );
      for (const definition of ALL) {
        const metric = registry.getSingleMetric(definition.name) as unknown as Record<string, unknown>;
        expect(metric.labelNames, definition.name).to.include.members([...definition.labels]);
        if (definition.type === "histogram") expect(metric.upperBounds).to.eql(definition.buckets);
      }
    });

    it("are shared by several makers", async () => {
      const registry = new Registry();
      const [first, second] = [registerMetrics(registry, "sequencer"), registerMetrics(registry, "sequencer")];
      first.blocks.inc();
      second.blocks.inc();
      second.skipped.inc({ reason: "invalid" });
      const text = await registry.metrics();
      expect(text).to.contain("onestep_sequencer_blocks_total 2\n");
      expect(text).to.contain('onestep_sequencer_skipped_total{reason="invalid"} 1\n');
    });

    it("are read from who offered to give them last", async () => {
      const registry = new Registry();
      const { clients } = registerMetrics(registry, "feedServer");
      clients.collectWith((gauge) => gauge.set(1));
      registerMetrics(registry, "feedServer").clients.collectWith((gauge) => gauge.set(2));
      expect(await registry.metrics()).to.contain("onestep_feed_clients 2\n");
    });
  });
});

/** A metric in the list for operators. */
function listItem({ name, type, labels, help }: MetricDefinition): string {
  const by = labels.map((label) => `, by \`${label}\``).join("");
  return `- \`${name}\` (${type === "reading" ? "gauge" : type}${by}): ${help}`;
}
