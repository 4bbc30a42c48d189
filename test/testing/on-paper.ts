import { execFileSync } from 'node:child_process';
import jsQR from 'jsqr';

/** What of the log stands on the first page of a PDF, as a person copies it, down to the end of the page (poppler). */
export function typedOff(pdf: string): string {
  const page = execFileSync('pdftotext', ['-l', '1', '-layout', pdf, '-'], { encoding: 'utf8' });
  return page.slice(page.indexOf('margay.io/printed-checkpoint@v1'));
}

/** What the QR code on the first page of a PDF says, of the page as a camera sees it. */
export function scanned(pdf: string): string {
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const file = execFileSync('pdftoppm', ['-l', '1', '-r', '200', '-gray', '-singlefile', pdf], options);
  const [header, width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(file.toString('latin1')) ?? [];
  const grey = file.subarray(header!.length);
  const pixels = Uint8ClampedArray.from({ length: grey.length * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : grey[i >> 2]!,
  );
  const code = (jsQR as unknown as typeof jsQR.default)(pixels, Number(width), Number(height));
  if (code === null) throw new Error(`No QR code is read on the first page of ${pdf}`);
  return code.data;
}
