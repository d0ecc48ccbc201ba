import type { Address, Hash, Hex } from "../primitives/index.ts";
import { quotientOf, remainderOf, remainderOfProduct, remainderOfSum } from "./long-division.ts";

// 256-bit arithmetic on a stack: a flat Uint32Array, item i at 8·i, 8 limbs of 32 bits each, least significant first.
//
// `sp` is the index behind the top item, so the top is at `sp - 8`, the one below it at `sp - 16`. An operation of two takes
// the top as its first operand, puts its result in the place of the second, and leaves it to the caller to lower `sp`.
// What lies at and above `sp` afterwards means nothing. `at` is the index of an item's first limb.
//
// Sums stay 32-bit integers throughout (`| 0`), which the compiler keeps in registers; products are of 16 by 32 bits, exact
// as doubles. Nothing here allocates but the conversions to bigint and hex.

const TWO_32 = 4_294_967_296;
const MASK_256 = (1n << 256n) - 1n;
const SIGN_BIT = 1n << 255n;

/** Of one item: the same bytes as limbs and as quarters (on a little-endian machine, which all that run Node.js are). */
const limbsOfBuffer = new Uint32Array(8);
const quarters = new BigUint64Array(limbsOfBuffer.buffer);
const product = new Uint32Array(8);
/** Two items to multiply by each other. */
/** Bits of an exponent's digit, and how many bits an exponent has for which it is worth while to have powers for all digits. */
const DIGIT_BITS = 4;
const LONG_EXPONENT = 32;
/** Behind the powers of the base. */
const RESULT = 8 << DIGIT_BITS;
const powers = new Uint32Array(RESULT + 8);

// ── Moving ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function copyWord(stack: Uint32Array, from: number, to: number): void {
  stack[to] = stack[from] as number;
  stack[to + 1] = stack[from + 1] as number;
  stack[to + 2] = stack[from + 2] as number;
  stack[to + 3] = stack[from + 3] as number;
  stack[to + 4] = stack[from + 4] as number;
  stack[to + 5] = stack[from + 5] as number;
  stack[to + 6] = stack[from + 6] as number;
  stack[to + 7] = stack[from + 7] as number;
}

export function swapWords(stack: Uint32Array, left: number, right: number): void {
  let limb = stack[left] as number;
  stack[left] = stack[right] as number;
  stack[right] = limb;
  limb = stack[left + 1] as number;
  stack[left + 1] = stack[right + 1] as number;
  stack[right + 1] = limb;
  limb = stack[left + 2] as number;
  stack[left + 2] = stack[right + 2] as number;
  stack[right + 2] = limb;
  limb = stack[left + 3] as number;
  stack[left + 3] = stack[right + 3] as number;
  stack[right + 3] = limb;
  limb = stack[left + 4] as number;
  stack[left + 4] = stack[right + 4] as number;
  stack[right + 4] = limb;
  limb = stack[left + 5] as number;
  stack[left + 5] = stack[right + 5] as number;
  stack[right + 5] = limb;
  limb = stack[left + 6] as number;
  stack[left + 6] = stack[right + 6] as number;
  stack[right + 6] = limb;
  limb = stack[left + 7] as number;
  stack[left + 7] = stack[right + 7] as number;
  stack[right + 7] = limb;
}

/** Sets an item to a number below 2^32. */
export function setLimb(stack: Uint32Array, at: number, value: number): void {
  stack[at] = value;
  stack[at + 1] = 0;
  stack[at + 2] = 0;
  stack[at + 3] = 0;
  stack[at + 4] = 0;
  stack[at + 5] = 0;
  stack[at + 6] = 0;
  stack[at + 7] = 0;
}

/** Sets an item to a natural number below 2^53. */
export function setNumber(stack: Uint32Array, at: number, value: number): void {
  setLimb(stack, at, value % TWO_32);
  stack[at + 1] = Math.floor(value / TWO_32);
}

function setAll(stack: Uint32Array, at: number, limb: number): void {
  stack[at] = limb;
  stack[at + 1] = limb;
  stack[at + 2] = limb;
  stack[at + 3] = limb;
  stack[at + 4] = limb;
  stack[at + 5] = limb;
  stack[at + 6] = limb;
  stack[at + 7] = limb;
}

// ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export function isZero(stack: Uint32Array, at: number): boolean {
  return (
    ((stack[at] as number) |
      (stack[at + 1] as number) |
      (stack[at + 2] as number) |
      (stack[at + 3] as number) |
      (stack[at + 4] as number) |
      (stack[at + 5] as number) |
      (stack[at + 6] as number) |
      (stack[at + 7] as number)) ===
    0
  );
}

/** Whether an item is below 2^32. */
export function isLimb(stack: Uint32Array, at: number): boolean {
  return (
    ((stack[at + 1] as number) |
      (stack[at + 2] as number) |
      (stack[at + 3] as number) |
      (stack[at + 4] as number) |
      (stack[at + 5] as number) |
      (stack[at + 6] as number) |
      (stack[at + 7] as number)) ===
    0
  );
}

/** Whether two items are. */
function areLimbs(stack: Uint32Array, left: number, right: number): boolean {
  return (
    ((stack[left + 1] as number) |
      (stack[right + 1] as number) |
      (stack[left + 2] as number) |
      (stack[right + 2] as number) |
      (stack[left + 3] as number) |
      (stack[right + 3] as number) |
      (stack[left + 4] as number) |
      (stack[right + 4] as number) |
      (stack[left + 5] as number) |
      (stack[right + 5] as number) |
      (stack[left + 6] as number) |
      (stack[right + 6] as number) |
      (stack[left + 7] as number) |
      (stack[right + 7] as number)) ===
    0
  );
}

/** An offset or length: the item if it is below 2^32, else 2^32. */
export function toOffset(stack: Uint32Array, at: number): number {
  return isLimb(stack, at) ? (stack[at] as number) : TWO_32;
}

/** The item if it is below `limit` ≤ 2^53. */
export function toNumberBelow(stack: Uint32Array, at: number, limit: number): number | undefined {
  if (significantLimbs(stack, at) > 2) return undefined;
  const value = toNumber(stack, at);
  return value < limit ? value : undefined;
}

/** Number of limbs without the leading zeros. */
function significantLimbs(stack: Uint32Array, at: number): number {
  let count = 8;
  while (count > 0 && stack[at + count - 1] === 0) count--;
  return count;
}

function isNegative(stack: Uint32Array, at: number): boolean {
  return (stack[at + 7] as number) >= 0x80000000;
}

/** Whether the item at `left` is less than that at `right`, both unsigned. */
function isLess(stack: Uint32Array, left: number, right: number): boolean {
  let a = stack[left + 7] as number;
  let b = stack[right + 7] as number;
  if (a !== b) return a < b;
  a = stack[left + 6] as number;
  b = stack[right + 6] as number;
  if (a !== b) return a < b;
  a = stack[left + 5] as number;
  b = stack[right + 5] as number;
  if (a !== b) return a < b;
  a = stack[left + 4] as number;
  b = stack[right + 4] as number;
  if (a !== b) return a < b;
  a = stack[left + 3] as number;
  b = stack[right + 3] as number;
  if (a !== b) return a < b;
  a = stack[left + 2] as number;
  b = stack[right + 2] as number;
  if (a !== b) return a < b;
  a = stack[left + 1] as number;
  b = stack[right + 1] as number;
  if (a !== b) return a < b;
  a = stack[left] as number;
  b = stack[right] as number;
  return a < b;
}

function isEqual(stack: Uint32Array, left: number, right: number): boolean {
  return (
    stack[left] === stack[right] &&
    stack[left + 1] === stack[right + 1] &&
    stack[left + 2] === stack[right + 2] &&
    stack[left + 3] === stack[right + 3] &&
    stack[left + 4] === stack[right + 4] &&
    stack[left + 5] === stack[right + 5] &&
    stack[left + 6] === stack[right + 6] &&
    stack[left + 7] === stack[right + 7]
  );
}

// ── Comparisons ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function lt(stack: Uint32Array, sp: number): void {
  setLimb(stack, sp - 16, isLess(stack, sp - 8, sp - 16) ? 1 : 0);
}

