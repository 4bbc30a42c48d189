import { DEFAULT_GROUP } from '../custom-resources/report-types.ts';
import { neededRules, type Part } from './needed-rules.ts';

const PARTS: readonly Part[] = ['ingestor', 'scheduler', 'worker', 'api'];

/** Stands in the chart for the API group of GlobalReports, which is a value there. */
const GROUP = `${DEFAULT_GROUP}/GROUP`;

/** The rules of every part as the chart reads them. */
export const rulesFile = (): string =>
  `${JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, neededRules(part, GROUP)])), undefined, 2)}\n`;
