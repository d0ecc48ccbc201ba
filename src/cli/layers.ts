import { BaseError, createClient, http } from "viem";
import type { Client, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import {
  OnestepError,
  createPublicActionsL1,
  createPublicActionsL2,
  createWalletActionsL1,
  createWalletActionsL2,
  parseRollup,
  walletSender,
} from "../client/index.ts";
import type { PublicActionsL1, PublicActionsL2, Rollup, WalletActionsL1, WalletActionsL2 } from "../client/index.ts";
import { SettingsError } from "./settings.ts";

/** What the user's commands talk to. */
export interface Layers {
  readonly rollup: Rollup;
  readonly l1: PublicActionsL1 & { readonly client: Client };
  readonly l2: PublicActionsL2 & { readonly client: Client };
}

interface LayerValues {
  readonly l1RpcUrl: string;
  readonly rpcUrl: string;
  readonly rollupConfig: string | undefined;
}

/** Milliseconds between looks at what is waited for, at endpoints on this machine and elsewhere. */
const LOCAL_POLLING_INTERVAL = 250;
const REMOTE_POLLING_INTERVAL = 4_000;

/**
 * Opens both layers and runs a command on them. Whatever an endpoint fails with is said in a line that names the layer and, of the URL, no
 * more than its origin: providers put keys in the rest.
 */
export async function withLayers<Result>(
  values: LayerValues,
  run: (layers: Layers) => Promise<Result>,
): Promise<Result> {
  return explained(values, async () => {
    const l2Client = createClient({ transport: http(values.rpcUrl) });
    const l2 = createPublicActionsL2(l2Client);
    const rollup = await chooseRollup(values, l2);
    const l1Client = createClient({ transport: http(values.l1RpcUrl) });
    return run({
      rollup,
      l1: { ...createPublicActionsL1(l1Client, rollup), client: l1Client },
      l2: { ...l2, client: l2Client },
    });
  });
}

/** The layers with an account that writes. */
export interface WritableLayers extends Layers {
  readonly address: Hex;
  readonly l1Wallet: WalletActionsL1;
  readonly l2Wallet: WalletActionsL2;
}

export function withAccount(layers: Layers, values: LayerValues & { readonly privateKey: Hex }): WritableLayers {
  const account = privateKeyToAccount(values.privateKey);
  const l1 = createClient({ account, transport: http(values.l1RpcUrl) });
  const l2 = createClient({ account, transport: http(values.rpcUrl) });
  return {
    ...layers,
    address: account.address,
    l1Wallet: createWalletActionsL1(l1, walletSender(l1), layers.rollup),
    l2Wallet: createWalletActionsL2(l2, walletSender(l2)),
  };
}

/** Options of every wait. */
export function waitOptions({ timeout, rpcUrl, l1RpcUrl }: LayerValues & { readonly timeout: number | undefined }) {
  const isLocal = [rpcUrl, l1RpcUrl].every((url) => /^(localhost|127\.|\[::1\])/.test(new URL(url).hostname));
  return {
    timeout: timeout === undefined ? undefined : 1_000 * timeout,
    pollingInterval: isLocal ? LOCAL_POLLING_INTERVAL : REMOTE_POLLING_INTERVAL,
  };
}

/** The rollup of the file, if one is given: then the L2 endpoint has to be of that one, and need not even answer. */
async function chooseRollup({ rollupConfig }: LayerValues, l2: PublicActionsL2): Promise<Rollup> {
  if (rollupConfig === undefined) return l2.getRollup();
  const trusted = await readTrusted(rollupConfig);
  const said = await l2.getRollup().catch(() => undefined);
  if (said !== undefined && JSON.stringify(identityOf(said)) !== JSON.stringify(identityOf(trusted))) {
    throw new Error(
      `the L2 endpoint is of another rollup than ${rollupConfig}: of ${said.contracts.rollup}, chain ${said.l2ChainId}`,
    );
  }
  return trusted;
}

function identityOf({ contracts, l1ChainId, l2ChainId, genesisHash }: Rollup): unknown {
  return [
    contracts.rollup,
    contracts.inbox,
    contracts.portal,
    contracts.stateCommitmentChain,
    l1ChainId,
    l2ChainId,
    genesisHash,
  ];
}

async function readTrusted(path: string): Promise<Rollup> {
  const { readFile } = await import("node:fs/promises");
  try {
    return parseRollup(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new SettingsError([`--rollup-config ${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** Runs what asks the endpoints, and says their failures in a line. */
export async function explained<Result>(
  { l1RpcUrl, rpcUrl }: Pick<LayerValues, "l1RpcUrl" | "rpcUrl">,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof OnestepError || !(error instanceof BaseError)) throw error;
    const failed = error.walk((link) => typeof link === "object" && link !== null && "url" in link);
    const url = failed !== null && "url" in failed && typeof failed.url === "string" ? failed.url : undefined;
    const layer = url === rpcUrl ? "L2" : url === l1RpcUrl ? "L1" : undefined;
    const words = innermostMessage(error);
    const reason = [l1RpcUrl, rpcUrl].reduce((text, secret) => text.replaceAll(secret, new URL(secret).origin), words);
    const isSilent = failed?.name === "HttpRequestError" || failed?.name === "TimeoutError";
    const place = layer === undefined || url === undefined ? "" : `the ${layer} endpoint ${new URL(url).origin} `;
    throw new Error(`${place}${place === "" ? "" : isSilent ? "does not answer: " : "answers: "}${reason}`, {
      cause: error,
    });
  }
}

/** The reason of the reason: `connect ECONNREFUSED …` rather than `fetch failed`. */
function innermostMessage(error: BaseError): string {
  let words = error.details === "" ? error.shortMessage : error.details;
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    if (!(link instanceof BaseError) && link.message !== "") words = link.message;
  }
  return words;
}
