// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ContextBody} from "../../l1/types/ContextBody.sol";
import {State} from "../../l1/types/State.sol";
import {Slices} from "../libraries/Slices.sol";
import {Absorb} from "../types/Absorb.sol";
import {BlockContext} from "../types/BlockContext.sol";
import {Chain} from "../types/Chain.sol";
import {Copy} from "../types/Copy.sol";
import {Deposit} from "../types/Deposit.sol";
import {Digest} from "../types/Digest.sol";
import {Exit, ExitStatus} from "../types/Exit.sol";
import {Frame} from "../types/Frame.sol";
import {FrameContext} from "../types/FrameContext.sol";
import {Inflate} from "../types/Inflate.sol";
import {Journal} from "../types/Journal.sol";
import {KeyLink} from "../types/KeyLink.sol";
import {Load} from "../types/Load.sol";
import {Machine} from "../types/Machine.sol";
import {Phase} from "../types/Phase.sol";
import {Reading} from "../types/Reading.sol";
import {Resume} from "../types/Resume.sol";
import {Slice} from "../types/Slice.sol";
import {Stream} from "../types/Stream.sol";
import {TransactionContext} from "../types/TransactionContext.sol";
import {OverlayOpening, Region, Witness} from "../types/Witness.sol";

/// @notice A step being taken: what is opened so far, as the step changes it, and how much of the witness is used up.
/// @param before Hash of the state before the step.
/// @param machine The machine, opened by `Steps.begin`.
/// @param frame The running frame, once `Steps.openFrame` has opened it.
/// @param regions Next entry of the witness's `regions` to use; the other four likewise.
struct Step {
    bytes32 before;
    Machine machine;
    Frame frame;
    uint256 regions;
    uint256 overlay;
    uint256 tries;
    uint256 appends;
    uint256 preimages;
}

/// @notice The parts of a witness that are lists.
enum Lane {
    Stack,
    Regions,
    Overlay,
    Tries,
    Appends,
    Preimages
}

