import { defineCommand } from "./command.ts";
import { examine } from "./doctor.ts";
import type { Finding } from "./doctor.ts";
import { explained } from "./layers.ts";
import { narrate } from "./narration.ts";
import { jsonSetting, layerSettings } from "./user-settings.ts";

const MARKS: Readonly<Record<Finding["level"], string>> = { ok: "ok      ", warning: "warning ", problem: "PROBLEM " };

export const doctorCommand = defineCommand({
  name: "doctor",
  summary: "look at everything that a rollup needs, and say what to do about what is wrong",
  details:
    "Looks at the L1 endpoint and its quirks, the contracts' code against this build, the clocks, the node, the balances and the activity of the roles, " +
    "claims and disputes. Ends with exit code 1 if there is a problem; a warning is none.",
  examples: [
    ["onestep doctor", "the devnet"],
    ["onestep doctor --l1-rpc-url https://l1 --rpc-url https://l2 --json", "for monitoring"],
  ],
  settings: { ...layerSettings, ...jsonSetting },
  async run(values) {
    const { say, finish } = narrate(values.json);
    const findings: Finding[] = [];
    for await (const finding of examine(values, (run) => explained(values, run))) {
      findings.push(finding);
      say(`${MARKS[finding.level]} ${finding.subject}: ${finding.text}`);
      if (finding.advice !== undefined) say(`          → ${finding.advice}`);
    }
    const count = (level: Finding["level"]): number => findings.filter((finding) => finding.level === level).length;
    const [problems, warnings] = [count("problem"), count("warning")];
    finish({ healthy: problems === 0, problems, warnings, findings }, [
      `${count("ok")} ok, ${warnings} ${warnings === 1 ? "warning" : "warnings"}, ${problems} ${problems === 1 ? "problem" : "problems"}`,
    ]);
    if (problems > 0) throw new Error(`found ${problems} ${problems === 1 ? "problem" : "problems"}`);
  },
});
