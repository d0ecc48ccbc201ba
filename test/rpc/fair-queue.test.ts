import { expect } from "chai";
import fc from "fast-check";
import { createFairQueue } from "../../src/rpc/readers/fair-queue.ts";

describe("Turns of callers", () => {
  function takeAll<T>(queue: { take(): T | undefined }): T[] {
    const taken: T[] = [];
    for (let entry = queue.take(); entry !== undefined; entry = queue.take()) taken.push(entry);
    return taken;
  }

  it("alternate between callers, however many calls one of them has waiting", () => {
    const queue = createFairQueue<string>(100);
    for (let call = 1; call <= 4; call++) queue.add("greedy", `greedy ${call}`);
    queue.add("modest", "modest 1");
    queue.add("modest", "modest 2");
    expect(takeAll(queue)).to.eql(["greedy 1", "modest 1", "greedy 2", "modest 2", "greedy 3", "greedy 4"]);
  });

  it("are lost by whoever has most, once the queue is full", () => {
    const queue = createFairQueue<string>(3);
    for (let call = 1; call <= 3; call++) expect(queue.add("greedy", `greedy ${call}`)).to.equal(undefined);
    expect(queue.add("greedy", "greedy 4")).to.equal("greedy 4");
    expect(queue.add("modest", "modest 1")).to.equal("greedy 3");
    expect(queue.add("third", "third 1")).to.equal("greedy 2");
    expect(queue.add("fourth", "fourth 1")).to.equal("fourth 1");
    expect(takeAll(queue)).to.eql(["greedy 1", "modest 1", "third 1"]);
  });

  it("are given up by removing what waits", () => {
    const queue = createFairQueue<string>(3);
    queue.add("caller", "first");
    queue.add("caller", "second");
    expect(queue.remove("caller", "first")).to.equal(true);
    expect(queue.remove("caller", "first")).to.equal(false);
    expect(queue.remove("nobody", "second")).to.equal(false);
    expect([queue.size, queue.take(), queue.size, queue.take()]).to.eql([1, "second", 0, undefined]);
  });

  it("keep each caller's order, lose nothing unsaid, and never exceed the capacity", () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), client: fc.constantFrom("a", "b", "c") }),
      fc.record({ kind: fc.constant("take" as const), client: fc.constant("") }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(operation, { maxLength: 60 }), (capacity, operations) => {
        const queue = createFairQueue<{ readonly client: string; readonly number: number }>(capacity);
        const out: { readonly client: string; readonly number: number }[] = [];
        const dropped: unknown[] = [];
        let added = 0;
        for (const { kind, client } of operations) {
          if (kind === "take") {
            const taken = queue.take();
            if (taken !== undefined) out.push(taken);
          } else {
            const lost = queue.add(client, { client, number: added++ });
            if (lost !== undefined) dropped.push(lost);
          }
          expect(queue.size).to.be.at.most(capacity);
        }
        out.push(...takeAll(queue));
        expect(out.length + dropped.length).to.equal(added);
        for (const name of ["a", "b", "c"]) {
          const numbers = out.filter(({ client }) => client === name).map(({ number }) => number);
          expect(numbers).to.eql(numbers.toSorted((left, right) => left - right));
        }
      }),
    );
  });
});
