/** Bytes a keccak256 block takes up in the state. */
export const KECCAK_RATE = 136;
/** Bytes of the keccak state. */
export const KECCAK_STATE_SIZE = 200;

const ROUNDS = 24;

/** Round constants as halves, lower one first: the LFSR of FIPS 202, §3.2.5. */
const ROUND_CONSTANTS = makeRoundConstants();
/** Where ρ and π take the lane at each position of the walk that starts at lane 1, and how far they rotate it. */
const WALK = makeWalk();

/** Lanes as halves, lower one first, lane x + 5y at 2·(x + 5y). */
const lanes = new Uint32Array(50);
const parities = new Uint32Array(10);
const row = new Uint32Array(10);

/**
 * Absorbs blocks of 136 bytes, already padded, into a keccak state of 200 bytes (docs/machine.md §7: 25 lanes of 8 bytes,
 * little-endian, lane x + 5y), one keccak-f[1600] each. Changes `state`.
 */
export function absorbBlocks(state: Uint8Array, blocks: Uint8Array): void {
  if (blocks.length % KECCAK_RATE !== 0) {
    throw new RangeError(`expected whole blocks of ${KECCAK_RATE} bytes, got ${blocks.length} bytes`);
  }
  const view = new DataView(state.buffer, state.byteOffset, KECCAK_STATE_SIZE);
  const input = new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
  for (let index = 0; index < 50; index++) lanes[index] = view.getUint32(4 * index, true);
  for (let offset = 0; offset < blocks.length; offset += KECCAK_RATE) {
    for (let index = 0; index < KECCAK_RATE / 4; index++) {
      lanes[index] = (lanes[index] as number) ^ input.getUint32(offset + 4 * index, true);
    }
    permute();
  }
  for (let index = 0; index < 50; index++) view.setUint32(4 * index, lanes[index] as number, true);
}

/** The last bytes of a message (fewer than a block beyond whole blocks), with the padding of keccak256: 0x01, zeros, 0x80. */
export function padMessage(tail: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor(tail.length / KECCAK_RATE) + 1) * KECCAK_RATE);
  padded.set(tail);
  padded[tail.length] = 0x01;
  padded[padded.length - 1] = (padded[padded.length - 1] as number) | 0x80;
  return padded;
}

/** keccak-f[1600] on `lanes` (FIPS 202, §3.3). */
function permute(): void {
  for (let round = 0; round < ROUNDS; round++) {
    // θ
    for (let x = 0; x < 10; x++) {
      parities[x] =
        (lanes[x] as number) ^
        (lanes[x + 10] as number) ^
        (lanes[x + 20] as number) ^
        (lanes[x + 30] as number) ^
        (lanes[x + 40] as number);
    }
    for (let x = 0; x < 5; x++) {
      const before = 2 * ((x + 4) % 5);
      const after = 2 * ((x + 1) % 5);
      const low = parities[after] as number;
      const high = parities[after + 1] as number;
      const mixLow = (parities[before] as number) ^ ((low << 1) | (high >>> 31));
      const mixHigh = (parities[before + 1] as number) ^ ((high << 1) | (low >>> 31));
      for (let lane = 2 * x; lane < 50; lane += 10) {
        lanes[lane] = (lanes[lane] as number) ^ mixLow;
        lanes[lane + 1] = (lanes[lane + 1] as number) ^ mixHigh;
      }
    }
    // ρ and π
    let low = lanes[2] as number;
    let high = lanes[3] as number;
    for (let index = 0; index < 24; index++) {
      const target = WALK[2 * index] as number;
      const rotation = WALK[2 * index + 1] as number;
      const nextLow = lanes[target] as number;
      const nextHigh = lanes[target + 1] as number;
      if (rotation >= 32) [low, high] = [high, low];
      const bits = rotation & 31;
      if (bits === 0) {
        lanes[target] = low;
        lanes[target + 1] = high;
      } else {
        lanes[target] = (low << bits) | (high >>> (32 - bits));
        lanes[target + 1] = (high << bits) | (low >>> (32 - bits));
      }
      low = nextLow;
      high = nextHigh;
    }
    // χ
    for (let y = 0; y < 50; y += 10) {
      for (let x = 0; x < 10; x++) row[x] = lanes[y + x] as number;
      for (let x = 0; x < 10; x++) {
        lanes[y + x] = (row[x] as number) ^ (~(row[(x + 2) % 10] as number) & (row[(x + 4) % 10] as number));
      }
    }
    // ι
    lanes[0] = (lanes[0] as number) ^ (ROUND_CONSTANTS[2 * round] as number);
    lanes[1] = (lanes[1] as number) ^ (ROUND_CONSTANTS[2 * round + 1] as number);
  }
}

function makeRoundConstants(): Uint32Array {
  const constants = new Uint32Array(2 * ROUNDS);
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let power = 0; power < 7; power++) {
      if ((register & 1) === 1) {
        const bit = (1 << power) - 1;
        const half = 2 * round + (bit >> 5);
        constants[half] = (constants[half] as number) | (1 << (bit & 31));
      }
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
  }
  return constants;
}

function makeWalk(): Uint8Array {
  const walk = new Uint8Array(48);
  let x = 1;
  let y = 0;
  for (let step = 0; step < 24; step++) {
    [x, y] = [y, (2 * x + 3 * y) % 5];
    walk[2 * step] = 2 * (x + 5 * y);
    walk[2 * step + 1] = (((step + 1) * (step + 2)) / 2) % 64;
  }
  return walk;
}
