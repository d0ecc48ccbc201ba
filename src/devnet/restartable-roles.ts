import type { EventEmitter } from "node:events";
import type { Batcher } from "../batcher/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { TransactionPool } from "../node/index.ts";
import { createEvents } from "../primitives/index.ts";
import { createClosers } from "../roles/index.ts";
import type { Closers, RunningNode } from "../roles/index.ts";
import type { Mempool, Sequencer } from "../sequencer/index.ts";

/** What the roles of a devnet are asked for. */
export interface OpenedRoles {
  readonly mempool: Mempool;
  /** Not started yet. */
  readonly sequencer: Sequencer;
  readonly batcher: Batcher;
}

/**
 * The roles that write to L1 or to the chain, which can be stopped, together, and started anew on what L1 and the records are
 * then. The node beneath them runs on.
 */
export interface RestartableRoles {
  /** The pool of whichever roles run; what is submitted while none do waits for the next. */
  readonly pool: TransactionPool;
  /** Those that run, or ran last. */
  current(): OpenedRoles;
  stop(): Promise<void>;
  /** Starts them; `prepare` is called before the sequencer builds its first block. */
  start(prepare?: (roles: OpenedRoles) => void): Promise<void>;
}

/** @param open adds the roles to the node it is given, which is good until they are stopped */
export async function startRestartableRoles(
  node: RunningNode,
  open: (node: RunningNode) => Promise<OpenedRoles>,
): Promise<RestartableRoles> {
  const events: EventEmitter<{ transaction: [transaction: SignedTransaction] }> = createEvents(
    "pool",
    node.instruments,
  );
  let roles: OpenedRoles | undefined;
  let closers: Closers = createClosers(node.instruments);
  let problems: (() => readonly string[])[] = [];
  let running: Promise<void> = Promise.resolve();
  let opened: () => void = () => undefined;

  const current = (): OpenedRoles => {
    if (roles === undefined) throw new Error("the roles have not been started");
    return roles;
  };

  async function start(prepare?: (roles: OpenedRoles) => void): Promise<void> {
    const started = createClosers(node.instruments);
    closers = started;
    const parts: (() => readonly string[])[] = [];
    problems = parts;
    const next = await open({
      ...node,
      onClose: (name, close) => {
        started.add(name, close);
      },
      addProblems: (of) => {
        parts.push(of);
      },
    });
    roles = next;
    next.mempool.events.on("transaction", (transaction) => events.emit("transaction", transaction));
    prepare?.(next);
    next.sequencer.start();
    opened();
  }

  node.addProblems(() => problems.flatMap((of) => of()));
  node.onClose("roles", () => closers.closeAll());
  await start();
  return {
    pool: {
      events,
      async submit(raw) {
        for (let waited: Promise<void> | undefined; waited !== running;) {
          waited = running;
          await waited;
        }
        return current().mempool.submit(raw);
      },
      get: (hash) => current().mempool.get(hash),
      pendingNonce: (sender) => current().mempool.pendingNonce(sender),
      content: () => current().mempool.content(),
    },
    current,
    async stop() {
      running = new Promise((resolve) => {
        opened = resolve;
      });
      await closers.closeAll();
    },
    start,
  };
}
