/** One test on one label, or a constant: a leaf of a selector. */
export type Comparison =
  | {
      readonly kind: 'equals' | 'differs' | 'contains' | 'startsWith' | 'endsWith';
      readonly label: string;
      readonly value: string;
    }
  | {
      readonly kind: 'in' | 'notIn';
      readonly label: string;
      /** Without repeats, in the order of their UTF-8 bytes. */
      readonly values: readonly string[];
    }
  | { readonly kind: 'has'; readonly label: string }
  | { readonly kind: 'all' | 'global' };

/** A negation of the expression before it, or a combination of the `count` expressions before it. */
export type Combination =
  | { readonly kind: 'not' }
  | { readonly kind: 'and'; readonly count: number }
  | { readonly kind: 'or'; readonly count: number };

/** One element of an expression in postfix order. */
export type Step = Comparison | Combination;

/**
 * A selector's tree in postfix order: operands before their operator.
 *
 * Kept flat so that everything that walks it is a loop, and a selector of any depth needs no stack of ours.
 * Operands stay as they were written: nothing is flattened, re-ordered or removed.
 */
export type Expression = readonly Step[];
