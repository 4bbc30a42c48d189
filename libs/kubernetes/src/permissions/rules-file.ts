import { GROUP_OF_THE_CHART } from '../custom-resources/report-types.ts';
import { neededRules, type Part } from './needed-rules.ts';

const PARTS: readonly Part[] = ['ingestor', 'scheduler', 'worker', 'asker', 'api'];

/** The rules of every part as the chart reads them. */
export const rulesFile = (): string =>
  `${JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, neededRules(part, GROUP_OF_THE_CHART)])), undefined, 2)}\n`;