export function gt(stack: Uint32Array, sp: number): void {
  setLimb(stack, sp - 16, isLess(stack, sp - 16, sp - 8) ? 1 : 0);
}

export function slt(stack: Uint32Array, sp: number): void {
  setLimb(stack, sp - 16, isLessSigned(stack, sp - 8, sp - 16) ? 1 : 0);
}

export function sgt(stack: Uint32Array, sp: number): void {
  setLimb(stack, sp - 16, isLessSigned(stack, sp - 16, sp - 8) ? 1 : 0);
}

function isLessSigned(stack: Uint32Array, left: number, right: number): boolean {
  const a = isNegative(stack, left);
  return a === isNegative(stack, right) ? isLess(stack, left, right) : a;
}

export function eq(stack: Uint32Array, sp: number): void {
  setLimb(stack, sp - 16, isEqual(stack, sp - 8, sp - 16) ? 1 : 0);
}

export function iszero(stack: Uint32Array, sp: number): void {
  const value = sp - 8;
  if (isLimb(stack, value)) stack[value] = stack[value] === 0 ? 1 : 0;
  else setLimb(stack, value, 0);
}

// ── Bits ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function and(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  stack[b] = (stack[a] as number) & (stack[b] as number);
  stack[b + 1] = (stack[a + 1] as number) & (stack[b + 1] as number);
  stack[b + 2] = (stack[a + 2] as number) & (stack[b + 2] as number);
  stack[b + 3] = (stack[a + 3] as number) & (stack[b + 3] as number);
  stack[b + 4] = (stack[a + 4] as number) & (stack[b + 4] as number);
  stack[b + 5] = (stack[a + 5] as number) & (stack[b + 5] as number);
  stack[b + 6] = (stack[a + 6] as number) & (stack[b + 6] as number);
  stack[b + 7] = (stack[a + 7] as number) & (stack[b + 7] as number);
}

export function or(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  stack[b] = (stack[a] as number) | (stack[b] as number);
  stack[b + 1] = (stack[a + 1] as number) | (stack[b + 1] as number);
  stack[b + 2] = (stack[a + 2] as number) | (stack[b + 2] as number);
  stack[b + 3] = (stack[a + 3] as number) | (stack[b + 3] as number);
  stack[b + 4] = (stack[a + 4] as number) | (stack[b + 4] as number);
  stack[b + 5] = (stack[a + 5] as number) | (stack[b + 5] as number);
  stack[b + 6] = (stack[a + 6] as number) | (stack[b + 6] as number);
  stack[b + 7] = (stack[a + 7] as number) | (stack[b + 7] as number);
}

export function xor(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  stack[b] = (stack[a] as number) ^ (stack[b] as number);
  stack[b + 1] = (stack[a + 1] as number) ^ (stack[b + 1] as number);
  stack[b + 2] = (stack[a + 2] as number) ^ (stack[b + 2] as number);
  stack[b + 3] = (stack[a + 3] as number) ^ (stack[b + 3] as number);
  stack[b + 4] = (stack[a + 4] as number) ^ (stack[b + 4] as number);
  stack[b + 5] = (stack[a + 5] as number) ^ (stack[b + 5] as number);
  stack[b + 6] = (stack[a + 6] as number) ^ (stack[b + 6] as number);
  stack[b + 7] = (stack[a + 7] as number) ^ (stack[b + 7] as number);
}

export function not(stack: Uint32Array, sp: number): void {
  for (let index = sp - 8; index < sp; index++) stack[index] = ~(stack[index] as number);
}

export function byte(stack: Uint32Array, sp: number): void {
  const position = toOffset(stack, sp - 8);
  const value = sp - 16;
  // Byte 0 is the most significant one.
  const limb = position < 32 ? (stack[value + 7 - (position >> 2)] as number) : 0;
  setLimb(stack, value, (limb >>> (24 - 8 * (position & 3))) & 0xff);
}

