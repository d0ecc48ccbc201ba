// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721Bridge} from "../bridges/ERC721Bridge.sol";
import {IMessenger} from "../bridges/interfaces/IMessenger.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title L1ERC721Bridge
/// @notice The ERC721Bridge on L1.
contract L1ERC721Bridge is ERC721Bridge {
    IMessenger private immutable _MESSENGER;

    constructor(IMessenger l1Messenger) {
        _MESSENGER = l1Messenger;
    }

    function _messenger() internal view override returns (IMessenger) {
        return _MESSENGER;
    }

    function _otherBridge() internal pure override returns (address) {
        return Predeploys.ERC721_BRIDGE;
    }
}
