// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IInbox} from "../../l1/interfaces/IInbox.sol";

/// @notice What steps of the chain depend on besides the state (docs/machine.md §16); all others ignore it.
/// @param inbox The Inbox of the rollup.
/// @param target Number of batches at which the machine halts.
struct ChainInput {
    IInbox inbox;
    uint256 target;
}
