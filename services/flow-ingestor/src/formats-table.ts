import { FLOW_FORMATS, type FlowFormat } from '@margay/flows';
import { markdownTable } from '@margay/runtime';

/** The formats of flow logs, for the documents. */
export function formatsTable(formats: readonly FlowFormat[] = FLOW_FORMATS): string {
  const rows = formats.map(({ name, title, recognisedBy, description }) => [
    `\`${name}\``,
    title,
    recognisedBy,
    description,
  ]);
  return markdownTable(['format', 'logs', 'a line is recognised by', 'what of it is used'], rows);
}
