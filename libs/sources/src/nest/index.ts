/**
 * Receivers over HTTP: a listener of its own whose senders are strangers with credentials, and which answers when things are durable.
 * Log files: each is kept being read, as a stage of its own.
 */
export { keepLogFiles, type LogFiles } from './keep-log-files.ts';
export { receiverPaths, type Received } from './receiver.ts';
export { serveReceiver } from './serve-receiver.ts';
