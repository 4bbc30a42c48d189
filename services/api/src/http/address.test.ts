import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf, networkOf } from './address.ts';

/** Eight groups, many of them zero and some of IPv4 in IPv6. */
const groups = fc.oneof(
  fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }),
  fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map((last) => [0, 0, 0, 0, 0, 0xffff, ...last]),
);

const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** A way to write an address: which zeros are left out, how long each group is, in which case, and with what behind it. */
interface Way {
  readonly from: number;
  readonly count: number;
  readonly isPadded: boolean;
  readonly isUpper: boolean;
  readonly isDotted: boolean;
  readonly zone: string;
}

const way: fc.Arbitrary<Way> = fc.record({
  from: fc.nat(7),
  count: fc.nat(8),
  isPadded: fc.boolean(),
  isUpper: fc.boolean(),
  isDotted: fc.boolean(),
  zone: fc.constantFrom('', '%eth0', '%1'),
});

function written(address: readonly number[], as: Way): string {
  const texts = address.map((group) => group.toString(16).padStart(as.isPadded ? 4 : 1, '0'));
  if (as.isDotted) texts.splice(6, 2, dotted(address[6]!, address[7]!));
  const to = Math.min(as.from + as.count, as.isDotted ? 6 : 8);
  const isShort = to > as.from && address.slice(as.from, to).every((group) => group === 0);
  const text = isShort
    ? `${texts.slice(0, as.from).join(':')}::${texts.slice(to).join(':')}`
    : texts.join(':');
  return `${as.isUpper ? text.toUpperCase() : text}${as.zone}`;
}

/** The first 64 bits, or IPv4, as Node has them. */
function isSameNetwork(one: readonly number[], other: string): boolean {
  const list = new BlockList();
  const isMapped = one.slice(0, 5).every((group) => group === 0) && one[5] === 0xffff;
  if (isMapped) list.addAddress(dotted(one[6]!, one[7]!), 'ipv4');
  else list.addSubnet(one.map((group) => group.toString(16)).join(':'), 64, 'ipv6');
  return list.check(other.replace(/%.*$/, ''), isIP(other) === 6 ? 'ipv6' : 'ipv4');
}

test('however an address is written, it is one, and the one that Node knows', () => {
  fc.assert(
    fc.property(groups, way, way, (address, one, other) => {
      const texts = [written(address, one), written(address, other)];
      expect(texts.map((text) => isIP(text))).toEqual([6, 6]);
      const [found, again] = texts.map(addressOf);
      expect(found).toBe(again);
      const list = new BlockList();
      list.addAddress(written(address, { ...one, zone: '' }), 'ipv6');
      expect(list.check(found!, isIP(found!) === 6 ? 'ipv6' : 'ipv4')).toBe(true);
      expect(addressOf(found!)).toBe(found);
    }),
    { numRuns: 3000 },
  );
});

test('two addresses count as one where Node says that they are of one network of 64 bits, or are one of IPv4', () => {
  const near = fc
    .tuple(groups, fc.nat(7), fc.nat(0xffff))
    .map(([address, at, group]) => [address, address.with(at, group)]);
  fc.assert(
    fc.property(near, way, way, ([one, other], a, b) => {
      const isMapped = (text: readonly number[]) => isIP(addressOf(written(text, a))!) === 4;
      // IPv4 in IPv6 lies in a network of IPv6 too, but is not counted as that.
      fc.pre(isMapped(one!) === isMapped(other!));
      expect(networkOf(written(one!, a)) === networkOf(written(other!, b))).toBe(
        isSameNetwork(one!, written(other!, b)),
      );
    }),
    { numRuns: 3000 },
  );
});

test.each([
  '',
  'unknown',
  '1.2.3',
  '01.2.3.4',
  '0x7f.0.0.1',
  '2130706433',
  '1.2.3.4:80',
  '[::1]',
  '1::2::3',
  '1.2.3.4%eth0',
])('%j is no address', (text) => {
  expect([addressOf(text), networkOf(text)]).toEqual([undefined, text]);
});
