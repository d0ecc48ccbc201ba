// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Bridge} from "../bridges/ERC1155Bridge.sol";
import {IMessenger} from "../bridges/interfaces/IMessenger.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title L1ERC1155Bridge
/// @notice The ERC1155Bridge on L1.
contract L1ERC1155Bridge is ERC1155Bridge {
    IMessenger private immutable _MESSENGER;

    constructor(IMessenger l1Messenger) {
        _MESSENGER = l1Messenger;
    }

    function _messenger() internal view override returns (IMessenger) {
        return _MESSENGER;
    }

    function _otherBridge() internal pure override returns (address) {
        return Predeploys.ERC1155_BRIDGE;
    }
}
