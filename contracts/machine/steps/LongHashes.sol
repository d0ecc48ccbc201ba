// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Absorb} from "../types/Absorb.sol";
import {Phase} from "../types/Phase.sol";
import {Slice} from "../types/Slice.sol";
import {Step} from "./Steps.sol";

/// @title Long hashes
/// @notice The keccak256 of data that is too long to be opened in one step (docs/machine.md §7 `Absorb`).
library LongHashes {
    /// @notice Bytes of which the keccak256 is taken in one step.
    uint256 internal constant SHORT = 65_536;

    /// @notice Begins to hash `source`, in the phase `Absorb`, and then to go on in `resume`.
    /// @param context What the Digest is to carry to that phase.
    function begin(Step memory step, Phase resume, bytes32 context, Slice memory source) internal pure {
        begin(
            step,
            Absorb({
                resume: resume,
                context: context,
                source: source,
                prefix: bytes32(0),
                prefixLength: 0,
                suffix: bytes32(0),
                suffixLength: 0,
                position: 0,
                sponge: bytes32(0)
            })
        );
    }

    /// @notice As above, of a message that need not be the source alone.
    function begin(Step memory step, Absorb memory absorb) internal pure {
        step.machine.pending = absorb.hash();
        step.machine.phase = Phase.Absorb;
    }
}
