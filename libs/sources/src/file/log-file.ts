import { basename } from 'node:path';

/** A log file: what its source is called, and where it is. */
export interface LogFile {
  readonly name: string;
  /** `-` is standard input. */
  readonly path: string;
}

/** `NAME=PATH`, or a path alone: then the log is called as its file is. */
export function logFileOf(text: string): LogFile {
  const [, name, path] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
  return name === undefined || path === undefined
    ? { name: text === '-' ? text : basename(text), path: text }
    : { name, path };
}