export function shl(stack: Uint32Array, sp: number): void {
  const value = sp - 16;
  const shift = toOffset(stack, sp - 8);
  if (shift >= 256) {
    setAll(stack, value, 0);
    return;
  }
  const limbs = shift >> 5;
  const bits = shift & 31;
  if (limbs < 7 && isLimb(stack, value)) {
    const limb = stack[value] as number;
    stack[value] = 0;
    stack[value + limbs] = limb << bits;
    stack[value + limbs + 1] = bits === 0 ? 0 : limb >>> (32 - bits);
    return;
  }
  for (let index = 7; index >= 0; index--) {
    const high = index - limbs >= 0 ? (stack[value + index - limbs] as number) : 0;
    const low = bits !== 0 && index - limbs - 1 >= 0 ? (stack[value + index - limbs - 1] as number) : 0;
    // A shift by 32 would be one by 0, but then `low` is 0.
    stack[value + index] = (high << bits) | (low >>> (32 - bits));
  }
}

export function shr(stack: Uint32Array, sp: number): void {
  const shift = toOffset(stack, sp - 8);
  if (isLimb(stack, sp - 16)) {
    stack[sp - 16] = shift < 32 ? (stack[sp - 16] as number) >>> shift : 0;
    return;
  }
  shiftRight(stack, sp - 16, shift, 0);
}

export function sar(stack: Uint32Array, sp: number): void {
  const shift = toOffset(stack, sp - 8);
  shiftRight(stack, sp - 16, shift, isNegative(stack, sp - 16) ? 0xffffffff : 0);
}

/** Shifts limbs `filling` in from above. */
function shiftRight(stack: Uint32Array, value: number, shift: number, filling: number): void {
  if (shift >= 256) {
    setAll(stack, value, filling);
    return;
  }
  const limbs = shift >> 5;
  const bits = shift & 31;
  for (let index = 0; index < 8; index++) {
    const low = index + limbs < 8 ? (stack[value + index + limbs] as number) : filling;
    if (bits === 0) {
      stack[value + index] = low;
    } else {
      const high = index + limbs + 1 < 8 ? (stack[value + index + limbs + 1] as number) : filling;
      stack[value + index] = (low >>> bits) | (high << (32 - bits));
    }
  }
}

export function clz(stack: Uint32Array, sp: number): void {
  const value = sp - 8;
  const limbs = significantLimbs(stack, value);
  setLimb(stack, value, limbs === 0 ? 256 : 32 * (8 - limbs) + Math.clz32(stack[value + limbs - 1] as number));
}

export function signextend(stack: Uint32Array, sp: number): void {
  const position = toOffset(stack, sp - 8);
  if (position >= 31) return;
  const value = sp - 16;
  const limb = position >> 2;
  const unused = 24 - 8 * (position & 3);
  const extended = ((stack[value + limb] as number) << unused) >> unused;
  stack[value + limb] = extended;
  for (let index = limb + 1; index < 8; index++) stack[value + index] = extended >> 31;
}

// ── Sums ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function add(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  if (areLimbs(stack, a, b)) {
    const short = (stack[a] as number) + (stack[b] as number);
    stack[b] = short;
    if (short >= TWO_32) stack[b + 1] = 1;
    return;
  }
  let x = stack[a] as number;
  let y = stack[b] as number;
  let sum = (x + y) | 0;
  stack[b] = sum;
  let carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
  x = stack[a + 1] as number;
  y = stack[b + 1] as number;
  sum = (x + y + carry) | 0;
  stack[b + 1] = sum;
  carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
  x = stack[a + 2] as number;
  y = stack[b + 2] as number;
  sum = (x + y + carry) | 0;
  stack[b + 2] = sum;
  carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
  x = stack[a + 3] as number;
  y = stack[b + 3] as number;
  sum = (x + y + carry) | 0;
  stack[b + 3] = sum;
  carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
  x = stack[a + 4] as number;
  y = stack[b + 4] as number;
  sum = (x + y + carry) | 0;
  stack[b + 4] = sum;
  carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
  x = stack[a + 5] as number;
  y = stack[b + 5] as number;
  sum = (x + y + carry) | 0;
  stack[b + 5] = sum;
  carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
  x = stack[a + 6] as number;
  y = stack[b + 6] as number;
  sum = (x + y + carry) | 0;
  stack[b + 6] = sum;
  carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
  x = stack[a + 7] as number;
  y = stack[b + 7] as number;
  sum = (x + y + carry) | 0;
  stack[b + 7] = sum;
}

