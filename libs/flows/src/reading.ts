import type { Instant } from '@margay/ground';
import type { Flow } from './flow.ts';

/** Why a line of a flow log can never be used. */
export type UnusableFlow = 'not-json' | 'not-a-flow' | 'no-timestamp' | 'unreadable' | 'too-long' | 'lost';

/** What one line of a flow log says. Every line that is not empty is exactly one of these. */
export type FlowReading =
  | { readonly kind: 'flow'; readonly at: Instant; readonly flow: Flow }
  /** Nothing about who talked to whom; the reason is a word that reports print. */
  | { readonly kind: 'ignored'; readonly at?: Instant; readonly reason: string }
  /** Flows that may have been and are not told, as where the log says that it lost some. */
  | { readonly kind: 'doubtful'; readonly at?: Instant; readonly reason: string; readonly message: string }
  | {
      readonly kind: 'unusable';
      readonly at?: Instant;
      readonly reason: UnusableFlow;
      readonly message: string;
    };

/** A line that can never be used. */
export const unusable = (reason: UnusableFlow, message: string, at?: Instant): FlowReading => ({
  kind: 'unusable',
  reason,
  message,
  ...(at !== undefined && { at }),
});
