/** Receivers over HTTP: a listener of its own whose senders are strangers with credentials, and which answers when things are durable. */
export { type Received } from './receiver.ts';
export { serveReceiver } from './serve-receiver.ts';
