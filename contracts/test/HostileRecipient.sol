// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Hostile recipient
/// @notice Makes calls for its test, and does what it can to whoever pays it.
contract HostileRecipient {
    /// @notice Take: nothing bad. Refuse: reverts. BurnGas: uses up all gas. Megabyte: returns 1,000,000 bytes. RevertMegabyte: reverts with
    /// them. ReEnter: makes a call of its own.
    enum Conduct {
        Take,
        Refuse,
        BurnGas,
        Megabyte,
        RevertMegabyte,
        ReEnter
    }

    /// @notice It does not want the ETH.
    error Refused();

    /// @notice The call for the test failed.
    error CallFailed();

    /// @notice What it does when it is paid.
    Conduct public conduct;
    /// @notice Whether the call it made of its own succeeded.
    bool public hasReEntered;

    address private _target;
    bytes private _data;

    receive() external payable {
        if (conduct == Conduct.Refuse) revert Refused();
        // Whatever it is.
        // solhint-disable-next-line avoid-low-level-calls
        if (conduct == Conduct.ReEnter) (hasReEntered, ) = _target.call(_data);
        while (conduct == Conduct.BurnGas) {}
        // Solidity has no other way to return from `receive`.
        if (conduct == Conduct.Megabyte) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                return(0, 1000000)
            }
        }
        if (conduct == Conduct.RevertMegabyte) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                revert(0, 1000000)
            }
        }
    }

    /// @notice Sets what it does when it is paid, and the call it makes of its own.
    function behave(Conduct chosen, address target, bytes calldata data) external {
        conduct = chosen;
        _target = target;
        _data = data;
    }

    /// @notice Calls `target` with the ETH sent.
    function run(address target, bytes calldata data) external payable {
        (bool isSuccess, ) = target.call{value: msg.value}(data);
        require(isSuccess, CallFailed());
    }
}