export function sub(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  if ((stack[a] as number) >= (stack[b] as number) && areLimbs(stack, a, b)) {
    stack[b] = (stack[a] as number) - (stack[b] as number);
    return;
  }
  let x = stack[a] as number;
  let y = stack[b] as number;
  let difference = (x - y) | 0;
  stack[b] = difference;
  let borrow = ((~x & y) | ((~x | y) & difference)) >>> 31;
  x = stack[a + 1] as number;
  y = stack[b + 1] as number;
  difference = (x - y - borrow) | 0;
  stack[b + 1] = difference;
  borrow = ((~x & y) | ((~x | y) & difference)) >>> 31;
  x = stack[a + 2] as number;
  y = stack[b + 2] as number;
  difference = (x - y - borrow) | 0;
  stack[b + 2] = difference;
  borrow = ((~x & y) | ((~x | y) & difference)) >>> 31;
  x = stack[a + 3] as number;
  y = stack[b + 3] as number;
  difference = (x - y - borrow) | 0;
  stack[b + 3] = difference;
  borrow = ((~x & y) | ((~x | y) & difference)) >>> 31;
  x = stack[a + 4] as number;
  y = stack[b + 4] as number;
  difference = (x - y - borrow) | 0;
  stack[b + 4] = difference;
  borrow = ((~x & y) | ((~x | y) & difference)) >>> 31;
  x = stack[a + 5] as number;
  y = stack[b + 5] as number;
  difference = (x - y - borrow) | 0;
  stack[b + 5] = difference;
  borrow = ((~x & y) | ((~x | y) & difference)) >>> 31;
  x = stack[a + 6] as number;
  y = stack[b + 6] as number;
  difference = (x - y - borrow) | 0;
  stack[b + 6] = difference;
  borrow = ((~x & y) | ((~x | y) & difference)) >>> 31;
  x = stack[a + 7] as number;
  y = stack[b + 7] as number;
  difference = (x - y - borrow) | 0;
  stack[b + 7] = difference;
}

function negate(stack: Uint32Array, at: number): void {
  let borrow = 0;
  for (let index = at; index < at + 8; index++) {
    const limb = stack[index] as number;
    stack[index] = -limb - borrow;
    if (limb !== 0) borrow = 1;
  }
}

// ── Products ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export function mul(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  if (areLimbs(stack, a, b)) {
    const x = stack[a] as number;
    const y = stack[b] as number;
    const high = (x >>> 16) * y;
    // 16 bits of `high` lie in the lower limb.
    const middle = (x & 0xffff) * y + (high % 65_536) * 65_536;
    stack[b] = middle;
    stack[b + 1] = Math.floor(high / 65_536) + Math.floor(middle / TWO_32);
    return;
  }
  const aLimbs = significantLimbs(stack, a);
  const bLimbs = significantLimbs(stack, b);
  multiply(stack, a, aLimbs, stack, b, bLimbs);
  stack[b] = product[0] as number;
  stack[b + 1] = product[1] as number;
  stack[b + 2] = product[2] as number;
  stack[b + 3] = product[3] as number;
  stack[b + 4] = product[4] as number;
  stack[b + 5] = product[5] as number;
  stack[b + 6] = product[6] as number;
  stack[b + 7] = product[7] as number;
}

/** The product modulo 2^256 of items of so many significant limbs, into `product`. */
function multiply(left: Uint32Array, a: number, aLimbs: number, right: Uint32Array, b: number, bLimbs: number): void {
  let carry = 0;
  for (let column = 0; column < 8; column++) {
    const first = column - bLimbs + 1 > 0 ? column - bLimbs + 1 : 0;
    const last = column < aLimbs - 1 ? column : aLimbs - 1;
    // At most 8 products of 48 bits each: exact.
    let low = carry;
    let high = 0;
    for (let index = first; index <= last; index++) {
      const x = left[a + index] as number;
      const y = right[b + column - index] as number;
      low += (x & 0xffff) * y;
      high += (x >>> 16) * y;
    }
    const highLimbs = Math.floor(high / 65_536);
    low += (high - highLimbs * 65_536) * 65_536;
    product[column] = low;
    carry = highLimbs + Math.floor(low / TWO_32);
  }
}

