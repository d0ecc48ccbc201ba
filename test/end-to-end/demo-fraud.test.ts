import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../scripts/demo-fraud.ts", import.meta.url));

describe("npm run demo:fraud", function () {
  this.timeout(400_000);

  it("has a devnet's challenger win against a liar with money, down to one instruction, and the withdrawal paid", async () => {
    const demo = spawn(process.execPath, [SCRIPT], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [demo.stdout, demo.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(demo, "close")) as [number | null];
    expect(code, output).to.equal(0);
    for (const text of [
      "puts up",
      "of batch",
      "is proven on L1",
      "SSTORE",
      "decides for the right claim",
      "is lost",
      "is paid",
    ])
      expect(output).to.include(text);
  });
});