/// @title Steps
/// @notice Begins a step, opens the committed state of a machine from a witness, and ends the step by committing to it again
/// (docs/machine.md §1, §5). Everything that a function here returns has been checked against a hash that the state before
/// the step commits to.
/// @dev Whatever takes part in a step is `(Step memory step, Witness calldata w, …)`. What decides over the next state returns
/// it: `return Steps.end…(step)` as the step has left it, `return Steps.halt(step, w)` or `return Steps.faultOn…(step, w, …)` as
/// if the step had done nothing else.
library Steps {
    /// @dev Where the hashes of the chain and of the frame are in the encoding of a Machine.
    uint256 private constant CHAIN = 0x20;
    uint256 private constant FRAME = 0xa0;

    /// @notice The witness holds a preimage of `actual` where the state commits to `expected`.
    error WrongPreimage(bytes32 expected, bytes32 actual);

    /// @notice The step needs more than the `length` entries that the witness has in this list.
    error WitnessTooShort(Lane lane, uint256 length);

    // ---------------------------------------------------------------------------------------------- begin and end

    /// @notice Begins a step of the machine whose hash is `before`.
    function begin(bytes32 before, Witness calldata w) internal pure returns (Step memory step) {
        step.before = before;
        step.machine = _openMachine(before, w);
    }

    /// @notice The phase of the machine whose hash is `before`, and nothing else of it.
    function phaseOf(bytes32 before, Witness calldata w) internal pure returns (Phase) {
        _check(before, w.machine);
        return Phase(uint256(bytes32(w.machine[:32])));
    }

    /// @notice Whether there is a chain around the machine that `phaseOf` has checked.
    function isInChain(Witness calldata w) internal pure returns (bool) {
        return bytes32(w.machine[CHAIN:]) != 0;
    }

    /// @notice The encoding of the running frame of the machine that `phaseOf` has checked.
    function encodedFrame(Witness calldata w) internal pure returns (bytes calldata) {
        _check(bytes32(w.machine[FRAME:]), w.frame);
        return w.frame;
    }

    /// @notice The state after the step.
    function end(Step memory step) internal pure returns (bytes32) {
        return step.machine.hash();
    }

    /// @notice The state after the step, with `step.frame` as the running frame.
    function endWithFrame(Step memory step) internal pure returns (bytes32) {
        step.machine.frame = step.frame.hash();
        return end(step);
    }

    /// @notice The state after an instruction that goes on with the next one: the pc moves behind the opcode.
    function endInstruction(Step memory step) internal pure returns (bytes32) {
        ++step.frame.pc;
        return endWithFrame(step);
    }

    /// @notice The state after the step, with `transaction` as the transaction being executed.
    function endWithTransaction(
        Step memory step,
        TransactionContext memory transaction
    ) internal pure returns (bytes32) {
        step.machine.transaction = transaction.hash();
        return end(step);
    }

    /// @notice The state after the step, with `chain` around it.
    function endWithChain(Step memory step, Chain memory chain) internal pure returns (bytes32) {
        step.machine.chain = chain.hash();
        return end(step);
    }

    /// @notice The state after an exceptional halt: that before the step, but with the frame on its way out.
    function halt(Step memory step, Witness calldata w) internal pure returns (bytes32) {
        step.machine = _openMachine(step.before, w);
        exit(step, ExitStatus.Halt, Slices.empty());
        return end(step);
    }

    /// @notice The state after a step that needs an account the overlay has not got (docs/machine.md §4, "Faults").
    function faultOnAccount(Step memory step, Witness calldata w, address owner) internal pure returns (bytes32) {
        return _fault(step, w, Phase.LoadAccount, owner, 0);
    }

    /// @notice The state after a step that needs a storage slot the overlay has not got (docs/machine.md §4, "Faults").
    function faultOnSlot(
        Step memory step,
        Witness calldata w,
        address owner,
        uint256 slot
    ) internal pure returns (bytes32) {
        return _fault(step, w, Phase.LoadSlot, owner, slot);
    }

    /// @notice Sends the frame on its way out.
    function exit(Step memory step, ExitStatus status, Slice memory output) internal pure {
        step.machine.pending = Exit({status: status, output: output}).hash();
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
    function openParentFrame(Witness calldata w, FrameContext memory context) internal pure returns (Frame memory) {
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
    function openJournal(Witness calldata w, bytes32 expected) internal pure returns (Journal memory) {
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
    function openBlockBloom(Witness calldata w, BlockContext memory context) internal pure returns (bytes memory) {
        _check(context.bloomHash, w.blockBloom);
        return w.blockBloom;
    }

    /// @notice Opens the 200 bytes of the keccak state of an `Absorb` that has begun.
    function openSponge(Witness calldata w, Absorb memory absorb) internal pure returns (bytes memory) {
        _check(absorb.sponge, w.sponge);
        return w.sponge;
    }

    /// @notice Opens the code whose hash is `codeHash`.
    function openCode(Witness calldata w, bytes32 codeHash) internal pure returns (bytes calldata) {
        _check(codeHash, w.code);
        return w.code;
    }

    /// @notice Opens the pending operation of `ReadCalldata` and `ReadElement`.
    function openReading(Step memory step, Witness calldata w) internal pure returns (Reading memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Reading));
    }

    /// @notice Opens the pending operation of the phases `Inflate…`.
    function openInflate(Step memory step, Witness calldata w) internal pure returns (Inflate memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Inflate));
    }

    /// @notice Opens the pending operation of a `Flush` that is not that of a transaction.
    function openResume(Step memory step, Witness calldata w) internal pure returns (Resume memory) {
        _check(step.machine.pending, w.pending);
        return abi.decode(w.pending, (Resume));
    }

    /// @notice Opens the chain, between batches.
    function openState(Step memory step, Witness calldata w) internal pure returns (State memory) {
        return abi.decode(nextPreimage(step, w, step.machine.chain), (State));
    }

    /// @notice Opens the chain, inside a batch.
    function openChain(Step memory step, Witness calldata w) internal pure returns (Chain memory) {
        return abi.decode(nextPreimage(step, w, step.machine.chain), (Chain));
    }

    /// @notice Opens the payload of `chain` and what has been inflated of it.
    function openStream(
        Step memory step,
        Witness calldata w,
        Chain memory chain
    ) internal pure returns (Stream memory) {
        return abi.decode(nextPreimage(step, w, chain.stream), (Stream));
    }

    /// @notice Opens the deposit under way.
    function openDeposit(
        Step memory step,
        Witness calldata w,
        Chain memory chain
    ) internal pure returns (Deposit memory) {
        return abi.decode(nextPreimage(step, w, chain.message), (Deposit));
    }

    /// @notice Opens the context message under way.
    function openContextBody(
        Step memory step,
        Witness calldata w,
        Chain memory chain
    ) internal pure returns (ContextBody memory) {
        return abi.decode(nextPreimage(step, w, chain.message), (ContextBody));
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

    /// @notice The next preimage of the witness, which is that of `expected`.
    function nextPreimage(
        Step memory step,
        Witness calldata w,
        bytes32 expected
    ) internal pure returns (bytes calldata preimage) {
        preimage = nextEntry(step, w);
        _check(expected, preimage);
    }

    /// @notice The next entry of the witness's `preimages`, of which the caller has to prove what it is.
    function nextEntry(Step memory step, Witness calldata w) internal pure returns (bytes calldata) {
        uint256 index = step.preimages++;
        require(index < w.preimages.length, WitnessTooShort(Lane.Preimages, w.preimages.length));
        return w.preimages[index];
    }

    // ----------------------------------------------------------------------------------------------------- private

    function _fault(
        Step memory step,
        Witness calldata w,
        Phase loading,
        address owner,
        uint256 slot
    ) private pure returns (bytes32) {
        Machine memory machine = _openMachine(step.before, w);
        machine.pending = Load({resume: machine.phase.underway(), owner: owner, slot: slot}).hash();
        machine.phase = loading;
        step.machine = machine;
        return end(step);
    }

    function _openMachine(bytes32 before, Witness calldata w) private pure returns (Machine memory) {
        _check(before, w.machine);
        return abi.decode(w.machine, (Machine));
    }

    function _check(bytes32 expected, bytes calldata preimage) private pure {
        bytes32 actual = keccak256(preimage);
        require(actual == expected, WrongPreimage(expected, actual));
    }
}
