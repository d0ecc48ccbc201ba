import { expect } from "chai";
import { OperatorKeyError, judgeSilence, startSelfSequencerRole, whyNotSequencing } from "../../src/roles/index.ts";
import type { RunningNode } from "../../src/roles/index.ts";

describe("Self-sequencing", () => {
  it("begins in the second from which the Inbox takes batches from anyone, and not before", () => {
    expect(judgeSilence(1_000, 999).kind).to.equal("too-short");
    expect(judgeSilence(1_000, 1_000).kind).to.equal("long-enough");
  });

  it("says what it waits for, and for how long", () => {
    expect(whyNotSequencing({ kind: "unknown" })).to.include("not known yet");
    expect(whyNotSequencing(judgeSilence(1_000, 940))).to.include("for 60 s more");
    expect(whyNotSequencing(judgeSilence(1_000, 1_000))).to.equal(undefined);
  });

  it("is refused to the operator's key, before anything is opened", async () => {
    // Of the key 0x…01.
    const operator = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";
    const node = { config: { parameters: { operator } } } as unknown as RunningNode;
    const starting = startSelfSequencerRole(node, {
      posterKey: `0x${"1".padStart(64, "0")}`,
      mode: { kind: "on-demand" },
      dataKind: "calldata",
      batchInterval: 1,
      pollingInterval: 1,
      messageConfirmations: 0,
      host: "127.0.0.1",
      blobServerPort: undefined,
    });
    const error = await starting.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(OperatorKeyError);
    expect(String(error)).to.include(operator);
  });
});
