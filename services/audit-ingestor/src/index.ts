export * from './sources/file/read-lines.ts';
export * from './sources/file/follow-lines.ts';
