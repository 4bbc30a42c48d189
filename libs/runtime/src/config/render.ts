import * as z from 'zod';
import { markdownTable } from '../docs/markdown-table.ts';
import { notesOf, type SettingsSchema } from './read-config.ts';

/** What JSON Schema says of one setting, as far as it is shown. */
interface SettingShape {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Settings as a Markdown table: variable, default, meaning; in the order of their declaration. */
export function renderSettings(schema: SettingsSchema): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const rows = Object.keys(schema.shape).map((name) => {
    const shape = (properties[name] ?? {}) as SettingShape;
    const { description = '', unit, secret } = notesOf(schema.shape[name]);
    const sentences = [
      description,
      ...(shape.enum ? [`One of ${shape.enum.map((value) => `\`${String(value)}\``).join(', ')}.`] : []),
      ...bounds(shape, unit),
      ...(secret ? [`A secret: best given as a file, with \`${name}_FILE\`.`] : []),
    ];
    return [`\`${name}\``, defaultOf(shape, required.includes(name)), sentences.join(' ')];
  });
  return markdownTable(['variable', 'default', 'meaning'], rows);
}

function defaultOf({ default: value }: SettingShape, required: boolean): string {
  if (value === undefined) return required ? '**must be set**' : '–';
  return value === '' ? 'empty' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function bounds({ minimum, maximum }: SettingShape, unit: string | undefined): string[] {
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const named = unit === undefined ? '' : ` ${unit}`;
  if (minimum === undefined) return unit === undefined ? [] : [`In${named}.`];
  return [bounded ? `From ${minimum} to ${maximum}${named}.` : `At least ${minimum}${named}.`];
}
