// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20Bridge} from "../bridges/ERC20Bridge.sol";
import {IMessenger} from "../bridges/interfaces/IMessenger.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title L1ERC20Bridge
/// @notice The ERC20Bridge on L1.
contract L1ERC20Bridge is ERC20Bridge {
    IMessenger private immutable _MESSENGER;

    constructor(IMessenger l1Messenger) {
        _MESSENGER = l1Messenger;
    }

    function _messenger() internal view override returns (IMessenger) {
        return _MESSENGER;
    }

    function _otherBridge() internal pure override returns (address) {
        return Predeploys.ERC20_BRIDGE;
    }
}
