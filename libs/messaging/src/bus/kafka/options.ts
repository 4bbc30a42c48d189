import type { ConnectionOptions } from 'node:tls';

/** How to sign in to the brokers. */
export type KafkaSignIn =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** Gives a token that is valid now; asked again when it is needed again. */
      readonly oauthBearerProvider: () => Promise<{ value: string }>;
    };

/** Where the brokers are and how topics are made. */
export interface KafkaOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** What the brokers' logs and quotas call this service. */
  readonly clientId: string;
  /** TLS, with these settings where they are given. */
  readonly tls?: boolean | ConnectionOptions;
  readonly signIn?: KafkaSignIn;
  /** Of topics that do not exist yet; 12 unless set. Changing it later breaks the order within keys. */
  readonly partitions?: number;
  /** Of topics that do not exist yet; the brokers' default unless set. */
  readonly replicationFactor?: number;
  /** How long the rest of a message in parts is waited for, before it is given up; 5 minutes unless set. */
  readonly partsMilliseconds?: number;
  /** Put before every topic and group, for brokers that several installations share. */
  readonly prefix?: string;
  /** Told of each topic whose settings do not fit, in a sentence for people. */
  readonly onUnfit?: (topic: string, message: string) => void;
  /** Told what the client logs, at the level that fits: what it will try again by itself is no error. */
  readonly log?: (level: 'error' | 'warn' | 'info' | 'debug', message: string, details: object) => void;
}
