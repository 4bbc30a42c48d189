/** Of the lengths 3 to 258 and of the distances: how many more bits say which, by their codes. RFC 1951, 3.2.5. */
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const basesOf = (bits: readonly number[], first: number): readonly number[] => {
  let base = first;
  return bits.map((more) => {
    const own = base;
    base += 2 ** more;
    return own;
  });
};
/** The last length has a code of its own. */
const LENGTHS = basesOf(LENGTH_BITS, 3).with(28, 258);
const DISTANCES = basesOf(DISTANCE_BITS, 1);

/** Symbols by their codes: how many codes there are of each length, and the symbols in the order of their codes. */
interface Codes {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

function codesOf(lengths: readonly number[]): Codes {
  const counts = Array.from({ length: 16 }, (_, bits) => lengths.filter((length) => length === bits).length);
  counts[0] = 0;
  const symbols = lengths
    .map((length, symbol) => ({ length, symbol }))
    .filter(({ length }) => length > 0)
    .sort((a, b) => a.length - b.length || a.symbol - b.symbol)
    .map(({ symbol }) => symbol);
  return { counts, symbols };
}

const FIXED_LENGTHS = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
const FIXED = { lengths: codesOf(FIXED_LENGTHS), distances: codesOf(Array.from({ length: 30 }, () => 5)) };

/** Of each byte, what it makes of a checksum. RFC 1952, 8. */
const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

function checksumOf(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ CHECKSUMS[(sum ^ byte) & 0xff]!;
  return (sum ^ 0xffffffff) >>> 0;
}

/** What is no gzip, or ends too early, or is too long, or is not what its checksum says. */
class Broken extends Error {}

/**
 * What the first member of a gzip holds; undefined where it is none, is damaged, or holds more than `sizeMax` bytes. For what stands in
 * texts: whole logs are unpacked as they are read, by faster means.
 */
export function gunzipped(packed: Uint8Array, sizeMax: number): Uint8Array | undefined {
  if (packed[0] !== 0x1f || packed[1] !== 0x8b || packed[2] !== 8) return undefined;
  try {
    return new Inflater(packed, headerSize(packed), sizeMax).all();
  } catch (error) {
    if (error instanceof Broken) return undefined;
    throw error;
  }
}

/** RFC 1952, 2.3. */
function headerSize(packed: Uint8Array): number {
  const flags = packed[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + (packed[at] ?? 0) + 256 * (packed[at + 1] ?? 0);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    while (at < packed.length && packed[at] !== 0) at++;
    at++;
  }
  return flags & 2 ? at + 2 : at;
}

class Inflater {
  readonly #packed: Uint8Array;
  readonly #sizeMax: number;
  #at: number;
  #bits = 0;
  #bitCount = 0;
  #out = new Uint8Array(65_536);
  #size = 0;

  constructor(packed: Uint8Array, at: number, sizeMax: number) {
    this.#packed = packed;
    this.#at = at;
    this.#sizeMax = sizeMax;
  }

  all(): Uint8Array {
    for (let isLast = false; !isLast;) {
      isLast = this.#take(1) === 1;
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#block(FIXED.lengths, FIXED.distances);
      else if (type === 2) this.#block(...this.#dynamicCodes());
      else throw new Broken();
    }
    const whole = this.#out.subarray(0, this.#size);
    // What is left of the last byte is filled up.
    if (this.#number() !== checksumOf(whole) || this.#number() !== this.#size) throw new Broken();
    return whole;
  }

  /** Four bytes, the lowest first. */
  #number(): number {
    let number = 0;
    for (const place of [1, 2 ** 8, 2 ** 16, 2 ** 24]) number += place * this.#byte();
    return number;
  }

  #stored(): void {
    [this.#bits, this.#bitCount] = [0, 0];
    const length = this.#byte() + 256 * this.#byte();
    this.#at += 2;
    for (let i = 0; i < length; i++) this.#put(this.#byte());
  }

  #block(lengths: Codes, distances: Codes): void {
    for (;;) {
      const symbol = this.#symbol(lengths);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#put(symbol);
        continue;
      }
      const length = (LENGTHS[symbol - 257] ?? NaN) + this.#take(LENGTH_BITS[symbol - 257] ?? 0);
      const code = this.#symbol(distances);
      const distance = (DISTANCES[code] ?? NaN) + this.#take(DISTANCE_BITS[code] ?? 0);
      if (!(length > 0) || !(distance <= this.#size)) throw new Broken();
      for (let i = 0; i < length; i++) this.#put(this.#out[this.#size - distance]!);
    }
  }

  #dynamicCodes(): [Codes, Codes] {
    const [lengths, distances, codes] = [this.#take(5) + 257, this.#take(5) + 1, this.#take(4) + 4];
    const own = Array.from({ length: 19 }, () => 0);
    for (const symbol of CODE_LENGTH_ORDER.slice(0, codes)) own[symbol] = this.#take(3);
    const ofLengths = codesOf(own);
    const all: number[] = [];
    while (all.length < lengths + distances) {
      const symbol = this.#symbol(ofLengths);
      if (symbol < 16) all.push(symbol);
      else {
        const value = symbol === 16 ? (all.at(-1) ?? 0) : 0;
        const count =
          symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
        for (let i = 0; i < count; i++) all.push(value);
      }
    }
    return [codesOf(all.slice(0, lengths)), codesOf(all.slice(lengths, lengths + distances))];
  }

  #symbol({ counts, symbols }: Codes): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length++) {
      code += this.#take(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) * 2;
      code *= 2;
    }
    throw new Broken();
  }

  #take(count: number): number {
    while (this.#bitCount < count) {
      this.#bits |= this.#byte() << this.#bitCount;
      this.#bitCount += 8;
    }
    const taken = this.#bits & (2 ** count - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return taken;
  }

  #byte(): number {
    const byte = this.#packed[this.#at++];
    if (byte === undefined) throw new Broken();
    return byte;
  }

  #put(byte: number): void {
    if (this.#size === this.#sizeMax) throw new Broken();
    if (this.#size === this.#out.length) {
      const longer = new Uint8Array(2 * this.#out.length);
      longer.set(this.#out);
      this.#out = longer;
    }
    this.#out[this.#size++] = byte;
  }
}
