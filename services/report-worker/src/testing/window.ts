import type { ReportWindow } from '@margay/contracts';

export const WINDOW: ReportWindow = {
  cluster: 'c',
  id: 'w1',
  reportName: 'daily',
  reportType: 'inventory',
  spec: { reportType: 'inventory' },
  start: 0,
  end: 1_000,
  manual: false,
};
