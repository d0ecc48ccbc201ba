import type { Party } from "./l1-transactions.ts";

/** Something that a party did on L1, by one of these calls. */
export interface Deed {
  readonly by: Party;
  readonly calls: readonly string[];
}

/** What a stage asks of a rollup, why this one has it, and where that can be looked up. */
export interface Requirement {
  readonly stage: 0 | 1 | 2;
  /** In our words; the list is at https://l2beat.com/stages. */
  readonly asks: string;
  readonly answer: string;
  /** What holds it: contracts with the functions that do. None where there is only to be shown that something is absent. */
  readonly heldBy: readonly { readonly contract: string; readonly functions: readonly string[] }[];
  /** Files under test/, with titles in which `…` stands for anything. */
  readonly tests: readonly { readonly file: string; readonly titles: readonly string[] }[];
  /** L1 transactions of the run that did it. */
  readonly done: readonly Deed[];
  /** What else the run did for it: the number of a step. */
  readonly steps: readonly string[];
}

/** Titles of the steps of the run, to which evidence refers. */
export const STEPS = {
  rollup: "A rollup, and an operator who runs all of it",
  users: "Users who hold ETH on L2",
  kill: "The operator is gone",
  outsider: "Somebody whom the rollup does not know",
  verify: "Is it this code?",
  derive: "The chain, from L1 alone",
  force: "A transaction that nobody can keep out",
  post: "Batches, by anybody",
  claim: "A claim about the state",
  lie: "A liar with money",
  dispute: "The dispute, down to one step",
  confirm: "The right claim wins",
  paid: "Paid",
  evidence: "Evidence",
} as const;

/** Moves go to L1 one by one, or several at once. */
const MOVES = ["ChallengeGame.bisect", "ChallengeGame.play"];

