import { join } from "node:path";
import { createPublicClient, http } from "viem";
import type { PublicClient } from "viem";
import type { DevnetInfo } from "../../src/devnet/index.ts";
import { startOnestep, until } from "../../test/end-to-end/onestep-process.ts";
import type { OnestepProcess } from "../../test/end-to-end/onestep-process.ts";
import { createViemClient } from "../../test/real-input/client.ts";
import { scenarios } from "../../test/real-input/scenarios/index.ts";

/** A devnet in a process of its own. */
export interface PlayingDevnet extends OnestepProcess<DevnetInfo> {
  /** Of its L2. */
  readonly reader: PublicClient;
  /** Plays all scenarios of `test/real-input` on it, from the first three accounts. */
  playScenarios(): Promise<void>;
}

/** Milliseconds. */
const PATIENCE = 120_000;

/** Starts a devnet on any free ports that keeps its data in `folder`. */
export async function startPlayingDevnet({
  folder,
  flags,
}: {
  readonly folder: string;
  readonly flags: readonly string[];
}): Promise<PlayingDevnet> {
  const devnet = await startOnestep<DevnetInfo>({
    arguments: [
      ...["devnet", "--l1-port", "0", "--rpc-port", "0", "--feed-port", "0", "--blob-server-port", "0"],
      ...["--data-dir", join(folder, "devnet"), ...flags],
    ],
    infoFile: join(folder, "devnet.json"),
  });
  const { rpcUrl: url, chainId } = devnet.info.l2;
  const reader = createPublicClient({ transport: http(url), pollingInterval: 50, cacheTime: 0 });
  return Object.assign(devnet, {
    reader,
    async playScenarios() {
      // A client of ethers may wait for a block after that of its transaction, and on a devnet without other users none comes.
      const client = createViemClient({ url, chainId, firstAccount: 0 });
      const [account] = client.accounts;
      if (account === undefined) throw new Error("expected a client with accounts");
      // On a busy computer the first call, for which a thread is started, may take longer than a call may.
      await until("the devnet to answer calls", PATIENCE, () =>
        reader.estimateGas({ account, to: account, value: 1n }).then(
          () => true,
          () => false,
        ),
      );
      for (const { run } of scenarios) await run(client);
      client.close();
    },
  });
}