export function exp(stack: Uint32Array, sp: number): void {
  const base = sp - 8;
  const exponent = sp - 16;
  const limbs = significantLimbs(stack, exponent);
  if (isLimb(stack, base) && stack[base] === 2) {
    const shift = toOffset(stack, exponent);
    setAll(stack, exponent, 0);
    if (shift < 256) stack[exponent + (shift >> 5)] = 1 << (shift & 31);
    return;
  }
  const bits = limbs === 0 ? 0 : 32 * limbs - Math.clz32(stack[exponent + limbs - 1] as number);
  // From the highest digit of the exponent down, each of some bits: the result is raised to the power of 2^bits, and
  // multiplied by the base to the power of the digit, of which `powers` has those that digits can be.
  const digitBits = bits > LONG_EXPONENT ? DIGIT_BITS : 1;
  setLimb(powers, 0, 1);
  for (let index = 0; index < 8; index++) powers[8 + index] = stack[base + index] as number;
  for (let power = 2; power < 1 << digitBits; power++) multiplyPowers(8 * power, 8 * power - 8, 8);
  setLimb(powers, RESULT, 1);
  let isOne = true;
  for (let start = digitBits * Math.ceil(bits / digitBits) - digitBits; start >= 0; start -= digitBits) {
    if (!isOne) for (let square = 0; square < digitBits; square++) multiplyPowers(RESULT, RESULT, RESULT);
    // A digit does not reach over the end of a limb.
    const digit = ((stack[exponent + (start >> 5)] as number) >>> (start & 31)) & ((1 << digitBits) - 1);
    if (digit === 0) continue;
    if (isOne) powers.copyWithin(RESULT, 8 * digit, 8 * digit + 8);
    else multiplyPowers(RESULT, RESULT, 8 * digit);
    isOne = false;
  }
  for (let index = 0; index < 8; index++) stack[exponent + index] = powers[RESULT + index] as number;
}

function multiplyPowers(target: number, left: number, right: number): void {
  multiply(powers, left, significantLimbs(powers, left), powers, right, significantLimbs(powers, right));
  powers.set(product, target);
}

// ── Quotients ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function div(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  const bLimbs = significantLimbs(stack, b);
  if (bLimbs === 0) return;
  const aLimbs = significantLimbs(stack, a);
  if (isShort(stack, a, aLimbs) && isShort(stack, b, bLimbs)) {
    setNumber(stack, b, Math.floor(toNumber(stack, a) / toNumber(stack, b)));
  } else if (isLess(stack, a, b)) {
    setAll(stack, b, 0);
  } else {
    quotientOf(stack, a, b, b);
  }
}

export function mod(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  const bLimbs = significantLimbs(stack, b);
  if (bLimbs === 0) return;
  const aLimbs = significantLimbs(stack, a);
  if (isShort(stack, a, aLimbs) && isShort(stack, b, bLimbs)) {
    const dividend = toNumber(stack, a);
    const divisor = toNumber(stack, b);
    setNumber(stack, b, dividend - Math.floor(dividend / divisor) * divisor);
  } else if (isLess(stack, a, b)) {
    copyWord(stack, a, b);
  } else {
    remainderOf(stack, a, b, b);
  }
}

/** Whether an item of so many significant limbs is below 2^52, where quotients of doubles round down exactly. */
function isShort(stack: Uint32Array, at: number, limbs: number): boolean {
  return limbs < 2 || (limbs === 2 && (stack[at + 1] as number) < 0x100000);
}

/** An item below 2^64, exact below 2^53. */
function toNumber(stack: Uint32Array, at: number): number {
  return (stack[at + 1] as number) * TWO_32 + (stack[at] as number);
}

export function sdiv(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  const isResultNegative = isNegative(stack, a) !== isNegative(stack, b);
  if (isNegative(stack, a)) negate(stack, a);
  if (isNegative(stack, b)) negate(stack, b);
  div(stack, sp);
  if (isResultNegative) negate(stack, b);
}

