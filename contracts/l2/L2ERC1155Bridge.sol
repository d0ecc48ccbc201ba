// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155Bridge} from "../bridges/ERC1155Bridge.sol";
import {L1Counterpart} from "../bridges/L1Counterpart.sol";
import {IMessenger} from "../bridges/interfaces/IMessenger.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title L2ERC1155Bridge
/// @notice The ERC1155Bridge on L2. Predeployed at 0x4f6e650000000000000000000000000000000007.
contract L2ERC1155Bridge is L1Counterpart, ERC1155Bridge {
    function _messenger() internal pure override returns (IMessenger) {
        return IMessenger(Predeploys.MESSENGER);
    }

    function _otherBridge() internal view override returns (address) {
        return _l1Counterpart;
    }
}
