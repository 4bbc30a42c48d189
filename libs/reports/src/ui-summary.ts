/** One ring of a panel: a value against a total. */
export interface UiWidget {
  readonly heading: string;
  readonly type: 'radialbarchart';
  readonly data: readonly [{ readonly label: string; readonly value: number }];
  /** `notKnown` of the total are neither; absent where there are none. */
  readonly summary: { readonly label: 'Total'; readonly total: number; readonly notKnown?: number };
}

/** What a screen shows of a report at a glance. */
export interface UiSummary {
  readonly heading: string;
  readonly type: 'panel';
  readonly widgets: readonly UiWidget[];
}

/** A ring: of `total`, `value` are so, and of `notKnown` nobody knows. */
type RingOf = readonly [heading: string, label: string, value: number, total: number, notKnown?: number];

/** A panel of rings. */
export function panel(heading: string, rings: readonly RingOf[]): UiSummary {
  return {
    heading,
    type: 'panel',
    widgets: rings.map(([heading, label, value, total, notKnown = 0]) => ({
      heading,
      type: 'radialbarchart',
      data: [{ label, value }],
      summary: { label: 'Total', total, ...(notKnown > 0 && { notKnown }) },
    })),
  };
}
