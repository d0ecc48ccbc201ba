import { recoverAuthority } from "../ethereum/index.ts";
import type { SignedTransaction } from "../ethereum/index.ts";
import type { Address } from "../primitives/index.ts";

/**
 * Accounts whose authorizations (EIP-7702) a transaction carries, each once; empty for other types. Authorizations whose
 * signature recovers to no account are left out: they have no effect.
 */
export function authoritiesOf({ authorizations }: SignedTransaction): readonly Address[] {
  const authorities = authorizations.map(recoverAuthority);
  return [...new Set(authorities.filter((authority) => authority !== undefined))];
}
