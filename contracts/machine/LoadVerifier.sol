// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {Delegations} from "./libraries/Delegations.sol";
import {MerklePatriciaTrie} from "./libraries/MerklePatriciaTrie.sol";
import {StateEntries} from "./libraries/StateEntries.sol";
import {Accounts} from "./steps/Accounts.sol";
import {Overlay} from "./steps/Overlay.sol";
import {Step, Steps} from "./steps/Steps.sol";
import {Account} from "./types/Account.sol";
import {ChainInput} from "./types/ChainInput.sol";
import {Load} from "./types/Load.sol";
import {Phase} from "./types/Phase.sol";
import {Slot} from "./types/Slot.sol";
import {Witness} from "./types/Witness.sol";

/// @title Load verifier
/// @notice Proves the steps that bring an entry of the state into the overlay (docs/machine.md §4, "Faults"):
/// `LoadAccount` and `LoadSlot`.
contract LoadVerifier is IVerifier {
    /// @notice The entry to be loaded is in the overlay. No state that a trace reaches allows this.
    error EntryInOverlay(address owner, uint256 slot);

    /// @inheritdoc IVerifier
    function prove(bytes32 before, Witness calldata w, ChainInput calldata) external pure returns (bytes32) {
        Step memory step = Steps.begin(before, w);
        Phase phase = step.machine.phase;
        if (phase == Phase.LoadAccount) return _loadAccount(step, w);
        if (phase == Phase.LoadSlot) return _loadSlot(step, w);
        revert WrongPhase(phase);
    }

    function _loadAccount(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Load memory load = Steps.openLoad(step, w);
        address owner = load.owner;
        (bool isPresent, , uint256 opening) = Overlay.openAccount(step, w, owner);
        require(!isPresent, EntryInOverlay(owner, 0));
        Account memory account = StateEntries.decodeAccount(
            MerklePatriciaTrie.get(step.machine.stateRoot, StateEntries.accountKey(owner), Steps.nextTrie(step, w))
        );
        if (account.hasCode()) {
            bytes calldata code = Steps.openCode(w, account.codeHash);
            account.codeLength = code.length;
            account.delegation = Delegations.delegationOf(code);
        }
        Overlay.writeAccount(step, w, opening, owner, account);
        return _resume(step, load);
    }

    function _loadSlot(Step memory step, Witness calldata w) private pure returns (bytes32) {
        Load memory load = Steps.openLoad(step, w);
        (address owner, uint256 slot) = (load.owner, load.slot);
        Account memory account = Accounts.read(step, w, owner);
        (bool isPresent, , uint256 opening) = Overlay.openSlot(step, w, owner, slot);
        require(!isPresent, EntryInOverlay(owner, slot));
        uint256 value = StateEntries.decodeSlot(
            MerklePatriciaTrie.get(
                account.isCreated ? MerklePatriciaTrie.EMPTY_ROOT : account.storageRoot,
                StateEntries.slotKey(slot),
                Steps.nextTrie(step, w)
            )
        );
        Overlay.writeSlot(step, w, opening, owner, slot, Slot({original: value, current: value, isWarm: false}));
        return _resume(step, load);
    }

    /// @dev The step that needed the entry is taken again.
    function _resume(Step memory step, Load memory load) private pure returns (bytes32) {
        step.machine.phase = load.resume;
        step.machine.pending = 0;
        return Steps.end(step);
    }
}
