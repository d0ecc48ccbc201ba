// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessenger} from "./interfaces/IMessenger.sol";
import {CrossDomainMessage} from "./types/CrossDomainMessage.sol";

/// @title Messenger
/// @notice What the messengers of both layers share: the call of a message. See {IMessenger}.
abstract contract Messenger is IMessenger {
    /// @dev At least what a call costs before it forwards all but a 64th of what is left, as in the Portal: the account may be cold
    /// (2,600), receives value (9,000) and may be new (25,000), or delegates to a cold one (2,600). One that is new uses up nothing.
    uint256 internal constant CALL_COST = 40_000;

    /// @dev Zero unless a message is being relayed.
    address private transient _sender;

    /// @inheritdoc IMessenger
    function crossDomainSender() external view returns (address) {
        require(_sender != address(0), NoMessageInRelay());
        return _sender;
    }

    /// @dev Calls the target, unless it cannot be given the minimum gas: `enough` then is false. During the call nothing else is
    /// relayed. A message's sender is never zero: it called a contract. Whatever the target does with its gas, what is left
    /// suffices to note how it went: the CALL_COST that the call did not take.
    function _call(
        CrossDomainMessage calldata message
    ) internal returns (bool enough, bool success, uint256 available) {
        bytes memory data = message.data;
        _sender = message.sender;
        available = gasleft();
        uint256 callable = available > CALL_COST ? available - CALL_COST : 0;
        enough = callable - callable / 64 >= message.minimumGas;
        if (enough) success = _callNoReturn(message.target, message.value, data, callable);
        _sender = address(0);
    }

    function _isRelaying() internal view returns (bool) {
        return _sender != address(0);
    }

    /// @dev As LowLevelCall does, with a bound of the gas. Solidity's own call copies whatever comes back.
    function _callNoReturn(
        address target,
        uint256 value,
        bytes memory data,
        uint256 maximumGas
    ) private returns (bool success) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            success := call(maximumGas, target, value, add(data, 0x20), mload(data), 0, 0)
        }
    }
}
