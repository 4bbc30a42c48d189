/** The files in the ZIP of a report that is logged: what shows that it is. */
export const LOG_FILES = [
  'log-entry.json',
  'report.tlog-proof',
  'log-checkpoint.txt',
  'log-checkpoint.tsr',
  'log-key.txt',
  'log-key-changes.json',
  'coverage.dsse.json',
] as const;

/** The files that every report can be downloaded as, whatever its type: no template of users may take their names. */
export const FILES_OF_EVERY_REPORT = [
  'report.json',
  'report.pdf',
  'evidence.zip',
  'manifest.json',
  ...LOG_FILES,
] as const;

/** One of their names. */
export type FileOfEveryReport = (typeof FILES_OF_EVERY_REPORT)[number];
