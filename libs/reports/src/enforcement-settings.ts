import { fields, formatInstant, PLUGINS, text, type Plugin, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import { isValidIn } from './replay/steps.ts';

/** How a plugin was set up for a time, as far as was seen. */
export interface SettingsSpan {
  readonly plugin: string;
  /** `namespace/name` of the ConfigMap. */
  readonly object: string;
  /** Not before the window's start. */
  readonly since: string;
  /** Absent where it was so to the window's end. */
  readonly until?: string;
  /** Those of the keys that matter which were set; empty where they are not known. */
  readonly values: Readonly<Record<string, string>>;
  /** False where the object was written and nobody saw how. */
  readonly known: boolean;
  /** Whether no policy is enforced with these values. */
  readonly off: boolean;
}

type Settled = Plugin & { readonly settings: NonNullable<Plugin['settings']> };

const SETTLED = PLUGINS.filter((plugin): plugin is Settled => plugin.settings !== undefined);

/** @param versions of what plugins are set up by; others of other times do no harm. */
export function settingsIn(versions: readonly Version[], window: Window): SettingsSpan[] {
  return SETTLED.flatMap((plugin) => {
    const { namespace, name } = plugin.settings;
    const own = versions.filter(
      (version) =>
        version.resource === 'configmaps' &&
        version.namespace === namespace &&
        version.name === name &&
        isValidIn(version, window),
    );
    return joined(
      own.toSorted((a, b) => a.validFrom - b.validFrom).map((version) => spanOf(plugin, version, window)),
    );
  });
}

function spanOf({ name: plugin, settings }: Settled, version: Version, window: Window): SettingsSpan {
  const { content, doubt, validFrom, validTo = Infinity } = version;
  const known = doubt === undefined && content['data'] !== undefined;
  const data = fields(content['data']);
  const set = settings.keys.filter(({ key }) => known && text(data[key]).trim() !== '');
  return {
    plugin,
    object: `${settings.namespace}/${settings.name}`,
    since: formatInstant(Math.max(validFrom, window.start)),
    ...(validTo < window.end && { until: formatInstant(validTo) }),
    values: Object.fromEntries(set.map(({ key }) => [key, text(data[key]).trim()])),
    known,
    off: set.some(({ key }) => effectsOf(plugin, key, text(data[key])).some(({ turnsOff }) => turnsOff)),
  };
}

function effectsOf(plugin: string, key: string, value: string) {
  const keys = SETTLED.find(({ name }) => name === plugin)?.settings.keys ?? [];
  return keys
    .filter((one) => one.key === key)
    .flatMap(({ effects }) => effects)
    .filter((effect) => effect.values.includes(value.trim().toLowerCase()));
}

/** Spans that meet and say the same are one. */
function joined(spans: readonly SettingsSpan[]): SettingsSpan[] {
  const found: SettingsSpan[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last?.until !== span.since || saidOf(last) !== saidOf(span)) found.push(span);
    else {
      const { until: _, ...whole } = last;
      found[found.length - 1] = { ...whole, ...(span.until !== undefined && { until: span.until }) };
    }
  }
  return found;
}

const saidOf = ({ values, known }: SettingsSpan): string => JSON.stringify([known, values]);

/** Sentences on how plugins were set up; none where nothing was seen of it. */
export function settingsWords(spans: readonly SettingsSpan[]): string[] {
  const sentences = [...Map.groupBy(spans, ({ plugin }) => plugin)].map(([plugin, own]) => {
    const told = own.map(
      (span) => `from ${span.since}${span.until === undefined ? ' on' : ` to ${span.until}`} ${saying(span)}`,
    );
    return `${plugin} as set up by ${own[0]!.object}: ${told.join('; ')}.`;
  });
  return sentences.length === 0
    ? []
    : [
        ...sentences,
        'Agents take it up when they start anew; what single nodes and pods are set to besides is not known.',
      ];
}

function saying({ plugin, values, known }: SettingsSpan): string {
  if (!known) return 'it was written and nobody saw how, so that whether policies are enforced is not known';
  const set = Object.entries(values);
  if (set.length === 0) return 'nothing that changes enforcement is set';
  return set
    .map(([key, value]) => {
      const words = effectsOf(plugin, key, value).map((effect) => `, so that ${effect.words}`);
      return `${key} is ${value}${words.join('')}`;
    })
    .join(', and ');
}
