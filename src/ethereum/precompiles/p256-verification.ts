import mcl from "mcl-wasm";
import { bigintToBytes32, bytesToBigint } from "../../primitives/index.ts";
import { MCL_FIELD_SIZE, MCL_G1_SIZE, MCL_SCALAR_SIZE, createMclModule } from "./mcl.ts";
import type { Precompile } from "./precompile.ts";

const GAS = 6_900;
const INPUT_LENGTH = 160;
const FIELD_MODULUS = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const GROUP_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const GENERATOR_X = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
const GENERATOR_Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n;

const VALID = bigintToBytes32(1n);
const INVALID = new Uint8Array();

/**
 * Precompile 0x100 (EIP-7951): input hash (32) ‖ r (32) ‖ s (32) ‖ x (32) ‖ y (32), 6,900 gas; output 1 (32), or nothing if
 * the signature is not one of the hash by the key. In WebAssembly: JavaScript takes five times as long, more than its gas
 * pays for.
 */
export async function createP256Verification(): Promise<Precompile> {
  const verify = await createVerifier();
  return {
    gas: () => GAS,
    run: (input) => (input.length === INPUT_LENGTH && verify(input) ? VALID : INVALID),
  };
}

async function createVerifier(): Promise<(input: Uint8Array) => boolean> {
  const module = await createMclModule(mcl.NIST_P256);

  const bytes = module._malloc(MCL_SCALAR_SIZE);
  const points = module._malloc(2 * MCL_G1_SIZE);
  const scalars = module._malloc(2 * MCL_SCALAR_SIZE);
  const divisor = module._malloc(MCL_SCALAR_SIZE);
  const sum = module._malloc(MCL_G1_SIZE);
  const [generator, key] = [points, points + MCL_G1_SIZE];

  const setField = (target: number, value: Uint8Array) => {
    module.HEAP8.set(value, bytes);
    module._mclBnFp_setBigEndianMod(target, bytes, value.length);
  };
  const setScalar = (target: number, value: Uint8Array) => {
    module.HEAP8.set(value, bytes);
    module._mclBnFr_setBigEndianMod(target, bytes, value.length);
  };
  const setPoint = (target: number, x: Uint8Array, y: Uint8Array) => {
    setField(target, x);
    setField(target + MCL_FIELD_SIZE, y);
    module._mclBnFp_setInt32(target + 2 * MCL_FIELD_SIZE, 1);
  };
  setPoint(generator, bigintToBytes32(GENERATOR_X), bigintToBytes32(GENERATOR_Y));

  return (input) => {
    const part = (index: number) => input.subarray(32 * index, 32 * index + 32);
    const [hash, r, s, x, y] = [part(0), part(1), part(2), part(3), part(4)];
    const expected = bytesToBigint(r);
    if (expected === 0n || expected >= GROUP_ORDER) return false;
    const divisorValue = bytesToBigint(s);
    if (divisorValue === 0n || divisorValue >= GROUP_ORDER) return false;
    if (bytesToBigint(x) >= FIELD_MODULUS || bytesToBigint(y) >= FIELD_MODULUS) return false;
    setPoint(key, x, y);
    if (module._mclBnG1_isValid(key) !== 1) return false;

    // hash ÷ s × G + r ÷ s × key
    setScalar(divisor, s);
    for (const [index, value] of [hash, r].entries()) {
      const scalar = scalars + index * MCL_SCALAR_SIZE;
      setScalar(scalar, value);
      module._mclBnFr_div(scalar, scalar, divisor);
    }
    module._mclBnG1_mulVec(sum, points, scalars, 2);
    if (module._mclBnG1_isZero(sum) === 1) return false;
    module._mclBnG1_normalize(sum, sum);
    const size = module._mclBnFp_getLittleEndian(bytes, MCL_SCALAR_SIZE, sum);
    const found = bytesToBigint(new Uint8Array(module.HEAP8.slice(bytes, bytes + size).buffer).reverse());
    return found % GROUP_ORDER === expected;
  };
}
