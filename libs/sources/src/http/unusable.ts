/** Why a request can never be read, however often it is sent, and whether its sender has to be set up otherwise. */
const WHY = {
  'too-large': { words: 'is larger than what is taken', isTooMuch: true },
  'too-dense': {
    words: 'has more values than fit the memory, a tenth of the bytes that are taken',
    isTooMuch: true,
  },
  'not-gzip': { words: 'cannot be unpacked', isTooMuch: false },
  'not-otlp': { words: 'is of no OpenTelemetry exporter, though it says so', isTooMuch: false },
} as const;

/** Why a request can never be read. */
export type UnusableReason = keyof typeof WHY;

/** Whether a request has more than is taken. */
export const isTooMuch = (reason: UnusableReason): boolean => WHY[reason].isTooMuch;

/** What is said of a request that can never be read. @param help what to do where it has more than is taken. */
export const unusableWords = (
  { reason, sizeBytes }: { readonly reason: UnusableReason; readonly sizeBytes: number },
  help: string,
): string => `A request of ${sizeBytes} bytes ${WHY[reason].words}${isTooMuch(reason) ? `: ${help}` : ''}.`;
