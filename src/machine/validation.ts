import {
  EMPTY_CODE_HASH_HEX,
  EXISTING_AUTHORITY_REFUND,
  FRAME_ERROR,
  MAX_NONCE,
  createAddress,
  delegationTo,
  findInvalidity,
  intrinsicGasOfTokens,
  recoverAuthority,
} from "../ethereum/index.ts";
import type { Authorization, SkipReason } from "../ethereum/index.ts";
import { ZERO_ADDRESS, keccak256 } from "../primitives/index.ts";
import { dataGas, listingCharge } from "../rollup/index.ts";
import { chainOf } from "./chain/next-unit.ts";
import { authorizationAtCursor, running, warmAccessList } from "./decoding.ts";
import { FRAME_KIND, beginFrame } from "./frame.ts";
import type { FrameContext, Machine } from "./machine.ts";
import { isEmptyEntry, isOccupied } from "./overlay.ts";
import type { AccountEntry } from "./overlay.ts";
import { Phase } from "./phase.ts";
import { skip } from "./settlement.ts";
import { EMPTY_SLICE } from "./slice.ts";
import { codeFields, markJournal, modifyAccount, needAccount, warmAccount } from "./state-access.ts";
import { DEPOSIT_KIND } from "./transaction-kind.ts";

// From a decoded transaction to its outermost frame (docs/machine.md §7).

const NO_BYTES = new Uint8Array();
/** Data gas where a base fee of 0 pays for nothing. */
const MORE_THAN_ANY_GAS = 2n ** 256n - 1n;

/** By what rules a transaction is valid. */
export interface ValidationRules {
  readonly dataGas: bigint;
  /** Gas the block has for it. */
  readonly availableGas: bigint;
  /** Wei per gas that the fee must reach; the base fee unless it is given. */
  readonly minimumFeePerGas?: bigint | undefined;
  /** As of src/ethereum/transaction-validity.ts. */
  readonly isSimulation: boolean;
  readonly validatesFees?: boolean | undefined;
}

export function stepValidate(machine: Machine): void {
  const { baseFee, dataPrice } = machine.environment;
  const { tokens, kind, gasLimit, maxFeePerGas } = running(machine);
  if (kind === DEPOSIT_KIND) {
    // It has no tokens of a raw transaction, and L1 has metered its gas.
    const rules = { dataGas: 0n, availableGas: BigInt(gasLimit), minimumFeePerGas: maxFeePerGas, isSimulation: false };
    return validate(machine, rules);
  }
  validate(machine, {
    dataGas: dataPrice === 0n ? 0n : baseFee === 0n ? MORE_THAN_ANY_GAS : dataGas(BigInt(tokens), dataPrice, baseFee),
    availableGas: availableGas(machine),
    isSimulation: false,
  });
}

/** Gas there is for a signed transaction: what the block has left, or in a chain the bucket, out of which its charge was taken. */
function availableGas(machine: Machine): bigint {
  const { environment, block, chain } = machine;
  if (chain === undefined) return environment.gasLimit - block.gasUsed;
  machine.recorder?.chain();
  return chainOf(machine).gasLeft + listingCharge(running(machine).raw.bytes.length);
}

/** `Validate` by rules of its own. */
export function validate(machine: Machine, rules: ValidationRules): void {
  const transaction = running(machine);
  const { baseFee } = machine.environment;
  const { sender, isCreation, maxFeePerGas } = transaction;
  const account = needAccount(machine, sender);
  if (account === undefined) return;

  transaction.dataGas = rules.dataGas;
  const { intrinsic, floor } = intrinsicGasOfTokens({
    isCreation,
    dataLength: transaction.data.bytes.length,
    tokens: BigInt(transaction.dataTokens),
    accessListAddresses: transaction.addressCount,
    accessListSlots: transaction.slotCount,
    authorizations: transaction.authorizationCount,
  });
  const reason = findInvalidity({
    sender,
    account,
    hasForeignCode: isForeignCode(account),
    nonce: transaction.nonce,
    gasLimit: BigInt(transaction.gasLimit),
    minimumGas: (intrinsic > floor ? intrinsic : floor) + transaction.dataGas,
    availableGas: rules.availableGas,
    maxFeePerGas,
    baseFee: rules.minimumFeePerGas ?? baseFee,
    value: transaction.value,
    initcodeLength: isCreation ? transaction.data.bytes.length : 0,
    isSimulation: rules.isSimulation,
    validatesFees: rules.validatesFees,
  });
  if (reason !== undefined) return refuse(machine, reason);
  const price = baseFee + transaction.maxPriorityFeePerGas;
  transaction.gasPrice = price < maxFeePerGas ? price : maxFeePerGas;
  transaction.intrinsicGas = Number(intrinsic);
  transaction.floorGas = Number(floor);
  machine.phase = Phase.BuyGas;
}

