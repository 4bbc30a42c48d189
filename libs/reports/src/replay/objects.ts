import { keyText } from '@margay/ground';
import type { PlayedVersion } from '../doubts/played.ts';
import type { Step } from './steps.ts';

/** What became of one name at one instant. */
export interface ObjectChange {
  readonly before: PlayedVersion | undefined;
  readonly now: PlayedVersion | undefined;
}

/** The objects that exist at an instant, by key text. Versions of one name never overlap. */
export class CurrentObjects {
  readonly #valid = new Map<string, PlayedVersion>();

  get(text: string): PlayedVersion | undefined {
    return this.#valid.get(text);
  }

  /** Applies all that ends and begins at one instant; what this changed, by key text. A successor replaces what ended. */
  apply({ ended, begun }: Step): Map<string, ObjectChange> {
    const changes = new Map<string, ObjectChange>();
    for (const version of ended) {
      const text = keyText(version);
      changes.set(text, { before: version, now: undefined });
      this.#valid.delete(text);
    }
    for (const version of begun) {
      const text = keyText(version);
      changes.set(text, { before: changes.get(text)?.before, now: version });
      this.#valid.set(text, version);
    }
    return changes;
  }
}
