import { expect } from "chai";
import { choosePreset } from "../../src/cli/deploy-command.ts";
import { DEPLOYMENT_PRESETS } from "../../src/deployment/index.ts";

const NOTHING = {
  forceInclusionDelay: undefined,
  selfSequencingDelay: undefined,
  contextInterval: undefined,
  depositGasCapacity: undefined,
  depositGasPerSecond: undefined,
  challengePeriod: undefined,
  minimumResponseTime: undefined,
  claimBond: undefined,
  unitBond: undefined,
  gasPerSecond: undefined,
};

describe("the parameters of a deployment", () => {
  it("are those of the preset, unless a setting says otherwise", () => {
    for (const name of ["production", "devnet"] as const) {
      expect(choosePreset(name, NOTHING)).to.eql(DEPLOYMENT_PRESETS[name]);
      expect(choosePreset(name, { ...NOTHING, depositGasCapacity: 2n ** 24n })).to.eql({
        ...DEPLOYMENT_PRESETS[name],
        depositGasCapacity: 2n ** 24n,
      });
    }
  });

  it("give deposits a quarter of whatever speed is chosen, or what is chosen for them", () => {
    const faster = { ...NOTHING, gasPerSecond: 20_000_000n };
    expect(choosePreset("production", faster).depositGasPerSecond).to.equal(5_000_000n);
    expect(choosePreset("production", { ...faster, depositGasPerSecond: 0n }).depositGasPerSecond).to.equal(0n);
  });
});
