// `npm run campaign:kill -- --kills 200 --seed anything`: the end-to-end kill test, for as long as one likes. Prints each
// kill, and what was checked in the end; a failure names the seed, which repeats the order and pauses of the kills.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killRoles, startSeparateRoles } from "../test/end-to-end/kill-scenario.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now()) },
    "longest-pause": { type: "string", default: "3000" },
    "data-availability": { type: "string", default: "blobs" },
  },
});
const kills = Number(values.kills);
const longestPause = Number(values["longest-pause"]);
const dataAvailability = values["data-availability"];
if (!Number.isInteger(kills) || kills < 1) throw new Error(`--kills: expected a number of kills, got ${values.kills}`);
if (!(longestPause >= 1)) throw new Error(`--longest-pause: expected milliseconds, got ${values["longest-pause"]}`);
if (dataAvailability !== "blobs" && dataAvailability !== "calldata") {
  throw new Error(`--data-availability: expected blobs or calldata, got ${dataAvailability}`);
}

const folder = mkdtempSync(join(tmpdir(), "onestep-kill-campaign-"));
const roles = await startSeparateRoles(folder, { dataAvailability });
try {
  const options = {
    kills,
    seed: values.seed,
    longestPause,
    report: (line: string) => {
      console.log(line);
    },
  };
  const report = await killRoles(roles, options);
  console.log(`seed ${values.seed}: nothing lost, nothing twice, no fork`, report);
  rmSync(folder, { recursive: true, force: true });
} catch (error) {
  writeFileSync(join(folder, "logs"), roles.logs());
  console.error(
    `seed ${values.seed}: ${error instanceof Error ? error.message : String(error)}\nlogs and data: ${folder}`,
  );
  process.exitCode = 1;
} finally {
  await roles.abandon();
}
