import { TemplateProblem } from '@margay/go-template';
import { expect, test } from 'vitest';
import { BOMBS_TO_READ, TEMPLATE_BOMBS } from '../testing/template-bombs.ts';
import { FLOWS, POLICY_EVENTS, SCOPE, TOLD, WINDOW } from '../testing/day.ts';
import { history } from '../testing/history.ts';
import { computeReport } from '../index.ts';
import { readReportTemplate } from './custom-type.ts';
import { templateData } from './report-data.ts';

const report = computeReport({
  name: 'daily',
  cluster: 'prod-1',
  spec: { reportType: 'inventory', endpoints: SCOPE },
  window: WINDOW,
  versions: history(TOLD),
  policyEvents: POLICY_EVENTS,
  flows: FLOWS,
});
const data = templateData(report);

/** A hundredth of what files may do, so that each ends in a hundredth of the time. */
const LIMITS = { work: 40_000, output: 320_000, made: 2_000_000 };
/** More than reading the longest template takes by far, and less than going through it once for each of its characters. */
const MILLISECONDS_MAX = 2_000;

const ended = (act: () => unknown): { readonly says?: string; readonly milliseconds: number } => {
  const start = process.cpuUsage();
  const spent = () => process.cpuUsage(start).user / 1_000;
  try {
    act();
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    return { says: error.message, milliseconds: spent() };
  }
  return { milliseconds: spent() };
};

test.each(TEMPLATE_BOMBS)('$name ends at a limit', ({ template, says }) => {
  const { says: said, milliseconds } = ended(() =>
    readReportTemplate('bomb.txt', template, report, LIMITS).render(data),
  );
  expect(said).toMatch(says);
  expect(said!.length).toBeLessThan(1_000);
  expect(milliseconds).toBeLessThan(MILLISECONDS_MAX);
});

test.each(BOMBS_TO_READ)('$name takes no longer to read than other texts', ({ template, says }) => {
  const { says: said, milliseconds } = ended(() => readReportTemplate('bomb.txt', template, report, LIMITS));
  if (says === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(says);
  expect(said?.length ?? 0).toBeLessThan(1_000);
  expect(milliseconds).toBeLessThan(MILLISECONDS_MAX);
});
