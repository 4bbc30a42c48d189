/** One ring of a panel: a value against a total. */
export interface UiWidget {
  readonly heading: string;
  readonly type: 'radialbarchart';
  readonly data: readonly [{ readonly label: string; readonly value: number }];
  readonly summary: { readonly label: 'Total'; readonly total: number };
}

/** What a screen shows of a report at a glance. */
export interface UiSummary {
  readonly heading: string;
  readonly type: 'panel';
  readonly widgets: readonly UiWidget[];
}

/** A panel of rings, each `[heading, label, value, total]`. */
export function panel(
  heading: string,
  rings: readonly (readonly [heading: string, label: string, value: number, total: number])[],
): UiSummary {
  return {
    heading,
    type: 'panel',
    widgets: rings.map(([heading, label, value, total]) => ({
      heading,
      type: 'radialbarchart',
      data: [{ label, value }],
      summary: { label: 'Total', total },
    })),
  };
}
