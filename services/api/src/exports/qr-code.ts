import { encodeQR } from 'qr';

/** The dark modules of a QR code, run by run: `row` and `column` from 0 on, of `size` in each. */
export interface QrCode {
  /** Modules on a side, with the four light ones around it that readers need. */
  readonly size: number;
  readonly dark: readonly { readonly row: number; readonly column: number; readonly length: number }[];
}

const BORDER = 4;

/** A text of some hundred characters as a QR code, of which 15 % may be unreadable. */
export function qrCodeOf(text: string): QrCode {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: BORDER });
  const dark = rows.flatMap((modules, row) =>
    modules.flatMap((isDark, column) =>
      isDark && modules[column - 1] !== true ? [{ row, column, length: runFrom(modules, column) }] : [],
    ),
  );
  return { size: rows.length, dark };
}

function runFrom(modules: readonly boolean[], column: number): number {
  const end = modules.indexOf(false, column);
  return (end === -1 ? modules.length : end) - column;
}
