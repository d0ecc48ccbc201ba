// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IOneStepProver} from "./interfaces/IOneStepProver.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {InstructionGroup, Opcodes} from "./libraries/Opcodes.sol";
import {CodeReader} from "./steps/CodeReader.sol";
import {Steps} from "./steps/Steps.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Phase} from "./types/Phase.sol";
import {Verifiers} from "./types/Verifiers.sol";
import {Witness} from "./types/Witness.sol";

/// @title One-step prover
/// @notice See IOneStepProver.
contract OneStepProver is IOneStepProver {
    IVerifier private immutable CONTROL;
    IVerifier private immutable ARITHMETIC;
    IVerifier private immutable ENVIRONMENT;
    IVerifier private immutable MEMORY;
    IVerifier private immutable COPY;
    IVerifier private immutable LOG;
    IVerifier private immutable STORAGE;
    IVerifier private immutable CALL;
    IVerifier private immutable CREATION;
    IVerifier private immutable ABSORB;
    IVerifier private immutable DECODING;
    IVerifier private immutable VALIDATION;
    IVerifier private immutable LOAD;
    IVerifier private immutable FRAME;
    IVerifier private immutable PRECOMPILE;
    IVerifier private immutable SETTLEMENT;
    IVerifier private immutable LOAD_BATCH;
    IVerifier private immutable INFLATE;
    IVerifier private immutable BLOCK;
    IVerifier private immutable MESSAGE;

    constructor(Verifiers memory verifiers) {
        CONTROL = verifiers.control;
        ARITHMETIC = verifiers.arithmetic;
        ENVIRONMENT = verifiers.environment;
        MEMORY = verifiers.memoryAccess;
        COPY = verifiers.copy;
        LOG = verifiers.log;
        STORAGE = verifiers.storageAccess;
        CALL = verifiers.call;
        CREATION = verifiers.creation;
        ABSORB = verifiers.absorb;
        DECODING = verifiers.decoding;
        VALIDATION = verifiers.validation;
        LOAD = verifiers.load;
        FRAME = verifiers.frame;
        PRECOMPILE = verifiers.precompile;
        SETTLEMENT = verifiers.settlement;
        LOAD_BATCH = verifiers.loadBatch;
        INFLATE = verifiers.inflate;
        BLOCK = verifiers.block;
        MESSAGE = verifiers.message;
    }

    /// @inheritdoc IOneStepProver
    function start(bytes32 before, Witness calldata w, ChainInput calldata) external view returns (bytes32) {
        Phase phase = Steps.phaseOf(before, w);
        if (phase == Phase.Halt) return before;
        // No trace begins inside a unit, unless one were longer than a trace: it then goes on in the next.
        if (!phase.isBoundary()) return _step(phase, w);
        // To a verifier, a boundary is the phase in which its unit starts; only `step` stands still there.
        return _ask(_verifierOfUnit(phase, w));
    }

    /// @inheritdoc IOneStepProver
    function step(bytes32 before, Witness calldata w, ChainInput calldata) external view returns (bytes32) {
        Phase phase = Steps.phaseOf(before, w);
        return phase.isBoundary() ? before : _step(phase, w);
    }

    function _step(Phase phase, Witness calldata w) private view returns (bytes32) {
        if (phase != Phase.Execute) return _ask(_verifierOf(phase));
        // Which opcode it is the verifier proves, and reverts if it is none of its own: a witness that claims another one comes
        // to nothing. To prove it here as well would cost as much again as most instructions.
        return _ask(_verifierOf(Opcodes.groupOf(CodeReader.claimedOpcode(w))));
    }

    /// @dev Hands the call on as it came, so that the witness need not be encoded again. What the verifier reverts with, this
    /// call reverts with: if the caller gave too little gas there is no answer rather than a wrong one.
    function _ask(IVerifier verifier) private view returns (bytes32) {
        bytes memory call = bytes.concat(IVerifier.prove.selector, msg.data[4:]);
        return abi.decode(Address.functionStaticCall(address(verifier), call), (bytes32));
    }

    /// @dev Of the unit that comes next in a boundary state, which is not `Halt`.
    function _verifierOfUnit(Phase boundary, Witness calldata w) private view returns (IVerifier) {
        if (boundary == Phase.LoadBatch) return LOAD_BATCH;
        if (boundary == Phase.Message) return MESSAGE;
        if (boundary == Phase.Transaction && !Steps.isInChain(w)) return DECODING;
        return BLOCK;
    }

    function _verifierOf(Phase phase) private view returns (IVerifier) {
        if (phase == Phase.Absorb) return ABSORB;
        if (phase <= Phase.RecoverSender) return DECODING;
        if (phase <= Phase.EnterTransaction) return VALIDATION;
        if (phase <= Phase.LoadSlot) return LOAD;
        if (phase == Phase.Precompile) return PRECOMPILE;
        if (phase == Phase.Copy) return COPY;
        if (phase == Phase.FinishKeccak) return MEMORY;
        if (phase == Phase.FinishLog) return LOG;
        if (phase <= Phase.ExitFrame) return FRAME;
        if (phase <= Phase.EndTransaction) return SETTLEMENT;
        if (phase <= Phase.ReadElement) return LOAD_BATCH;
        if (phase <= Phase.InflateSymbols) return INFLATE;
        if (phase >= Phase.Mint && phase <= Phase.EndMessage) return MESSAGE;
        return BLOCK;
    }

    function _verifierOf(InstructionGroup group) private view returns (IVerifier) {
        if (group == InstructionGroup.Arithmetic) return ARITHMETIC;
        if (group == InstructionGroup.Environment) return ENVIRONMENT;
        if (group == InstructionGroup.Memory) return MEMORY;
        if (group == InstructionGroup.Copy) return COPY;
        if (group == InstructionGroup.Log) return LOG;
        if (group == InstructionGroup.Storage) return STORAGE;
        if (group == InstructionGroup.Call) return CALL;
        if (group == InstructionGroup.Creation) return CREATION;
        return CONTROL;
    }
}
