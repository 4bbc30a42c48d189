import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { renderSettings } from '../config/render.ts';
import type { SettingsSchema } from '../config/read-config.ts';
import { processSettings } from '../config/settings.ts';

/** A service's settings as its `config.ts` exports them. */
interface Described {
  readonly name: string;
  /** What the service does, in a sentence. */
  readonly about: string;
  readonly config: SettingsSchema;
  /** What is to be said beside the settings. */
  readonly notes?: string;
  /** What it is instead where it is started with other settings. */
  readonly role?: Omit<Described, 'role'>;
}

/** The services in the order of the flow; others follow by name. */
const FLOW = [
  'audit-ingestor',
  'flow-ingestor',
  'snapshotter',
  'scheduler',
  'report-worker',
  'notifier',
  'api',
];

/**
 * The document of all settings: those of every process, and for each service that has a `src/config.ts` its own.
 *
 * @param root the repository's folder.
 */
export async function configurationDocument(root: string): Promise<string> {
  const names = readdirSync(join(root, 'services')).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const services: Described[] = [];
  for (const name of names) {
    const path = join(root, 'services', name, 'src', 'config.ts');
    if (existsSync(path))
      services.push({ name, ...((await import(pathToFileURL(path).href)) as Omit<Described, 'name'>) });
  }
  return `${[
    '# Configuration',
    'Every service is configured by environment variables. An empty variable counts as absent. For each variable `X` there is `X_FILE`: the name of a file whose content, without white space around it, is the value; that is how secrets are given. A service that finds a setting missing or wrong names all of them and does not start.',
    'This page is generated from the services’ `config.ts` by `npm run docs -w @margay/runtime`.',
    '## Every process',
    renderSettings(z.object(processSettings)),
    ...services
      .flatMap(({ role, ...service }) => [service, role ?? []].flat())
      .flatMap(({ name, about, config, notes }) => [
        `## ${name}`,
        about,
        renderSettings(config),
        ...(notes === undefined ? [] : [notes]),
      ]),
  ].join('\n\n')}\n`;
}

const rank = (name: string) => (FLOW.includes(name) ? FLOW.indexOf(name) : FLOW.length);
