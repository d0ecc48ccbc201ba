// `npm run campaign:flood`: everything that is cheap to post and dear to check, L1 block after L1 block.
import { createFloods } from "./flood/floods.ts";
import { openFloodedNode } from "./flood/follow-flood.ts";
import type { FollowedBlock } from "./flood/follow-flood.ts";
import { L1_BLOCK_GAS, L1_BLOCK_TIME } from "./flood/l1-block.ts";
import { measurePostingCosts } from "./flood/posting-costs.ts";
import { formatReport, isBounded, summary } from "./flood/report.ts";
import type { FloodResult } from "./flood/report.ts";
import { positiveInteger, readOptions, refuse } from "./options.ts";
import { writeReport } from "./write-report.ts";

const HELP = `npm run campaign:flood -- [options]

Measures on the contracts what each kind of flood costs on L1, fills L1 blocks of ${L1_BLOCK_GAS / 1e6} million gas with it, and has a node
follow them. Prints each flood, and writes benchmarks/flood.md; exit code 1 if some flood takes a processor longer than the
${L1_BLOCK_TIME} s of an L1 block, so that a node's lag grows.

--minutes N      of L1 for each flood, of which 0.2 are one L1 block (default 2)
--accounts N     accounts of the state (default 100000)
--only TEXT      floods with this in their name; the report is then only printed
--help`;

const { values } = readOptions(HELP, {
  minutes: { type: "string", default: "2" },
  accounts: { type: "string", default: "100000" },
  only: { type: "string", default: "" },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) refuse(`--minutes: expected minutes of L1, got ${values.minutes}`);
const accounts = positiveInteger("--accounts", values.accounts, "a number of accounts");

console.log("measuring what posting costs on L1");
const costs = await measurePostingCosts();
const { floods, codes } = createFloods();
const chosen = floods.filter(({ name }) => name.includes(values.only));
console.log(`writing a state of ${accounts} accounts`);
const node = await openFloodedNode({ costs, codes, accounts, gas: L1_BLOCK_GAS });
const results: FloodResult[] = [];
try {
  for (const [index, flood] of chosen.entries()) {
    const blocks: FollowedBlock[] = [];
    while (blocks.length * L1_BLOCK_TIME < minutes * 60) blocks.push(await node.follow(flood));
    const result = { flood, blocks };
    results.push(result);
    console.log(`${index + 1}/${chosen.length} ${summary(result)}`);
  }
} finally {
  await node.close();
}
if (results.length > 0) {
  const report = formatReport(results, { minutes, accounts });
  if (values.only === "") await writeReport(new URL("../benchmarks/flood.md", import.meta.url), report);
  else console.log(report);
}
if (!results.every(isBounded)) process.exitCode = 1;
