import { settingsSource } from '@margay/coverage';
import { kindOf, SETTINGS_OBJECTS } from '@margay/ground';
import type { Following } from './followed-kinds.ts';
import { watchKind } from './watch-kind.ts';

const CONFIG_MAP = kindOf({ group: '', resource: 'configmaps' })!;
const RESOURCE = { group: '', version: 'v1', resource: CONFIG_MAP.resource, namespaced: true };

/** Follows what network plugins are set up by: each object by its name, and no other of its kind. */
export function followSettings({ pieces, known, ...following }: Following): void {
  for (const object of SETTINGS_OBJECTS) {
    const source = settingsSource(object);
    pieces.begin(source, (signal) =>
      watchKind(
        { kind: CONFIG_MAP, resource: RESOURCE },
        {
          ...following,
          known,
          signal,
          resume: known.resume(source),
          only: { ...object, source },
          // There may be no such object, and that is well.
          onMissing: () => undefined,
        },
      ),
    );
  }
}
