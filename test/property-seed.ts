import fc from "fast-check";

/**
 * What the property tests of a whole run draw their cases from: always the same, so that a run says the same of the same
 * code, or what `ONESTEP_TEST_SEED` says (an integer, or `random`), to search further. A file that runs alone searches
 * further each time, and says the seed where it fails.
 */
const seed = process.env["ONESTEP_TEST_SEED"] ?? "1";

if (seed !== "random") {
  if (!/^-?\d{1,9}$/.test(seed)) throw new RangeError(`ONESTEP_TEST_SEED: expected an integer or random, got ${seed}`);
  fc.configureGlobal({ seed: Number(seed) });
}
