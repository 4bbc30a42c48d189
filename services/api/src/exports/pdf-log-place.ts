import { printedText, readEntry, readProof } from '@margay/ledger';
import type { LoggedReport } from '@margay/storage';
import { keyChangesText } from './log-files.ts';
import { qrCodeOf } from './qr-code.ts';

type Pdf = PDFKit.PDFDocument;

/** Points on a side of the QR code: a phone reads it from paper. */
const QR_SIDE = 150;
const GAP = 12;
const INK = '#1c2430';

/** How much of a page what is printed of a report's place in the log takes, at most, in points. */
export const LOG_PLACE_HEIGHT = 200;

/**
 * Where a report is in the log, for whoever has the paper: the log's signed head as text and as a QR code. For whoever has the file, its
 * entry and proof are attached.
 */
export function logPlace(pdf: Pdf, logged: LoggedReport, margin: number): void {
  const { entry, proof, checkpoint } = logged;
  const { run, digest } = readEntry(entry);
  const text = printedText({ run, digest, index: readProof(Buffer.from(proof)).index, checkpoint });
  const top = pdf.y;
  qrCode(pdf, text, margin, top);
  const x = margin + QR_SIDE + GAP;
  const width = pdf.page.width - margin - x;
  pdf.fillColor(INK).font('Helvetica').fontSize(9);
  pdf.text(WORDS, x, top, { width });
  pdf.moveDown(0.5).font('Courier').fontSize(6.5).text(text, x, pdf.y, { width });
  pdf.x = margin;
  pdf.y = Math.max(pdf.y, top + QR_SIDE + GAP);
  pdf.file(Buffer.from(entry), { name: 'log-entry.json', type: 'application/json' });
  pdf.file(Buffer.from(proof), { name: 'report.tlog-proof', type: 'text/plain' });
  const changes = keyChangesText(logged);
  if (changes !== undefined)
    pdf.file(Buffer.from(changes), { name: 'log-key-changes.json', type: 'application/json' });
}

const WORDS =
  'The log of reports has the report with this digest. Here and in the code is the signed head of the log; attached to the file are the ' +
  'entry and its proof. margay verify checks both. That these pages say what the report says is shown by evidence.zip alone.';

function qrCode(pdf: Pdf, text: string, x: number, y: number): void {
  const { size, dark } = qrCodeOf(text);
  const side = QR_SIDE / size;
  for (const { row, column, length } of dark)
    pdf.rect(x + column * side, y + row * side, length * side, side);
  pdf.fill('#000000');
}
