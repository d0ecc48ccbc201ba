// `npm run campaign:kill`: the end-to-end kill test, for as long as one likes.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killRoles, startSeparateRoles } from "../test/end-to-end/kill-scenario.ts";
import { positiveInteger, readOptions, refuse } from "./options.ts";

const HELP = `npm run campaign:kill -- [options]

Runs L1 and every role as a process of its own, kills one after the other at random moments while users go on, starts
each again, and checks in the end that nothing acknowledged was lost or happened twice and that all nodes agree. Prints
each kill; a failure names the seed, which repeats the order and pauses of the kills, and where logs and data are.

--kills N               how many kills (default 100)
--seed S                what they are drawn from (default: the time)
--longest-pause N       milliseconds between kills, at most (default 3000)
--data-availability S   blobs (default) or calldata
--help`;

const { values } = readOptions(HELP, {
  kills: { type: "string", default: "100" },
  seed: { type: "string", default: String(Date.now()) },
  "longest-pause": { type: "string", default: "3000" },
  "data-availability": { type: "string", default: "blobs" },
});
const kills = positiveInteger("--kills", values.kills, "a number of kills");
const longestPause = positiveInteger("--longest-pause", values["longest-pause"], "milliseconds");
const dataAvailability = values["data-availability"];
if (dataAvailability !== "blobs" && dataAvailability !== "calldata") {
  refuse(`--data-availability: expected blobs or calldata, got ${dataAvailability}`);
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