export function smod(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  const isResultNegative = isNegative(stack, a);
  if (isResultNegative) negate(stack, a);
  if (isNegative(stack, b)) negate(stack, b);
  mod(stack, sp);
  if (isResultNegative) negate(stack, b);
}

/** Of the top three items; the result takes the place of the third. */
export function addmod(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  const modulus = sp - 24;
  if (isLess(stack, a, modulus) && isLess(stack, b, modulus)) {
    // The sum is below twice the modulus: it is subtracted once if the sum has 257 bits or is not below it.
    add(stack, sp);
    const hasOverflowed = isLess(stack, b, a);
    if (hasOverflowed || !isLess(stack, b, modulus)) sub(stack, modulus + 16);
    else copyWord(stack, b, modulus);
    return;
  }
  if (isZero(stack, modulus)) return;
  remainderOfSum(stack, a, b, modulus);
}

/** Of the top three items; the result takes the place of the third. */
export function mulmod(stack: Uint32Array, sp: number): void {
  const a = sp - 8;
  const b = sp - 16;
  const modulus = sp - 24;
  if (isZero(stack, modulus)) return;
  remainderOfProduct(stack, a, b, modulus);
}

/** Bytes of an item without the leading zeros. */
export function significantBytes(stack: Uint32Array, at: number): number {
  const limbs = significantLimbs(stack, at);
  return limbs === 0 ? 0 : 4 * limbs - (Math.clz32(stack[at + limbs - 1] as number) >> 3);
}

// ── Conversions ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function toBigint(stack: Uint32Array, at: number): bigint {
  const limbs = significantLimbs(stack, at);
  if (limbs <= 1) return BigInt(stack[at] as number);
  for (let index = 0; index < 8; index++) limbsOfBuffer[index] = stack[at + index] as number;
  const low = quarters[0] as bigint;
  if (limbs <= 2) return low;
  const lower = ((quarters[1] as bigint) << 64n) | low;
  if (limbs <= 4) return lower;
  return ((quarters[3] as bigint) << 192n) | ((quarters[2] as bigint) << 128n) | lower;
}

/** An item as a two's complement number. */
export function toSignedBigint(stack: Uint32Array, at: number): bigint {
  const value = toBigint(stack, at);
  return value >= SIGN_BIT ? value - MASK_256 - 1n : value;
}

/** Sets an item to a natural number below 2^256. */
export function fromBigint(stack: Uint32Array, at: number, value: bigint): void {
  if (value < 0x1_0000_0000n) {
    setLimb(stack, at, Number(value));
    return;
  }
  // An element keeps the lowest 64 bits of what it is set to.
  quarters[0] = value;
  if (value < 0x1_0000_0000_0000_0000n) {
    quarters[1] = quarters[2] = quarters[3] = 0n;
  } else {
    quarters[1] = value >> 64n;
    quarters[2] = value >> 128n;
    quarters[3] = value >> 192n;
  }
  for (let index = 0; index < 8; index++) stack[at + index] = limbsOfBuffer[index] as number;
}

/** Sets an item to the number whose big-endian form is `length` ≤ 32 bytes from `offset`; bytes beyond the end are 0. */
export function fromBytes(stack: Uint32Array, at: number, bytes: Uint8Array, offset: number, length: number): void {
  setAll(stack, at, 0);
  const end = Math.min(offset + length, bytes.length);
  for (let index = offset; index < end; index++) {
    const place = offset + length - 1 - index;
    const limb = at + (place >> 2);
    stack[limb] = (stack[limb] as number) | ((bytes[index] as number) << (8 * (place & 3)));
  }
}

/** Sets an item to the 32 big-endian bytes at `offset`. */
export function load(stack: Uint32Array, at: number, view: DataView, offset: number): void {
  stack[at + 7] = view.getUint32(offset);
  stack[at + 6] = view.getUint32(offset + 4);
  stack[at + 5] = view.getUint32(offset + 8);
  stack[at + 4] = view.getUint32(offset + 12);
  stack[at + 3] = view.getUint32(offset + 16);
  stack[at + 2] = view.getUint32(offset + 20);
  stack[at + 1] = view.getUint32(offset + 24);
  stack[at] = view.getUint32(offset + 28);
}

