import type { Hash } from "../../src/primitives/index.ts";
import type { DisputeFixture } from "./dispute-fixture.ts";
import { createOracle } from "./oracle.ts";
import type { Oracle } from "./oracle.ts";
import { eventOf } from "./small-game.ts";

/** The oracle of everything that was announced so far. */
export async function readOracle(
  { game, chain, ethers, heights }: Pick<DisputeFixture, "game" | "chain" | "ethers" | "heights">,
  stateBefore: (parentId: Hash) => Hash,
): Promise<Oracle> {
  const oracle = createOracle({ claimHeight: heights.claim, unitHeight: heights.unit, stateBefore });
  const contracts = [game, chain];
  const logs = (
    await Promise.all(
      contracts.map(async (contract) => {
        const address = await contract.getAddress();
        const found = await ethers.provider.getLogs({ address, fromBlock: 0 });
        return found.map((log) => ({ log, parsed: contract.interface.parseLog(log) }));
      }),
    )
  ).flat();
  logs.sort((one, other) => one.log.blockNumber - other.log.blockNumber || one.log.index - other.log.index);
  const times = new Map<number, number>();
  for (const { log, parsed } of logs) {
    const event = parsed === null ? undefined : eventOf(parsed.name, parsed.args as never);
    if (event === undefined) continue;
    let time = times.get(log.blockNumber);
    if (time === undefined) {
      time = (await ethers.provider.getBlock(log.blockNumber))!.timestamp;
      times.set(log.blockNumber, time);
    }
    oracle.apply(event, time);
  }
  return oracle;
}
