/** A batch: `count` records of signing hash (32) ‖ r ‖ s (64) ‖ recovery id (1). */
export interface RecoveryRequest {
  readonly id: number;
  readonly records: Uint8Array;
}

/** `count` records of public key (64); all zero where no key gives the signature. */
export interface RecoveryResponse {
  readonly id: number;
  readonly publicKeys: Uint8Array;
}

export const REQUEST_RECORD_SIZE = 97;
export const RESPONSE_RECORD_SIZE = 64;
