/** Reads a CycloneDX SBOM from standard input and writes it without its serial number and time, so that it can be made again. */
import { readFileSync } from 'node:fs';

interface Sbom {
  serialNumber?: string;
  metadata?: { timestamp?: string };
}

const sbom = JSON.parse(readFileSync(0, 'utf8')) as Sbom;
delete sbom.serialNumber;
delete sbom.metadata?.timestamp;
process.stdout.write(`${JSON.stringify(sbom, undefined, 1)}\n`);
