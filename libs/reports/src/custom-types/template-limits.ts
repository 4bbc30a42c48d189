import type { Limits } from '@margay/go-template';
import { ROW_KINDS, type Report } from '../report.ts';

/** How much a template of a file may do, and what whoever renders it gives to it. */
export interface TemplateLimits extends Limits {
  readonly seconds: number;
  readonly megabytes: number;
}

/**
 * What a template of a file may do with a report: what any template gets, and more with each row of the report, so that a
 * template whose cost is that of its rows works on a large report too.
 */
export function templateLimits(report: Report): TemplateLimits {
  const rows = ROW_KINDS.reduce((sum, kind) => sum + report[kind].length, 0);
  return {
    work: 3_000_000 + 400 * rows,
    output: 32_000_000 + 1_000 * rows,
    made: 200_000_000 + 10_000 * rows,
    seconds: 4 + Math.floor(rows / 10_000),
    megabytes: 256 + Math.floor(rows / 400),
  };
}

/** What the template of what a list shows may do: it makes one line, with each report, where the report is computed. */
export const SUMMARY_LIMITS: Limits = { work: 1_000_000, output: 65_536, made: 16_000_000 };
