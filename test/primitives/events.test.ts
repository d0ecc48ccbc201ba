import { expect } from "chai";
import pino from "pino";
import { createEvents } from "../../src/primitives/index.ts";

function setUp() {
  const logged: string[] = [];
  const logger = pino({ level: "error" }, { write: (line: string) => void logged.push(line) });
  return { events: createEvents<{ news: [text: string] }>("tests", { logger }), logged };
}

describe("Events", () => {
  it("reach every listener in order, whatever the others throw, and never throw at who emits", () => {
    const { events, logged } = setUp();
    const heard: string[] = [];
    events.on("news", (text) => heard.push(`first ${text}`));
    events.on("news", () => {
      throw new Error("deaf");
    });
    events.once("news", () => {
      throw new Error("deaf once");
    });
    events.on("news", (text) => heard.push(`last ${text}`));
    expect(events.emit("news", "a")).to.equal(true);
    expect(events.emit("news", "b")).to.equal(true);
    expect(heard).to.eql(["first a", "last a", "first b", "last b"]);
    expect(logged.map((line) => /deaf( once)?/.exec(line)?.[0])).to.eql(["deaf", "deaf once", "deaf"]);
    expect(logged[0]).to.contain('"source":"tests"').and.to.contain('"event":"news"');
  });

  it("log what an asynchronous listener rejects with", async () => {
    const { events, logged } = setUp();
    const late: () => unknown = () => Promise.reject(new Error("too late"));
    events.on("news", late);
    events.emit("news", "a");
    await new Promise((resolve) => setImmediate(resolve));
    expect(logged).to.have.length(1);
    expect(logged[0]).to.contain("too late");
  });

  it("reach listeners that were there when the event came, also if one leaves or joins meanwhile", () => {
    const { events } = setUp();
    const heard: string[] = [];
    const second = (): void => void heard.push("second");
    events.on("news", () => {
      events.off("news", second);
      events.on("news", () => heard.push("new"));
    });
    events.on("news", second);
    events.emit("news", "a");
    expect(heard).to.eql(["second"]);
  });

  it("without listeners are heard by nobody", () => {
    expect(setUp().events.emit("news", "a")).to.equal(false);
  });
});
