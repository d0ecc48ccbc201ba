// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVerifier} from "../interfaces/IVerifier.sol";

/// @notice The verifiers among which a OneStepProver chooses. The first nine are for instructions, some for the phases that
/// go on with one besides; the last four for the units of a chain around the transactions.
struct Verifiers {
    IVerifier control;
    IVerifier arithmetic;
    IVerifier environment;
    IVerifier memoryAccess;
    IVerifier copy;
    IVerifier log;
    IVerifier storageAccess;
    IVerifier call;
    IVerifier creation;
    IVerifier absorb;
    IVerifier decoding;
    IVerifier validation;
    IVerifier load;
    IVerifier frame;
    IVerifier precompile;
    IVerifier settlement;
    IVerifier loadBatch;
    IVerifier inflate;
    IVerifier block;
    IVerifier message;
}
