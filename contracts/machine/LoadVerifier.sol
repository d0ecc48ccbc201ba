// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "./interfaces/IVerifier.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {Delegations} from "./libraries/Delegations.sol";
import {MerklePatriciaTrie} from "./libraries/MerklePatriciaTrie.sol";
import {Overlay} from "./libraries/Overlay.sol";
import {StateEntries} from "./libraries/StateEntries.sol";
import {Step, Steps} from "./libraries/Steps.sol";
import {Account, Load, Slot} from "./types/MachineState.sol";
import {Phase} from "./types/Phase.sol";
import {Witness} from "./types/Witness.sol";

/// @title Load verifier
/// @notice Proves the steps that bring an entry of the state into the overlay (docs/machine.md §4, "Faults"):
/// `LoadAccount` and `LoadSlot`.
contract LoadVerifier is IVerifier {
    /// @notice The entry to be loaded is in the overlay. No state that a trace reaches allows this.
    error EntryInOverlay(address owner, uint256 slot);

    /// @inheritdoc IVerifier
    function step(bytes32 before, Witness calldata w) external pure returns (bytes32) {
        Step memory current = Steps.begin(before, w);
        Phase phase = current.machine.phase;
        require(phase == Phase.LoadAccount || phase == Phase.LoadSlot, WrongPhase(phase));

        Load memory load = Steps.openLoad(current, w);
        if (phase == Phase.LoadAccount) _loadAccount(current, w, load.owner);
        else _loadSlot(current, w, load.owner, load.slot);
        current.machine.phase = load.resume;
        current.machine.pending = 0;
        return Steps.end(current);
    }

    function _loadAccount(Step memory current, Witness calldata w, address owner) private pure {
        (bool isPresent, , uint256 opening) = Overlay.openAccount(current, w, owner);
        require(!isPresent, EntryInOverlay(owner, 0));
        Account memory account = StateEntries.decodeAccount(
            MerklePatriciaTrie.get(
                current.machine.stateRoot,
                StateEntries.accountKey(owner),
                Steps.nextTrie(current, w)
            )
        );
        if (account.codeHash != Accounts.EMPTY_CODE_HASH) {
            bytes calldata code = Steps.openCode(account.codeHash, w);
            account.codeLength = code.length;
            account.delegation = Delegations.delegationOf(code);
        }
        Overlay.writeAccount(current, w, opening, owner, account);
    }

    function _loadSlot(Step memory current, Witness calldata w, address owner, uint256 slot) private pure {
        Account memory account = Accounts.read(current, w, owner);
        (bool isPresent, , uint256 opening) = Overlay.openSlot(current, w, owner, slot);
        require(!isPresent, EntryInOverlay(owner, slot));
        uint256 value = StateEntries.decodeSlot(
            MerklePatriciaTrie.get(
                account.isCreated ? MerklePatriciaTrie.EMPTY_ROOT : account.storageRoot,
                StateEntries.slotKey(slot),
                Steps.nextTrie(current, w)
            )
        );
        Overlay.writeSlot(current, w, opening, owner, slot, Slot({original: value, current: value, isWarm: false}));
    }
}
