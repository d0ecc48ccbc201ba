import { counter, gauge, histogram, reading } from "./metric-definition.ts";

/** Buckets for whatever takes from milliseconds to seconds. */
const COMMON_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * All metrics of a node, by who makes them. `docs/operations.md` has a table of the same; a test compares the two.
 */
export const METRICS = {
  chain: {
    reorgs: counter("onestep_chain_reorgs_total", "Times blocks left the canonical L2 chain"),
    head: reading("onestep_chain_head", "Block number of each head of the L2 chain", ["head"]),
  },
  execution: {
    sealSeconds: histogram("onestep_block_seal_seconds", "Seconds from the last transaction of a block to its hash", {
      buckets: COMMON_SECONDS,
    }),
    gasUsed: counter("onestep_execution_gas_total", "Gas used by sealed blocks"),
  },
  storage: {
    writeSeconds: histogram(
      "onestep_storage_write_seconds",
      "Time of a database write until it is on the disk, waiting for earlier ones included",
      { labels: ["operation"], buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5] },
    ),
  },
  l1Client: {
    requestSeconds: histogram("onestep_l1_request_seconds", "Time of L1 JSON-RPC requests, retries included", {
      labels: ["method", "outcome"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    }),
  },
  inboxReader: {
    reorgs: counter("onestep_l1_reorgs_total", "Times L1 took back blocks that were read"),
    errors: counter("onestep_l1_read_errors_total", "Looks at L1 that failed", ["error"]),
    block: reading("onestep_l1_block", "L1 block numbers: the head, the last read, the last final of those read", [
      "block",
    ]),
    headAge: reading("onestep_l1_head_age_seconds", "Seconds since a new L1 block was seen"),
    readAge: reading("onestep_l1_read_age_seconds", "Seconds since L1 was read to its head"),
    headTimestamp: reading("onestep_l1_head_timestamp_seconds", "Timestamp of the latest L1 block seen"),
    entries: reading("onestep_inbox_entries", "Entries of the Inbox read from L1", ["list"]),
  },
  beacon: {
    failures: counter(
      "onestep_beacon_failures_total",
      "Requests for blobs that a beacon API endpoint did not fulfil, by kind of failure",
      ["kind"],
    ),
  },
  l1Transactions: {
    broadcasts: counter("onestep_l1_transaction_broadcasts_total", "Transactions sent to L1, by result", [
      "account",
      "result",
    ]),
    pending: gauge("onestep_l1_transactions_pending", "L1 transactions not mined yet", ["account"]),
    unfunded: gauge("onestep_l1_transactions_unfunded", "L1 transactions that wait for ETH on their account", [
      "account",
    ]),
    balance: gauge("onestep_l1_account_balance_ether", "ETH of an account that sends L1 transactions", ["account"]),
  },
  follower: {
    blocks: counter(
      "onestep_follower_blocks_total",
      "L2 blocks derived from batches: had before (verified), executed, or executed in the place of another (replaced)",
      ["outcome"],
    ),
    batches: counter("onestep_follower_batches_total", "Batches derived"),
    errors: counter("onestep_follower_errors_total", "Attempts to follow L1 that failed"),
    batchesRemaining: reading("onestep_follower_batches_remaining", "Batches read from L1 that are not derived yet"),
  },
  traces: {
    units: counter("onestep_traces_units_total", "Units of the machine whose boundary states were stored"),
    differences: counter(
      "onestep_traces_differences_total",
      "Attempts at tracing that came to another chain than the node has derived",
    ),
    errors: counter("onestep_traces_errors_total", "Attempts at tracing that failed"),
    batchesRemaining: reading("onestep_traces_batches_remaining", "Derived batches that are not traced yet"),
  },
  sequencer: {
    blocks: counter("onestep_sequencer_blocks_total", "Blocks built"),
    transactions: counter("onestep_sequencer_transactions_total", "Pool transactions included"),
    messages: counter("onestep_sequencer_messages_total", "Inbox messages consumed"),
    skipped: counter("onestep_sequencer_skipped_total", "Pool transactions that could not be executed, by reason", [
      "reason",
    ]),
    failures: counter("onestep_sequencer_failures_total", "Blocks that could not be built"),
    buildSeconds: histogram("onestep_sequencer_block_build_seconds", "Time to build and store a block", {
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    }),
    unsafeBlocks: reading("onestep_sequencer_unsafe_blocks", "Blocks whose batch is not on L1 yet"),
  },
  mempool: {
    submissions: counter("onestep_mempool_submissions_total", "Transactions offered to the pool, by outcome", [
      "outcome",
    ]),
    dropped: counter(
      "onestep_mempool_dropped_total",
      "Accepted transactions that left the pool without being in a block, by reason",
      ["reason"],
    ),
    transactions: reading("onestep_mempool_transactions", "Transactions in the pool, by standing", ["standing"]),
  },
  batcher: {
    batches: counter("onestep_batcher_batches_total", "Batches posted, by kind of data", ["kind"]),
    payloadBytes: counter("onestep_batcher_payload_bytes_total", "Payload bytes posted, by kind of data", ["kind"]),
    unpostedBlocks: gauge("onestep_batcher_unposted_blocks", "L2 blocks in no batch yet"),
    inFlightBatches: gauge("onestep_batcher_in_flight_batches", "Batches sent and not yet derived"),
  },
  proposer: {
    transactions: counter("onestep_proposer_transactions_total", "Transactions sent by the proposer, by action", [
      "action",
    ]),
    wrongClaims: counter("onestep_proposer_wrong_claims_total", "Claims found that differ from what this node derived"),
    tipBatchCount: gauge("onestep_proposer_tip_batch_count", "Batches derived in the last right claim"),
  },
  challenger: {
    transactions: counter("onestep_challenger_transactions_total", "Transactions sent by the challenger, by action", [
      "action",
    ]),
    alarms: counter("onestep_challenger_alarms_total", "Alarms of the challenger that began, by kind", ["kind"]),
    wrongClaims: gauge("onestep_challenger_wrong_claims", "Wrong claims on right ones whose dispute is not decided"),
    secondsLeft: gauge(
      "onestep_challenger_seconds_left",
      "Least time in which a wrong claim could win if nobody made a move; the challenge period if there is none",
    ),
    l1Block: gauge("onestep_challenger_l1_block", "L1 block up to which disputes were read"),
  },
  feedServer: {
    sentBlocks: counter("onestep_feed_sent_blocks_total", "Block messages sent to feed clients"),
    droppedClients: counter("onestep_feed_dropped_clients_total", "Feed clients dropped, by reason", ["reason"]),
    clients: reading("onestep_feed_clients", "Connected feed clients"),
  },
  feedClient: {
    receivedBlocks: counter(
      "onestep_feed_received_blocks_total",
      "Block messages of the feed, by what became of them",
      ["outcome"],
    ),
    disconnects: counter("onestep_feed_disconnects_total", "Feed connections that ended, by reason", ["reason"]),
    connected: reading("onestep_feed_connected", "1 while the feed is connected"),
  },
  rpcCalls: {
    requestSeconds: histogram("onestep_rpc_request_seconds", "Seconds to answer a JSON-RPC call, by method", {
      labels: ["method"],
      buckets: COMMON_SECONDS,
    }),
    errors: counter("onestep_rpc_errors_total", "JSON-RPC calls answered with an error, by method and code", [
      "method",
      "code",
    ]),
  },
  rpcConnections: {
    ready: reading("onestep_ready", "1 while the process is ready, as /ready says, else 0"),
    webSockets: reading("onestep_rpc_websocket_connections", "Open WebSocket connections"),
  },
  rpcReaders: {
    executingCalls: reading("onestep_rpc_executing_calls", "Calls that wait for an executing thread or run on one", [
      "state",
    ]),
    readingCalls: reading("onestep_rpc_reading_calls", "Calls that wait for a reading thread or run on one", ["state"]),
    threadsEnded: counter(
      "onestep_rpc_reader_threads_ended_total",
      "Threads that ended with their call, by kind and reason: time, memory, failure",
      ["kind", "reason"],
    ),
  },
} as const;
