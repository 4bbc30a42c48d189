/**
 * What every other library stands on: which kinds of objects there are and how one is named, instants and intervals, the
 * order of texts and of resourceVersions, how the fields of JSON that may be amiss are read, and how long to wait before
 * trying again.
 *
 * Each of these is answered here once, so that two libraries never answer it differently. `KINDS` is the one list of
 * kinds: what is kept, read, audited and watched derives from it. This library knows no other one, does no I/O and
 * never asks the time.
 */
export { asServed } from './as-served.ts';
export { CANARY_OBJECT, canaryManager, canaryOfManager, type CanaryName } from './canary.ts';
export { entriesIn, EntryReader, jsonOf, type Bare, type Entry, type Unshown } from './entries/index.ts';
export { at, fields, isFields, list, nonEmptyText, text, texts, textsByName, type Fields } from './fields.ts';
export { Fingerprint } from './fingerprint.ts';
export {
  DAY,
  formatInstant,
  formatMicros,
  formatSeconds,
  microsOf,
  HOUR,
  MINUTE,
  lengthInWords,
  minuteOf,
  parseInstant,
  SECOND,
  type Instant,
} from './instant.ts';
export { gapsIn, joined, type Interval, type Window } from './interval.ts';
export { compareKeys, keyText, resourceName, type Key } from './key.ts';
export {
  AUDITED_RESOURCES,
  DOUBTED_KINDS,
  isPolicy,
  keepsObject,
  KEPT_KINDS,
  keyOf,
  KINDS,
  kindOf,
  kindOfDefinition,
  kindOfObject,
  resourcesOf,
  shownApiVersion,
  TRAIL_RESOURCES,
  type Kind,
  type PolicyForm,
} from './kinds.ts';
export { groupOf, type KubernetesObject } from './object.ts';
export { compareTexts, sortedOnce } from './order.ts';
export { pauseAfter, type Pauses } from './pause.ts';
export { PLUGINS, SETTINGS_OBJECTS, settingsOf, type Plugin } from './plugins.ts';
export { areComparable, compareResourceVersions } from './resource-version.ts';
export {
  CALICO_GROUP,
  isStorageForm,
  servedApiVersion,
  servedGroup,
  servedMetadata,
  servedName,
  servedUid,
  STORAGE_GROUP,
} from './storage-form.ts';
export { whyNotYaml } from './why-not-yaml.ts';