/** Sets an item to the `length` big-endian bytes at `offset`, 1 to 32; at least 4 bytes can be read there. */
export function loadShort(stack: Uint32Array, at: number, view: DataView, offset: number, length: number): void {
  if (length === 32) {
    load(stack, at, view, offset);
    return;
  }
  setAll(stack, at, 0);
  const rest = length & 3;
  let index = at;
  for (let place = offset + length - 4; place >= offset; place -= 4) stack[index++] = view.getUint32(place);
  if (rest !== 0) stack[index] = view.getUint32(offset) >>> (32 - 8 * rest);
}

/** Writes an item as 32 big-endian bytes to `offset`. */
export function store(stack: Uint32Array, at: number, view: DataView, offset: number): void {
  view.setUint32(offset, stack[at + 7] as number);
  view.setUint32(offset + 4, stack[at + 6] as number);
  view.setUint32(offset + 8, stack[at + 5] as number);
  view.setUint32(offset + 12, stack[at + 4] as number);
  view.setUint32(offset + 16, stack[at + 3] as number);
  view.setUint32(offset + 20, stack[at + 2] as number);
  view.setUint32(offset + 24, stack[at + 1] as number);
  view.setUint32(offset + 28, stack[at] as number);
}

/** Writes an item as 32 big-endian bytes from `offset` on. */
export function toBytes(stack: Uint32Array, at: number, bytes: Uint8Array, offset: number): void {
  for (let index = 0; index < 8; index++) {
    const limb = stack[at + 7 - index] as number;
    const place = offset + 4 * index;
    bytes[place] = limb >>> 24;
    bytes[place + 1] = limb >>> 16;
    bytes[place + 2] = limb >>> 8;
    bytes[place + 3] = limb;
  }
}

/** Every 16-bit number as 4 hexadecimal digits. */
const DIGITS: readonly string[] = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, "0"));
const ZERO_PREFIX = `0x${"0".repeat(56)}`;

function limbDigits(limb: number): string {
  return (DIGITS[limb >>> 16] as string) + (DIGITS[limb & 0xffff] as string);
}

/** An item as a hash or a storage key. */
export function toHash(stack: Uint32Array, at: number): Hash {
  if (isLimb(stack, at)) return (ZERO_PREFIX + limbDigits(stack[at] as number)) as Hash;
  let digits = "0x";
  for (let index = 7; index >= 0; index--) digits += limbDigits(stack[at + index] as number);
  return digits as Hash;
}

/** The address in the lower 20 bytes of an item. */
export function toAddress(stack: Uint32Array, at: number): Address {
  let digits = "0x";
  for (let index = 4; index >= 0; index--) digits += limbDigits(stack[at + index] as number);
  return digits as Address;
}

/** Texts that were last made to items, and their limbs: instructions push the same addresses and hashes again and again. */
const RECENT_TEXTS = 8;
const recentTexts: (Hex | undefined)[] = Array.from({ length: RECENT_TEXTS });
const recentLimbs = new Uint32Array(8 * RECENT_TEXTS);
let oldestText = 0;

/** Sets an item to an address, a hash, or any number of at most 32 bytes in hex. */
export function fromHex(stack: Uint32Array, at: number, hex: Hex): void {
  let place = recentTexts.indexOf(hex);
  if (place < 0) {
    place = oldestText;
    oldestText = (oldestText + 1) % RECENT_TEXTS;
    recentTexts[place] = hex;
    let end = hex.length;
    for (let index = 8 * place; index < 8 * place + 8; index++) {
      const begin = Math.max(2, end - 8);
      recentLimbs[index] = end > 2 ? Number.parseInt(hex.slice(begin, end), 16) : 0;
      end = begin;
    }
  }
  copyLimbs(recentLimbs, 8 * place, stack, at);
}

function copyLimbs(source: Uint32Array, from: number, target: Uint32Array, to: number): void {
  for (let index = 0; index < 8; index++) target[to + index] = source[from + index] as number;
}
