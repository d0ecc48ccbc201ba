// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {BufferTree} from "./libraries/BufferTree.sol";
import {Precompiles} from "./libraries/Precompiles.sol";
import {Slices} from "./libraries/Slices.sol";
import {SliceReader} from "./steps/SliceReader.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {ExitStatus} from "./types/Exit.sol";
import {FrameContext} from "./types/FrameContext.sol";
import {Phase} from "./types/Phase.sol";
import {Slice} from "./types/Slice.sol";
import {Witness} from "./types/Witness.sol";

/// @title Precompile verifier
/// @notice Proves the phase Precompile: runs the precompile of this chain (docs/machine.md §9; twin of src/machine/precompiles.ts).
contract PrecompileVerifier is IVerifier {
    /// @dev Order and generator of secp256r1 (EIP-7951).
    uint256 private constant P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint256 private constant P256_X = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296;
    uint256 private constant P256_Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5;

    /// @notice This chain has no P256VERIFY: it is older than Osaka. (A run of any other precompile that is missing reverts.)
    error MissingPrecompile(address precompile);

    /// @dev The generator's own signature of 1 − x, with 1 as the key and as the nonce: r = x, s = 1.
    constructor() {
        bytes memory input = abi.encode(P256_ORDER + 1 - P256_X, P256_X, 1, P256_X, P256_Y);
        (, bytes memory output) = Precompiles.P256VERIFY.staticcall(input);
        require(output.length == 32, MissingPrecompile(Precompiles.P256VERIFY));
    }

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external view returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        require(phase == Phase.Precompile, WrongPhase(phase));
        Steps.openFrame(step, w);
        FrameContext memory context = Steps.openFrameContext(step, w);

        (bool isSuccess, uint256 cost, Slice memory output) = _run(step, w, context);
        if (!isSuccess) return Steps.halt(step, w);
        step.frame.gas -= cost;
        Steps.exit(step, ExitStatus.Success, output);
        return Steps.endWithFrame(step);
    }

    /// @dev `isSuccess` only with `cost` within the frame's gas.
    function _run(
        Step memory step,
        Witness calldata w,
        FrameContext memory context
    ) private view returns (bool isSuccess, uint256 cost, Slice memory output) {
        Slice memory input = context.input;
        if (context.codeAddress == Precompiles.IDENTITY) {
            cost = Precompiles.identityCostOf(input.length);
            return (cost <= step.frame.gas, cost, input);
        }
        uint256 length = input.length;
        if (length > Precompiles.INPUT_LIMIT) return (false, 0, output);
        if (context.codeAddress == Precompiles.MODEXP) length = Math.min(length, Precompiles.MODEXP_SIGNIFICANT_LENGTH);
        bytes memory data = SliceReader.read(step, w, input, 0, length);
        (isSuccess, cost) = Precompiles.costOf(context.codeAddress, data);
        if (!isSuccess || cost > step.frame.gas) return (false, 0, output);

        bytes memory result;
        (isSuccess, result) = Precompiles.run(context.codeAddress, data, cost);
        if (isSuccess) output = Slices.range(BufferTree.rootOf(result), 0, result.length);
    }
}
