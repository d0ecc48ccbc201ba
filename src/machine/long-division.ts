// Quotients and remainders of items of word.ts by long division in doubles.
//
// Numbers are digits of 24 bits here, least significant first: three limbs of 32 bits are four digits. A sum of 32 products
// of two digits is exact as a double, and because doubles have signs, digits need no carries while numbers are added up: a
// digit stands for itself times 2^(24·position), however large or negative it has become. The dividend is made smaller two
// digits of the quotient at a time: they are estimated from its leading digits, and `estimate × divisor` is subtracted. A
// wrong estimate does not matter as long as it is near, since what is left, positive or negative, is divided again: the
// next digits of the quotient make up for it. (Knuth's algorithm D, The Art of Computer Programming §4.3.1, corrects each
// digit and propagates borrows each time.)
//
// Bounds, with B = 2^24, D the divisor and E the place value of the lower of the two digits: the estimate is at most 1.2 off
// (1/2 from rounding, 1/2 from the dividend's leading digits where the divisor's first one is 1, below 1/8 from the roundings
// of the product), so what is left is below 1.2·D·E, the higher of the next two digits below 1.2·B + 1, and the lower one at
// most B / 2. A position of the dividend holds a sum of at most 11 products of digits at first and takes part in at most 7
// subtractions of two products: in all below 2^52.5.

/** Value of a digit's place, relative to the one below. */
const BASE = 16_777_216;
const INVERSE_BASE = 1 / BASE;
/** Doubles within 2^50 of it have no fraction. */
const ROUNDING = 1.5 * 2 ** 52;
const DIGIT_MASK = BASE - 1;
const DIGIT_BITS = 24;
/** Digits of a word, the last of 16 bits. */
const WORD_DIGITS = 11;

// Digit i lies at i + PAD: the leading digits of short numbers are looked for up to three places below the first, where
// zeros are.
const PAD = 3;
const other = new Float64Array(PAD + WORD_DIGITS + 1);
/** The divisor; a factor before. */
const factor = new Float64Array(PAD + WORD_DIGITS + 1);
/** What is divided, and then what is left of it; two zeros above 22 digits. */
const dividend = new Float64Array(PAD + 2 * WORD_DIGITS + 3);
/** Digits with signs, of which a quotient that is asked for has at most 12. */
const quotient = new Int32Array(2 * WORD_DIGITS + 2);
/** Digits without signs, but for the last one, which has that of the number. */
const remainder = new Int32Array(WORD_DIGITS + 1);

/** `stack[a] ÷ stack[b]` to `at`; the divisor is not 0. */
export function quotientOf(stack: Uint32Array, a: number, b: number, at: number): void {
  const divisorDigits = toDigits(stack, b, factor);
  const digits = divideBy(divisorDigits, toDigits(stack, a, dividend));
  correct(divisorDigits);
  carryDigits(quotient, digits);
  toLimbs(quotient, digits, stack, at);
}

/** `stack[a] modulo stack[b]` to `at`; the modulus is not 0. */
export function remainderOf(stack: Uint32Array, a: number, b: number, at: number): void {
  reduce(toDigits(stack, a, dividend), stack, b, at);
}

/** `(stack[a] + stack[b]) modulo stack[modulus]`, to the place of the modulus, which is not 0. */
export function remainderOfSum(stack: Uint32Array, a: number, b: number, modulus: number): void {
  toDigits(stack, a, dividend);
  toDigits(stack, b, other);
  for (let index = PAD; index < PAD + WORD_DIGITS; index++) {
    dividend[index] = (dividend[index] as number) + (other[index] as number);
  }
  reduce(WORD_DIGITS, stack, modulus, modulus);
}

/** `(stack[a] × stack[b]) modulo stack[modulus]`, to the place of the modulus, which is not 0. */
export function remainderOfProduct(stack: Uint32Array, a: number, b: number, modulus: number): void {
  const otherDigits = toDigits(stack, a, other);
  const factorDigits = toDigits(stack, b, factor);
  const digits = otherDigits + factorDigits;
  dividend.fill(0, PAD, PAD + digits + 1);
  for (let place = 0; place < otherDigits; place += 2) {
    addMultiple(other[PAD + place] as number, other[PAD + place + 1] as number, place, factorDigits);
  }
  reduce(digits, stack, modulus, modulus);
}

/** The remainder of so many digits of `dividend`. */
function reduce(digits: number, stack: Uint32Array, modulus: number, at: number): void {
  const divisorDigits = toDigits(stack, modulus, factor);
  divideBy(divisorDigits, digits);
  correct(divisorDigits);
  toLimbs(remainder, divisorDigits, stack, at);
}

/**
 * Divides the number of at most `digits` digits in `dividend`, a natural number that need not be carried, by the one in `factor`. Makes
 * `quotient` and, in `dividend`, what is left, which may be off by twice the divisor in both directions. Gives the number of digits of the quotient.
 */
function divideBy(divisorDigits: number, digits: number): number {
  // An even number of digits, which may be a zero more than there are.
  const quotientDigits = digits < divisorDigits ? 0 : (digits - divisorDigits + 2) & ~1;
  const top = PAD + divisorDigits - 1;
  const inverse =
    1 /
    ((factor[top] as number) +
      ((factor[top - 1] as number) +
        ((factor[top - 2] as number) + (factor[top - 3] as number) * INVERSE_BASE) * INVERSE_BASE) *
        INVERSE_BASE);
  const end = PAD + quotientDigits + divisorDigits;
  for (let index = PAD + digits; index <= end; index++) dividend[index] = 0;

  for (let place = quotientDigits - 2; place >= 0; place -= 2) {
    const leading = top + place + 1;
    const above = (dividend[leading + 2] as number) * BASE + (dividend[leading + 1] as number);
    const head = above * BASE + (dividend[leading] as number);
    const estimate =
      (head +
        ((dividend[leading - 1] as number) +
          ((dividend[leading - 2] as number) + (dividend[leading - 3] as number) * INVERSE_BASE) * INVERSE_BASE) *
          INVERSE_BASE) *
      inverse;
    const high = round(estimate);
    const low = round((estimate - high) * BASE);
    quotient[place + 1] = high;
    quotient[place] = low;
    dividend[leading] = head;
    addMultiple(-low, -high, place, divisorDigits);
  }
  return quotientDigits;
}