/** A deposit that is invalid still mints and refunds. */
function refuse(machine: Machine, reason: SkipReason): void {
  if (running(machine).kind !== DEPOSIT_KIND) return skip(machine, reason);
  machine.skipReason = reason;
  machine.phase = Phase.Refund;
}

function isForeignCode(account: AccountEntry): boolean {
  return account.codeHash !== EMPTY_CODE_HASH_HEX && account.delegation === undefined;
}

export function stepBuyGas(machine: Machine): void {
  warmAccessList(machine);
  const transaction = running(machine);
  const { coinbase } = machine.environment;
  const { sender, to, isCreation, gasLimit, gasPrice } = transaction;
  const account = needAccount(machine, sender);
  if (account === undefined) return;
  if (needAccount(machine, coinbase) === undefined) return;
  if (!isCreation && needAccount(machine, to) === undefined) return;

  modifyAccount(machine, sender, {
    nonce: account.nonce + 1n,
    balance: account.balance - BigInt(gasLimit) * gasPrice,
    isWarm: true,
    isDirty: true,
  });
  // One of them may be the other, or the sender.
  for (const address of isCreation ? [coinbase] : [coinbase, to]) {
    warmAccount(machine, address, machine.overlay.account(address) as AccountEntry);
  }
  transaction.cursor = transaction.authorizationsStart;
  machine.phase = transaction.authorizationCount > 0 ? Phase.Authorize : Phase.EnterTransaction;
}

export function stepAuthorize(machine: Machine): void {
  const transaction = running(machine);
  if (transaction.cursor === transaction.authorizationsEnd) {
    machine.phase = Phase.EnterTransaction;
    return;
  }
  const { authorization, end } = authorizationAtCursor(machine);
  if (authorize(machine, authorization)) transaction.cursor = end;
}

/** Sets the delegation of an EIP-7702 authorization, or passes it over. False if the step is over by a fault. */
export function authorize(machine: Machine, authorization: Authorization): boolean {
  const { chainId, nonce, address } = authorization;
  if (chainId !== 0n && chainId !== machine.environment.chainId) return true;
  if (nonce >= MAX_NONCE) return true;
  const authority = recoverAuthority(authorization);
  if (authority === undefined) return true;
  const account = needAccount(machine, authority);
  if (account === undefined) return false;
  if (isForeignCode(account) || account.nonce !== nonce) {
    warmAccount(machine, authority, account);
    return true;
  }
  if (!isEmptyEntry(account)) machine.refund += Number(EXISTING_AUTHORITY_REFUND);
  const code = address === ZERO_ADDRESS ? NO_BYTES : delegationTo(address);
  modifyAccount(machine, authority, {
    ...codeFields(machine, keccak256(code), code),
    nonce: nonce + 1n,
    isWarm: true,
    isDirty: true,
  });
  return true;
}

export function stepEnterTransaction(machine: Machine): void {
  const transaction = running(machine);
  const { isCreation, to, sender, nonce, value, data } = transaction;
  const self = isCreation ? createAddress(sender, nonce) : to;
  const account = needAccount(machine, self);
  if (account === undefined) return;

  const delegate = isCreation ? undefined : account.delegation;
  if (delegate !== undefined) {
    const target = needAccount(machine, delegate);
    if (target === undefined) return;
    warmAccount(machine, delegate, target);
  }
  if (isCreation) {
    warmAccount(machine, self, account);
    if (isOccupied(account)) {
      transaction.gas = 0;
      transaction.status = 0;
      machine.exit = { kind: "exit", status: 0, output: EMPTY_SLICE, reason: FRAME_ERROR.addressCollision };
      machine.phase = Phase.Settle;
      return;
    }
  }
  // A precompile that was moved here comes before the delegation.
  const delegatedTo = machine.precompiles?.has(self) === true ? undefined : delegate;
  const gas = transaction.gasLimit - Number(transaction.dataGas) - transaction.intrinsicGas;
  const context: FrameContext = {
    parent: undefined,
    savedJournal: markJournal(machine),
    kind: isCreation ? FRAME_KIND.create : FRAME_KIND.call,
    isStatic: false,
    depth: 0,
    self,
    caller: sender,
    value,
    codeAddress: delegatedTo ?? self,
    isDelegated: delegatedTo !== undefined,
    input: data,
    outOffset: 0,
    outLength: 0,
  };
  beginFrame(machine, context, gas);
}
