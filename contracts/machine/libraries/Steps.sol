// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Absorb,
    BlockContext,
    Copy,
    Digest,
    Exit,
    Frame,
    FrameContext,
    Journal,
    KeyLink,
    Load,
    Machine,
    Slice,
    TransactionContext
} from "../types/MachineState.sol";
import {Phase} from "../types/Phase.sol";
import {OverlayOpening, Region, Witness} from "../types/Witness.sol";
import {Slices} from "./Slices.sol";

/// @notice A step being taken: what is opened so far, as the step changes it, and how much of the witness is used up.
/// @param machine The machine, opened by `Steps.begin`.
/// @param frame The running frame, once `Steps.openFrame` has opened it.
/// @param regions Next entry of the witness's `regions` to use; the other three likewise.
struct Step {
    Machine machine;
    Frame frame;
    uint256 regions;
    uint256 overlay;
    uint256 tries;
    uint256 appends;
}

/// @notice The parts of a witness that are lists.
enum Lane {
    Stack,
    Regions,
    Overlay,
    Tries,
    Appends
}

/// @title Steps
/// @notice Opens the committed state of a machine from a witness and commits to it again (docs/machine.md §1, §5).
/// Everything that a function here returns has been checked against a hash that the state before the step commits to.
library Steps {
    /// @dev Where the hash of the frame is in the encoding of a Machine.
    uint256 private constant FRAME = 0xa0;

    /// @notice The witness holds a preimage of `actual` where the state commits to `expected`.
    error WrongPreimage(bytes32 expected, bytes32 actual);

    /// @notice The step needs more than the `length` entries that the witness has in this list.
    error WitnessTooShort(Lane lane, uint256 length);

    // ---------------------------------------------------------------------------------------------- begin and end

    /// @notice Opens the machine whose hash is `before`.
    function begin(bytes32 before, Witness calldata w) internal pure returns (Step memory step) {
        step.machine = _openMachine(before, w);
    }

    /// @notice The phase of the machine whose hash is `before`, and nothing else of it.
    function phaseOf(bytes32 before, Witness calldata w) internal pure returns (Phase) {
        _check(before, w.machine);
        return Phase(uint256(bytes32(w.machine[:32])));
    }

    /// @notice The encoding of the running frame of the machine that `phaseOf` has checked.
    function encodedFrame(Witness calldata w) internal pure returns (bytes calldata) {
        _check(bytes32(w.machine[FRAME:]), w.frame);
        return w.frame;
    }

    /// @notice The state after the step.
    function end(Step memory step) internal pure returns (bytes32) {
        return hashMachine(step.machine);
    }

    /// @notice The state after the step, with `step.frame` as the running frame.
    function endWithFrame(Step memory step) internal pure returns (bytes32) {
        step.machine.frame = hashFrame(step.frame);
        return hashMachine(step.machine);
    }

    /// @notice The state after an exceptional halt of an instruction: that before it, but on its way out of the frame.
    function halt(bytes32 before, Witness calldata w) internal pure returns (bytes32) {
        Machine memory machine = _openMachine(before, w);
        machine.pending = hashExit(Exit({status: 0, output: Slices.empty()}));
        machine.phase = Phase.ExitFrame;
        return hashMachine(machine);
    }

    /// @notice The state after a step that needs an entry the overlay has not got (docs/machine.md §4, "Faults").
    /// @param isSlot Whether that is a storage slot, and not an account.
    /// @param slot 0 for an account.
    function fault(
        bytes32 before,
        Witness calldata w,
        bool isSlot,
        address owner,
        uint256 slot
    ) internal pure returns (bytes32) {
        Machine memory machine = _openMachine(before, w);
        machine.pending = hashLoad(Load({resume: machine.phase, owner: owner, slot: slot}));
        machine.phase = isSlot ? Phase.LoadSlot : Phase.LoadAccount;
        return hashMachine(machine);
    }

    /// @notice Sends the frame on its way out.
    /// @param status See Exit.
    function exit(Step memory step, uint256 status, Slice memory output) internal pure {
        step.machine.pending = hashExit(Exit({status: status, output: output}));
        step.machine.phase = Phase.ExitFrame;
    }

    // ------------------------------------------------------------------------------------------------------- open

    /// @notice Opens the running frame into `step.frame`.
    function openFrame(Step memory step, Witness calldata w) internal pure {
        _check(step.machine.frame, w.frame);
        step.frame = abi.decode(w.frame, (Frame));
    }

    /// @notice Opens the context of `step.frame`.
    function openFrameContext(Step memory step, Witness calldata w) internal pure returns (FrameContext memory) {
        _check(step.frame.context, w.frameContext);
        return abi.decode(w.frameContext, (FrameContext));
    }

    /// @notice Opens the frame that `context.parent` commits to.
    function openParentFrame(FrameContext memory context, Witness calldata w) internal pure returns (Frame memory) {
        _check(context.parent, w.parentFrame);
        return abi.decode(w.parentFrame, (Frame));
    }

    /// @notice Opens the transaction being executed.
    function openTransaction(Step memory step, Witness calldata w) internal pure returns (TransactionContext memory) {
        _check(step.machine.transaction, w.transaction);
        return abi.decode(w.transaction, (TransactionContext));
    }

    /// @notice Opens the block.
    function openBlockContext(Step memory step, Witness calldata w) internal pure returns (BlockContext memory) {
        _check(step.machine.blockContext, w.blockContext);
        return abi.decode(w.blockContext, (BlockContext));
    }

    /// @notice Opens the journal whose hash is `expected` from the witness's `savedJournal`.
    function openJournal(bytes32 expected, Witness calldata w) internal pure returns (Journal memory) {
        _check(expected, w.savedJournal);
        return abi.decode(w.savedJournal, (Journal));
    }

    /// @notice Opens the pending operation of `LoadAccount` and `LoadSlot`.
    function openLoad(Step memory step, Witness calldata w) internal pure returns (Load memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Load));
    }

    /// @notice Opens the pending operation of `Copy`.
    function openCopy(Step memory step, Witness calldata w) internal pure returns (Copy memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Copy));
    }

    /// @notice Opens the pending operation of `Absorb`.
    function openAbsorb(Step memory step, Witness calldata w) internal pure returns (Absorb memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Absorb));
    }

    /// @notice Opens what an `Absorb` left to the phase that it resumed.
    function openDigest(Step memory step, Witness calldata w) internal pure returns (Digest memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Digest));
    }

    /// @notice Opens the pending operation of `DepositCode` and `ExitFrame`.
    function openExit(Step memory step, Witness calldata w) internal pure returns (Exit memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Exit));
    }

    /// @notice Opens the last key of the journal's `keyChain` from the witness's `pending`.
    function openKeyLink(Step memory step, Witness calldata w) internal pure returns (KeyLink memory) {
        _check(step.machine.journal.keyChain, w.pending);
        return abi.decode(w.pending, (KeyLink));
    }

    /// @notice Opens the 256 bytes of the transaction's logs bloom.
    function openBloom(Step memory step, Witness calldata w) internal pure returns (bytes memory) {
        _check(step.machine.journal.bloomHash, w.bloom);
        return w.bloom;
    }

    /// @notice Opens the 256 bytes of the block's logs bloom.
    function openBlockBloom(BlockContext memory context, Witness calldata w) internal pure returns (bytes memory) {
        _check(context.bloomHash, w.blockBloom);
        return w.blockBloom;
    }

    /// @notice Opens the 200 bytes of the keccak state of an `Absorb` that has begun.
    function openSponge(Absorb memory absorb, Witness calldata w) internal pure returns (bytes memory) {
        _check(absorb.sponge, w.sponge);
        return w.sponge;
    }

    /// @notice Opens the code whose hash is `codeHash`.
    function openCode(bytes32 codeHash, Witness calldata w) internal pure returns (bytes calldata) {
        _check(codeHash, w.code);
        return w.code;
    }

    // ------------------------------------------------------------------------------------- next entry of the lists

    /// @notice The next Region of the witness.
    function nextRegion(Step memory step, Witness calldata w) internal pure returns (Region calldata) {
        uint256 index = step.regions++;
        require(index < w.regions.length, WitnessTooShort(Lane.Regions, w.regions.length));
        return w.regions[index];
    }

    /// @notice The next OverlayOpening of the witness.
    function nextOverlay(Step memory step, Witness calldata w) internal pure returns (OverlayOpening calldata) {
        uint256 index = step.overlay++;
        require(index < w.overlay.length, WitnessTooShort(Lane.Overlay, w.overlay.length));
        return w.overlay[index];
    }

    /// @notice The next list of trie nodes of the witness.
    function nextTrie(Step memory step, Witness calldata w) internal pure returns (bytes[] calldata) {
        uint256 index = step.tries++;
        require(index < w.tries.length, WitnessTooShort(Lane.Tries, w.tries.length));
        return w.tries[index];
    }

    /// @notice The next sibling list of the witness.
    function nextAppend(Step memory step, Witness calldata w) internal pure returns (bytes32[] calldata) {
        uint256 index = step.appends++;
        require(index < w.appends.length, WitnessTooShort(Lane.Appends, w.appends.length));
        return w.appends[index];
    }

    // ------------------------------------------------------------------------------------------------------ hashes

    /// @notice The state of a trace.
    function hashMachine(Machine memory machine) internal pure returns (bytes32) {
        return keccak256(abi.encode(machine));
    }

    function hashJournal(Journal memory journal) internal pure returns (bytes32) {
        return keccak256(abi.encode(journal));
    }

    function hashBlockContext(BlockContext memory context) internal pure returns (bytes32) {
        return keccak256(abi.encode(context));
    }

    function hashTransaction(TransactionContext memory context) internal pure returns (bytes32) {
        return keccak256(abi.encode(context));
    }

    function hashFrame(Frame memory frame) internal pure returns (bytes32) {
        return keccak256(abi.encode(frame));
    }

    function hashFrameContext(FrameContext memory context) internal pure returns (bytes32) {
        return keccak256(abi.encode(context));
    }

    function hashLoad(Load memory load) internal pure returns (bytes32) {
        return keccak256(abi.encode(load));
    }

    function hashCopy(Copy memory copy) internal pure returns (bytes32) {
        return keccak256(abi.encode(copy));
    }

    function hashAbsorb(Absorb memory absorb) internal pure returns (bytes32) {
        return keccak256(abi.encode(absorb));
    }

    function hashDigest(Digest memory digest) internal pure returns (bytes32) {
        return keccak256(abi.encode(digest));
    }

    function hashExit(Exit memory exitOperation) internal pure returns (bytes32) {
        return keccak256(abi.encode(exitOperation));
    }

    function hashKeyLink(KeyLink memory link) internal pure returns (bytes32) {
        return keccak256(abi.encode(link));
    }

    // ----------------------------------------------------------------------------------------------------- private

    function _openMachine(bytes32 before, Witness calldata w) private pure returns (Machine memory) {
        _check(before, w.machine);
        return abi.decode(w.machine, (Machine));
    }

    function _check(bytes32 expected, bytes calldata preimage) private pure {
        bytes32 actual = keccak256(preimage);
        require(actual == expected, WrongPreimage(expected, actual));
    }
}
