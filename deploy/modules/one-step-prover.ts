import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** An Ignition module that deploys the OneStepProver with its verifiers. They keep no state, so any number of rollups share one. */
export default buildModule("OneStepProver", (builder) => {
  const verifiers = {
    control: builder.contract("ControlVerifier"),
    arithmetic: builder.contract("ArithmeticVerifier"),
    environment: builder.contract("EnvironmentVerifier"),
    memoryAccess: builder.contract("MemoryVerifier"),
    copy: builder.contract("CopyVerifier"),
    log: builder.contract("LogVerifier"),
    storageAccess: builder.contract("StorageVerifier"),
    call: builder.contract("CallVerifier"),
    creation: builder.contract("CreationVerifier"),
    absorb: builder.contract("AbsorbVerifier"),
    decoding: builder.contract("DecodingVerifier"),
    validation: builder.contract("ValidationVerifier"),
    load: builder.contract("LoadVerifier"),
    frame: builder.contract("FrameVerifier"),
    precompile: builder.contract("PrecompileVerifier"),
    settlement: builder.contract("SettlementVerifier"),
    loadBatch: builder.contract("LoadBatchVerifier"),
    inflate: builder.contract("InflateVerifier"),
    block: builder.contract("BlockVerifier"),
    message: builder.contract("MessageVerifier"),
  };
  return { prover: builder.contract("OneStepProver", [verifiers]), ...verifiers };
});
