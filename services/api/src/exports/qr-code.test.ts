import jsQR from 'jsqr';
import { expect, test } from 'vitest';
import { qrCodeOf } from './qr-code.ts';

/** Pixels for a module, each four bytes. */
const SCALE = 4;

/** What a reader that is not ours sees in it. */
function scanned(text: string): string | undefined {
  const { size, dark } = qrCodeOf(text);
  const side = size * SCALE;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const { row, column, length } of dark)
    for (let y = row * SCALE; y < (row + 1) * SCALE; y++)
      for (let x = column * SCALE; x < (column + length) * SCALE; x++)
        pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
  return (jsQR as unknown as typeof jsQR.default)(pixels, side, side)?.data;
}

test.each([
  'a',
  'a\n\n\u2014 margay/cluster-a mF2/d0JHHp7YaZURfD7TG0XXZGpislbv3akfLTeWyyBE=\n',
  Array.from({ length: 400 }, (_, i) => i % 10).join(''),
])('a reader that is not ours sees the text: %j', (text) => {
  expect(scanned(text)).toBe(text);
});