/** Those of the Stages Framework of L2BEAT, as of 2025. */
export const REQUIREMENTS: readonly Requirement[] = [
  {
    stage: 0,
    asks: "It calls itself a rollup.",
    answer: "It does, in README.md.",
    heldBy: [],
    tests: [],
    done: [],
    steps: [],
  },
  {
    stage: 0,
    asks: "The state roots of L2 are on L1.",
    answer: "A claim is the hash of the state after some batches, and of the trace that leads to it.",
    heldBy: [{ contract: "StateCommitmentChain", functions: ["propose", "confirm", "claim"] }],
    tests: [
      {
        file: "contracts/l1/state-commitment-chain",
        titles: ["takes the state after the batches the parent fixed, and after no other number of them"],
      },
    ],
    done: [
      { by: "outsider", calls: ["StateCommitmentChain.propose"] },
      { by: "outsider", calls: ["StateCommitmentChain.confirm"] },
    ],
    steps: [STEPS.claim, STEPS.confirm],
  },
  {
    stage: 0,
    asks: "All that the state is computed from is on L1.",
    answer:
      "The Inbox is the only input of L2. It commits to every message and batch, in order, and to all of their bytes.",
    heldBy: [{ contract: "Inbox", functions: ["postBatch", "postBlobBatch", "sendMessage", "depositEther"] }],
    tests: [
      {
        file: "contracts/l1/inbox-batches",
        titles: ["entries stay as they were recorded while both lists grow", "the payload is the second argument …"],
      },
      {
        file: "contracts/l1/inbox-messages",
        titles: ["the events alone give the stored hash of every message, as the node computes it"],
      },
    ],
    done: [{ by: "outsider", calls: ["Inbox.postBatch"] }],
    steps: [STEPS.derive, STEPS.post],
  },
  {
    stage: 0,
    asks: "There is a node, its source open, that computes the state from L1.",
    answer: "`onestep node`, from this repository (MIT), with an empty folder and an L1 endpoint.",
    heldBy: [],
    tests: [
      {
        file: "node/follower",
        titles: ["gives the chain the specification gives, and every follower the same hash by hash"],
      },
      { file: "end-to-end/roles", titles: ["lose nothing, post nothing twice and never fork, …"] },
    ],
    done: [],
    steps: [STEPS.derive],
  },
  {
    stage: 0,
    asks: "There is a complete proof system, and it works.",
    answer:
      "Any step of any unit of the chain, from a batch in the Inbox to the state of a claim, is executed on L1 where it is disputed.",
    heldBy: [
      { contract: "ChallengeGame", functions: ["bisectClaim", "bisect", "open", "play", "prove", "decide"] },
      { contract: "OneStepProver", functions: ["start", "step"] },
    ],
    tests: [
      { file: "disputes/duels", titles: ["wins at …, with the real prover, at the heights of production"] },
      {
        file: "contracts/machine/official-state-tests",
        titles: ["gives the state of the machine: …"],
      },
    ],
    done: [
      { by: "outsider", calls: MOVES },
      { by: "outsider", calls: ["ChallengeGame.prove"] },
      { by: "outsider", calls: ["ChallengeGame.decide"] },
    ],
    steps: [STEPS.dispute, STEPS.confirm],
  },
  {
    stage: 0,
    asks: "At least five actors outside of the team can submit fraud proofs.",
    answer: "Anybody can: no function asks who calls it, and one key is enough.",
    heldBy: [{ contract: "ChallengeGame", functions: ["play", "prove"] }],
    tests: [{ file: "disputes/duels", titles: ["wins as the role plays, …"] }],
    done: [{ by: "outsider", calls: ["ChallengeGame.prove"] }],
    steps: [STEPS.dispute],
  },
  {
    stage: 1,
    asks: "Users can leave without the help of permissioned operators.",
    answer:
      "A message is read at the latest when it is overdue, by anybody's call; whoever likes posts batches when the operator is silent, " +
      "claims states, confirms them, and has the Portal pay. The operator's key can order transactions and nothing else.",
    heldBy: [
      { contract: "Inbox", functions: ["sendMessage", "forceInclude", "canPost", "postBatch"] },
      { contract: "StateCommitmentChain", functions: ["propose", "confirm"] },
      { contract: "Portal", functions: ["execute"] },
    ],
    tests: [
      {
        file: "contracts/l1/inbox-batches",
        titles: [
          "records an empty batch that reads an overdue message and those before it, by anyone",
          "works while the operator posts batches that read nothing",
          "anyone may from the second in which the operator has been silent for the self-sequencing delay",
        ],
      },
      {
        file: "contracts/l1/inbox-messages",
        titles: ["can be asked for whatever others took, by whoever brings it: …"],
      },
      {
        file: "contracts/l1/portal",
        titles: ["sends the value to a fresh account in one transaction by anyone, fetching deposits from the Inbox"],
      },
      { file: "end-to-end/walkaway", titles: ["lets somebody with a new key …"] },
    ],
    done: [
      { by: "outsider", calls: ["Inbox.sendMessage"] },
      { by: "outsider", calls: ["Inbox.forceInclude"] },
      { by: "outsider", calls: ["Inbox.postBatch"] },
      { by: "outsider", calls: ["Portal.execute"] },
    ],
    steps: [STEPS.force, STEPS.post, STEPS.claim, STEPS.paid],
  },
  {
    stage: 1,
    asks: "Whoever is less than a Security Council leaves users 7 days to exit before an upgrade they do not want.",
    answer:
      "There are no upgrades, by anybody: no proxy, no owner, no function that sets anything. No contract's code has an instruction by " +
      "which it could run, or become, other code.",
    heldBy: [{ contract: "Rollup", functions: ["parameters"] }],
    tests: [
      {
        file: "deployment/verify-rollup",
        titles: [
          "has compared every contract, and every immutable in it",
          "still finds none once the rollup has been used",
        ],
      },
    ],
    done: [],
    steps: [STEPS.verify],
  },
  {
    stage: 1,
    asks: "The Security Council is set up as it should be.",
    answer: "There is none, and no power that one could be given.",
    heldBy: [{ contract: "Rollup", functions: ["parameters"] }],
    tests: [
      { file: "contracts/l1/rollup", titles: ["names its contracts, which name each other, and its parameters"] },
    ],
    done: [],
    steps: [STEPS.verify],
  },
  {
    stage: 1,
    asks:
      "Nobody but three quarters of a Security Council can block a message from L2 to L1 for good, or push a wrong one through, " +
      "but for bugs.",
    answer:
      "Nobody at all can. A wrong claim loses to one honest party, and a right one is held up by less than one challenge period more, " +
      "however many lie.",
    heldBy: [
      { contract: "ChallengeGame", functions: ["decide", "winner"] },
      { contract: "StateCommitmentChain", functions: ["confirm"] },
      { contract: "Portal", functions: ["execute"] },
    ],
    tests: [
      { file: "disputes/game", titles: ["a claim is decided at exactly the period, and not a second before"] },
      {
        file: "contracts/l1/state-commitment-chain",
        titles: ["the challenge game's winner is confirmed at once, and no other"],
      },
      {
        file: "contracts/l1/portal",
        titles: ["a proposed claim is not enough, and genesis, with its empty Outbox, pays nothing"],
      },
    ],
    done: [
      { by: "liar", calls: ["StateCommitmentChain.propose"] },
      { by: "outsider", calls: ["ChallengeGame.decide"] },
      { by: "outsider", calls: ["Portal.execute"] },
    ],
    steps: [STEPS.lie, STEPS.dispute, STEPS.confirm, STEPS.paid],
  },
  {
    stage: 2,
    asks: "Fraud proofs can be submitted by everybody.",
    answer: "No list, no role, no stake but the bonds that each claim and each opened unit takes.",
    heldBy: [
      { contract: "StateCommitmentChain", functions: ["propose"] },
      {
        contract: "ChallengeGame",
        functions: ["bisectClaim", "bisect", "open", "play", "prove", "decide", "decideUnit"],
      },
    ],
    tests: [
      {
        file: "contracts/l1/state-commitment-chain",
        titles: ["takes anyone's claim on any claim that has not lost, and says what its children must cover"],
      },
      {
        file: "challenger/challenger",
        titles: ["goes on with an empty folder in the place of each step, and sends nothing twice"],
      },
    ],
    done: [
      { by: "outsider", calls: ["StateCommitmentChain.propose"] },
      { by: "outsider", calls: MOVES },
      { by: "outsider", calls: ["ChallengeGame.prove"] },
    ],
    steps: [STEPS.claim, STEPS.dispute],
  },
  {
    stage: 2,
    asks: "Upgrades that no bug proven on L1 calls for leave users 30 days to exit.",
    answer:
      "There are no upgrades, so there is all the time there is. Whoever wants other rules deploys another rollup.",
    heldBy: [{ contract: "Rollup", functions: ["parameters"] }],
    tests: [
      {
        file: "deployment/verify-rollup",
        titles: [
          "one changed byte in the code of …, and says which contract it is and both hashes",
          "a Rollup of this build's code that another constructor made, or that a contract created",
        ],
      },
      { file: "contracts/l1/portal", titles: ["pays after a year as after a week"] },
    ],
    done: [],
    steps: [STEPS.verify],
  },
  {
    stage: 2,
    asks: "A Security Council can act on bugs that are proven on L1, and on nothing else.",
    answer:
      "There is none. If the prover were led to two states after one step, time stops for both and an event says so; nobody is given " +
      "the money.",
    heldBy: [{ contract: "ChallengeGame", functions: ["prove"] }],
    tests: [
      { file: "disputes/game", titles: ["two proofs of one step stop each other, and raise the alarm"] },
      { file: "challenger/challenger", titles: ["raises the alarm when two states are proven to follow from one"] },
    ],
    done: [],
    steps: [STEPS.verify],
  },
];
