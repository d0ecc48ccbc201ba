// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Account} from "../types/Account.sol";
import {Witness} from "../types/Witness.sol";
import {Accounts} from "./Accounts.sol";
import {GasMeter} from "./GasMeter.sol";
import {Overlay} from "./Overlay.sol";
import {Step} from "./Steps.sol";

/// @title Warmth
/// @notice Which addresses are warm (EIP-2929, docs/machine.md §4), and what an access costs.
library Warmth {
    /// @notice Whether there is a precompile at an address: 0x01–0x11 and 0x100.
    function isPrecompile(address owner) internal pure returns (bool) {
        uint256 number = uint160(owner);
        return (number >= 0x01 && number <= 0x11) || number == 0x100;
    }

    /// @notice Whether an address is warm whose entry is `account`.
    function isWarm(address owner, Account memory account) internal pure returns (bool) {
        return account.isWarm || isPrecompile(owner);
    }

    /// @notice Gas of an access to an address whose entry is `account`.
    function accessCost(address owner, Account memory account) internal pure returns (uint256) {
        return isWarm(owner, account) ? GasMeter.WARM_ACCESS : GasMeter.COLD_ACCOUNT_ACCESS;
    }

    /// @notice An address becomes warm: one modify, or nothing if it is.
    /// @param account Its entry as it is now.
    function makeWarm(Step memory step, Witness calldata w, address owner, Account memory account) internal pure {
        if (isWarm(owner, account)) return;
        (Account memory entry, uint256 opening) = Accounts.modify(step, w, owner);
        entry.isWarm = true;
        Overlay.writeAccount(step, w, opening, owner, entry);
    }
}
