import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addressText,
  choiceText,
  etherText,
  hostText,
  httpUrlText,
  integerText,
  portText,
  privateKeyText,
  secondsText,
} from "../../src/cli/setting-types.ts";
import {
  SettingsError,
  environmentName,
  flagName,
  optionalSetting,
  readConfigurationFile,
  requiredSetting,
  resolveSettings,
  secret,
  setting,
  switchSetting,
} from "../../src/cli/settings.ts";

const KEY = `0x${"ab".repeat(32)}`;

function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error("expected a SettingsError");
}

describe("settings", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "onestep-settings-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const settings = {
    rpcPort: setting(portText, { description: "port", fallback: "9545" }),
    l1RpcUrl: optionalSetting(httpUrlText, { description: "L1" }),
    verbose: switchSetting("more"),
    operatorKey: secret(optionalSetting(privateKeyText, { description: "key" })),
  };
  const nothing = { flags: {}, environment: {}, file: undefined };
  const file = (values: Record<string, unknown>) => ({ path: "c.json", values });

  it("have one name for flag and environment each, and keep l1 and l2 whole", () => {
    expect(["rpcPort", "l1RpcUrl", "operatorKeyFile", "l2ChainId"].map(flagName)).to.eql([
      "rpc-port",
      "l1-rpc-url",
      "operator-key-file",
      "l2-chain-id",
    ]);
    expect(environmentName("l1RpcUrl")).to.equal("ONESTEP_L1_RPC_URL");
  });

  it("come from the flag before the environment, that before the file, that before the default", () => {
    const all = { flags: { rpcPort: "1" }, environment: { ONESTEP_RPC_PORT: "2" }, file: file({ rpcPort: 3 }) };
    expect(resolveSettings(settings, all).rpcPort).to.equal(1);
    expect(resolveSettings(settings, { ...all, flags: {} }).rpcPort).to.equal(2);
    expect(resolveSettings(settings, { ...all, flags: {}, environment: { ONESTEP_RPC_PORT: "" } }).rpcPort).to.equal(3);
    expect(resolveSettings(settings, nothing).rpcPort).to.equal(9545);
    expect(resolveSettings(settings, nothing).l1RpcUrl).to.equal(undefined);
  });

  it("say which value is wrong, where it was given and what was expected, all at once", () => {
    const problems = problemsOf(() =>
      resolveSettings(
        { ...settings, dataDir: requiredSetting(hostText, { description: "where data is kept" }) },
        {
          flags: { rpcPort: "65536" },
          environment: { ONESTEP_L1_RPC_URL: "ws://x" },
          file: file({ verbose: "maybe" }),
        },
      ),
    );
    expect(problems).to.eql([
      '--rpc-port: expected an integer from 0 to 65535, got "65536"',
      'ONESTEP_L1_RPC_URL: expected a URL with http:// or https://, got "ws://x"',
      '"verbose" in c.json: expected true or false, got "maybe"',
      '--data-dir is required (or ONESTEP_DATA_DIR, or "dataDir" in the configuration file): where data is kept',
    ]);
  });

  it("read secrets from a file, and never show them", () => {
    const path = join(folder, "key");
    writeFileSync(path, `${KEY}\n`);
    expect(resolveSettings(settings, { ...nothing, flags: { operatorKeyFile: path } }).operatorKey).to.equal(KEY);
    const environment = { ONESTEP_OPERATOR_KEY_FILE: path };
    expect(resolveSettings(settings, { ...nothing, environment }).operatorKey).to.equal(KEY);
    const [problem] = problemsOf(() => resolveSettings(settings, { ...nothing, flags: { operatorKey: "0xdeadbeef" } }));
    expect(problem).to.contain("expected a private key").and.not.to.contain("deadbeef");
    const missing = join(folder, "none");
    expect(problemsOf(() => resolveSettings(settings, { ...nothing, flags: { operatorKeyFile: missing } }))[0])
      .to.contain("--operator-key-file")
      .and.to.contain("ENOENT");
  });

  it("refuse values in a file that are no text, number or boolean", () => {
    expect(problemsOf(() => resolveSettings(settings, { ...nothing, file: file({ rpcPort: [1] }) }))).to.eql([
      '"rpcPort" in c.json: expected a string, number or boolean, got [1]',
    ]);
  });

  it("refuse a configuration file that is missing, no JSON object, or has unknown settings", () => {
    const read = (content: string) => {
      const path = join(folder, "config.json");
      writeFileSync(path, content);
      return problemsOf(() => readConfigurationFile(path, new Set(["rpcPort"])))[0];
    };
    expect(read("{")).to.contain("config.json: ").and.to.contain("JSON");
    expect(read("[1]")).to.contain("expected a JSON object");
    expect(read('{"rpcport": 1}')).to.contain('"rpcport"').and.to.contain("there is no such setting");
    expect(problemsOf(() => readConfigurationFile(join(folder, "none"), new Set()))[0]).to.contain("ENOENT");
  });

  const cases: readonly (readonly [string, { safeParse(text: string): { data?: unknown } }, string, unknown])[] = [
    ["an integer", integerText(2, 5), "3", 3],
    ["an integer below its range", integerText(2, 5), "1", undefined],
    ["an integer above its range", integerText(2, 5), "6", undefined],
    ["a negative integer", integerText(0), "-1", undefined],
    ["an integer in exponent form", integerText(0), "1e3", undefined],
    ["an empty integer", integerText(0), "", undefined],
    ["seconds with a fraction", secondsText(), "0.25", 0.25],
    ["seconds that are no number", secondsText(), "5s", undefined],
    ["ether", etherText, "1.000000000000000001", 1000000000000000001n],
    ["ether with 19 decimals", etherText, "0.0000000000000000001", undefined],
    ["negative ether", etherText, "-1", undefined],
    ["a private key in upper case", privateKeyText, KEY.toUpperCase().replace("0X", "0x"), KEY],
    ["a private key of zero", privateKeyText, `0x${"00".repeat(32)}`, undefined],
    ["a private key above the order", privateKeyText, `0x${"ff".repeat(32)}`, undefined],
    ["an address", addressText, `0x${"AB".repeat(20)}`, `0x${"ab".repeat(20)}`],
    ["an address that is short", addressText, `0x${"ab".repeat(19)}`, undefined],
    ["a choice", choiceText(["a", "b"]), "b", "b"],
    ["no choice", choiceText(["a", "b"]), "c", undefined],
    ["a host with a space", hostText, "a b", undefined],
  ];
  for (const [what, schema, text, value] of cases) {
    it(`${value === undefined ? "refuse" : "accept"} ${what}: ${JSON.stringify(text).slice(0, 24)}`, () => {
      expect(schema.safeParse(text).data).to.equal(value);
    });
  }
});
