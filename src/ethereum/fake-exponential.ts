/** `factor` × e^(`numerator` ÷ `denominator`), rounded down term by term: `fake_exponential` of EIP-4844. `denominator` > 0. */
export function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let sum = 0n;
  let term = factor * denominator;
  for (let index = 1n; term > 0n; index++) {
    sum += term;
    term = (term * numerator) / (denominator * index);
  }
  return sum / denominator;
}
