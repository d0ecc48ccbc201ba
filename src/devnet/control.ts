import { randomBytes } from "node:crypto";
import { privateKeyToAccount } from "viem/accounts";
import { createExclusiveRunner } from "../concurrency/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import type { RunningNode } from "../roles/index.ts";
import { rejected } from "../rpc/index.ts";
import type { DevnetControl, MiningMode } from "../rpc/index.ts";
import type { SequencerMode } from "../sequencer/index.ts";
import type { DevnetAccount } from "./accounts.ts";
import { createL1Messages } from "./l1-messages.ts";
import { createL1Requests } from "./l1-requests.ts";
import type { RestartableRoles } from "./restartable-roles.ts";
import { createSnapshots } from "./snapshots.ts";
import { createTimeTravel } from "./time-travel.ts";

export interface DevnetControlOptions {
  readonly node: RunningNode;
  readonly roles: RestartableRoles;
  readonly l1RpcUrl: string;
  /** Whose keys everybody knows. */
  readonly accounts: readonly DevnetAccount[];
  /** Deposits what L2 accounts are given; the L1 node signs for it. */
  readonly faucet: Address;
  /** How blocks are made in automatic mode. */
  readonly automatic: SequencerMode;
  /** Whether each new chain is to have a chain id of its own. */
  readonly hasFreshChainId: boolean;
  readonly info: () => object;
  readonly dump: () => Promise<Uint8Array>;
}

/** The control of a devnet with an L1 of its own. What changes anything runs alone, one after the other. */
export function createDevnetControl(options: DevnetControlOptions): DevnetControl & { ready(): Promise<void> } {
  const { node, roles, accounts, faucet, automatic } = options;
  const l1 = createL1Requests(options.l1RpcUrl);
  const snapshots = createSnapshots(node, roles, l1);
  const time = createTimeTravel(node, roles, l1);
  const alone = createExclusiveRunner();
  const miningMode = (): MiningMode => toMiningMode(roles.current().sequencer.mode);
  const messages = createL1Messages({ node, roles, l1, faucet, isAutomatic: () => miningMode().kind === "automatic" });
  const impersonated = new Set<Address>();
  let isEverybodyImpersonated = false;
  /** How both layers were when the devnet was ready. */
  let origin: bigint | undefined;
  let instanceId = createInstanceId();

  return {
    accounts: accounts.map(({ address }) => address),
    async signTransaction(from, transaction) {
      const account = accounts.find(({ address }) => address === from);
      if (account === undefined) throw rejected(`unknown account ${from}`);
      return privateKeyToAccount(account.privateKey).signTransaction(transaction);
    },
    inTurn: createExclusiveRunner(),
    info: options.info,
    instanceId: () => instanceId,
    dump: () => alone(options.dump),

    async ready() {
      origin = await snapshots.take();
    },
    snapshot: () => alone(() => snapshots.take()),
    revert: (id) => alone(async () => id !== origin && snapshots.revert(id)),
    reset: () =>
      alone(async () => {
        if (options.hasFreshChainId) {
          throw rejected(
            "this devnet was started with --fresh-chain-id, so that nobody takes a new chain for an old one; a reset would keep " +
              "the chain id: start it again",
          );
        }
        if (origin === undefined || !(await snapshots.revert(origin))) {
          throw rejected("L1 does not have its first state any more: start the devnet again");
        }
        origin = await snapshots.take();
        impersonated.clear();
        instanceId = createInstanceId();
      }),

    mine: (request) => alone(() => time.mine(request)),
    increaseTime: (seconds) => alone(() => time.increase(seconds)),
    setNextTimestamp: (timestamp) => alone(() => time.setNext(timestamp)),
    miningMode,
    setMiningMode: (mode) =>
      alone(async () => {
        const { sequencer } = roles.current();
        await sequencer.stop();
        sequencer.mode = toSequencerMode(mode, automatic);
        sequencer.start();
      }),

    setBalance: (account, balance) => alone(() => messages.setBalance(account, balance)),
    addBalance: (account, amount) => alone(() => messages.addBalance(account, amount)),

    isImpersonated: (account) => isEverybodyImpersonated || impersonated.has(account),
    async impersonate(account) {
      const reason = await messages.whyNotSender(account);
      if (reason !== undefined) throw rejected(`cannot impersonate: ${reason}`);
      impersonated.add(account);
    },
    stopImpersonating: (account) => impersonated.delete(account),
    impersonateAll(enabled) {
      isEverybodyImpersonated = enabled;
    },
    sendAs: (message) =>
      alone(async () => {
        const reason = await messages.whyNotSender(message.from);
        if (reason !== undefined) throw rejected(reason);
        return messages.sendAs(message);
      }),
  };
}

function createInstanceId(): Hash {
  return `0x${randomBytes(32).toString("hex")}`;
}

function toMiningMode(mode: SequencerMode): MiningMode {
  switch (mode.kind) {
    case "on-demand":
      return { kind: "automatic" };
    case "interval":
      return { kind: "interval", seconds: mode.seconds };
    case "manual":
      return { kind: "manual" };
  }
}

function toSequencerMode(mode: MiningMode, automatic: SequencerMode): SequencerMode {
  switch (mode.kind) {
    case "automatic":
      return automatic;
    case "interval":
      // As on other development nodes, where whoever asks for an interval waits for blocks.
      return { kind: "interval", seconds: mode.seconds, empty: true };
    case "manual":
      return { kind: "manual" };
  }
}
