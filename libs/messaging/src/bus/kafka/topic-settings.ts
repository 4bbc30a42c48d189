import { bytesWithin, PARTS_BYTES } from './room.ts';

/** The settings that topics are made with: a batch of ours fits whatever the broker's own limit is, and nothing goes before its time. */
export const TOPIC_SETTINGS = { 'max.message.bytes': String(2 * PARTS_BYTES), 'cleanup.policy': 'delete' };

/** The settings of topics that are looked at. */
export const SETTING_NAMES = [
  'max.message.bytes',
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
] as const;

/** Whoever is away for longer than a day is looked after. */
const RETENTION_HOURS_LEAST = 24;
const RETENTION_BYTES_LEAST = 1024 * 1024 * 1024;

/** Something of a topic's settings that does not fit, for the log. */
export interface SettingProblem {
  readonly level: 'error' | 'warn';
  /** What follows from it, and what to do. */
  readonly message: string;
  readonly setting: string;
  readonly value: string;
}

/** What of a topic's settings does not fit. @param settings those that are known, by their names. */
export function problemsOf(settings: ReadonlyMap<string, string>): SettingProblem[] {
  return SETTING_NAMES.flatMap((setting) => {
    const value = settings.get(setting);
    const problem = value === undefined ? undefined : PROBLEMS[setting](value);
    return problem === undefined ? [] : [{ ...problem, setting, value: value! }];
  });
}

type Problem = Pick<SettingProblem, 'level' | 'message'> | undefined;

const PROBLEMS: Readonly<Record<(typeof SETTING_NAMES)[number], (value: string) => Problem>> = {
  'max.message.bytes': (value) =>
    bytesWithin(Number(value)) < PARTS_BYTES
      ? {
          level: 'warn',
          message: `A topic takes little at once, so that messages go in many small parts: raise its max.message.bytes to ${2 * PARTS_BYTES}`,
        }
      : undefined,
  'cleanup.policy': (value) =>
    value.split(',').includes('compact')
      ? {
          level: 'error',
          message:
            'A topic is compacted: the broker lets go of all but the last message of each object, and evidence is lost. Set its cleanup.policy to delete',
        }
      : undefined,
  'retention.ms': (value) =>
    Number(value) >= 0 && Number(value) < RETENTION_HOURS_LEAST * 3_600_000
      ? {
          level: 'warn',
          message: `A topic keeps messages for less than ${RETENTION_HOURS_LEAST} hours: what a service that is away for longer has not read is lost. Raise its retention.ms`,
        }
      : undefined,
  'retention.bytes': (value) =>
    Number(value) >= 0 && Number(value) < RETENTION_BYTES_LEAST
      ? {
          level: 'warn',
          message:
            'A topic keeps few bytes: what a service that is away has not read may be lost. Raise its retention.bytes, or set it to -1',
        }
      : undefined,
};
