import * as z from 'zod';
import { list } from './list.ts';

const names = list(z.string()).meta({ description: 'Names of endpoints, sorted.' });

/** What is different in a later report. */
export const comparison = z.object({
  appeared: names,
  vanished: names,
  lostIngress: names,
  lostEgress: names,
  gainedIngress: names,
  gainedEgress: names,
});
export type Comparison = z.output<typeof comparison>;
