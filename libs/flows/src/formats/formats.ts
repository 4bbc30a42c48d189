import { CALICO } from './calico.ts';
import type { FlowFormat } from './format.ts';

/** Every format of flow logs, in the order in which a line is tried. */
export const FLOW_FORMATS: readonly FlowFormat[] = [CALICO];

/** What the logs of the formats are called, in a sentence. */
export function titlesOf(formats: readonly FlowFormat[] = FLOW_FORMATS): string {
  const titles = formats.map(({ title }) => title);
  return titles.length < 2 ? titles.join('') : `${titles.slice(0, -1).join(', ')} and ${titles.at(-1)}`;
}