/**
 * Adds `(low + high·B) × factor × B^place` to the dividend. From above, because the next estimate needs the leading digits:
 * the processor makes it while the others are still being added.
 */
function addMultiple(low: number, high: number, place: number, digits: number): void {
  let digit = 0;
  for (let index = PAD + digits; index >= PAD; index--) {
    const below = factor[index - 1] as number;
    dividend[place + index] = (dividend[place + index] as number) + (low * digit + high * below);
    digit = below;
  }
}

/** The nearest integer to a number below 2^50, faster than Math.round. */
function round(value: number): number {
  return value + ROUNDING - ROUNDING;
}

/** Brings what is left in `dividend` into the range of remainders, as `remainder`, and makes up for it in `quotient`. */
function correct(divisorDigits: number): void {
  // First every digit passes on what it has too much, which leaves numbers of 32 bits. (In one loop it takes twice as long.)
  let excess = 0;
  for (let index = 0; index < divisorDigits; index++) {
    const digit = dividend[PAD + index] as number;
    const multiple = round(digit * INVERSE_BASE);
    remainder[index] = digit - multiple * BASE + excess;
    excess = multiple;
  }
  remainder[divisorDigits] = (dividend[PAD + divisorDigits] as number) + excess;
  const carry = carryDigits(remainder, divisorDigits);
  remainder[divisorDigits] = remainder[divisorDigits] + carry;
  while (remainder[divisorDigits] < 0) addDivisor(divisorDigits, 1);
  while (!isBelowDivisor(divisorDigits)) addDivisor(divisorDigits, -1);
}

/** Makes so many digits natural numbers below B; gives what is to be added to the next one. */
function carryDigits(digits: Int32Array, count: number): number {
  let carry = 0;
  for (let index = 0; index < count; index++) {
    const digit = (digits[index] as number) + carry;
    digits[index] = digit & DIGIT_MASK;
    carry = digit >> DIGIT_BITS;
  }
  return carry;
}

/** Adds the divisor to `remainder`, or subtracts it, and corrects the quotient. */
function addDivisor(divisorDigits: number, sign: 1 | -1): void {
  for (let index = 0; index < divisorDigits; index++) {
    remainder[index] = (remainder[index] as number) + sign * (factor[PAD + index] as number);
  }
  const carry = carryDigits(remainder, divisorDigits);
  remainder[divisorDigits] = (remainder[divisorDigits] as number) + carry;
  quotient[0] = (quotient[0] as number) - sign;
}

function isBelowDivisor(divisorDigits: number): boolean {
  if (remainder[divisorDigits] !== 0) return false;
  let index = divisorDigits - 1;
  while (index > 0 && remainder[index] === factor[PAD + index]) index--;
  return (remainder[index] as number) < (factor[PAD + index] as number);
}

/** Sets digits to those of an item; gives their number without leading zeros. */
function toDigits(stack: Uint32Array, at: number, digits: Float64Array): number {
  const limb1 = stack[at + 1] as number;
  const limb4 = stack[at + 4] as number;
  const limb7 = stack[at + 7] as number;
  const limb0 = stack[at] as number;
  const limb2 = stack[at + 2] as number;
  const limb3 = stack[at + 3] as number;
  const limb5 = stack[at + 5] as number;
  const limb6 = stack[at + 6] as number;
  digits[PAD] = limb0 & DIGIT_MASK;
  digits[PAD + 1] = (limb0 >>> 24) | ((limb1 & 0xffff) << 8);
  digits[PAD + 2] = (limb1 >>> 16) | ((limb2 & 0xff) << 16);
  digits[PAD + 3] = limb2 >>> 8;
  digits[PAD + 4] = limb3 & DIGIT_MASK;
  digits[PAD + 5] = (limb3 >>> 24) | ((limb4 & 0xffff) << 8);
  digits[PAD + 6] = (limb4 >>> 16) | ((limb5 & 0xff) << 16);
  digits[PAD + 7] = limb5 >>> 8;
  digits[PAD + 8] = limb6 & DIGIT_MASK;
  digits[PAD + 9] = (limb6 >>> 24) | ((limb7 & 0xffff) << 8);
  digits[PAD + 10] = limb7 >>> 16;
  let count = WORD_DIGITS;
  while (count > 0 && digits[PAD + count - 1] === 0) count--;
  return count;
}

/** Sets an item to so many carried digits. */
function toLimbs(digits: Int32Array, count: number, stack: Uint32Array, at: number): void {
  for (let index = count; index < WORD_DIGITS; index++) digits[index] = 0;
  for (let digit = 0, limb = at; digit < 12; digit += 4) {
    const digit1 = digits[digit + 1] as number;
    const digit2 = digits[digit + 2] as number;
    stack[limb++] = (digits[digit] as number) | (digit1 << 24);
    stack[limb++] = (digit1 >>> 8) | (digit2 << 16);
    if (digit < 8) stack[limb++] = (digit2 >>> 16) | ((digits[digit + 3] as number) << 8);
  }
}
