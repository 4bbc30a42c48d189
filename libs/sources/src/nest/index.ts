/** Receivers over HTTP: a listener of its own whose senders are strangers with credentials, and which answers when things are durable. */
export { openReceiver, type Received, type ReceiverOptions, type Sender } from './receiver.ts';
export { serveReceiver, type ReceiverDuty } from './serve-receiver.ts';
