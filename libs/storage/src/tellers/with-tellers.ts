import { deliveriesOf, retirementsIn, tellerMarks, whoseOf, withRetirements } from '@margay/coverage';
import { compareTexts } from '@margay/ground';
import type { Coverage } from '../coverage/coverage.ts';
import type { Tellers } from './tellers.ts';

/**
 * The coverage with what is remembered of who tells: what is open since it is not known of which cluster some are, which ends as soon as it is
 * known, and which sources are retired.
 */
export const withTellers = (coverage: Coverage, tellers: Pick<Tellers, 'facts'>): Coverage => ({
  ...coverage,
  async deliveries(until) {
    const [delivered, facts] = await Promise.all([coverage.deliveries(until), tellers.facts()]);
    const open = deliveriesOf(tellerMarks(whoseOf(facts)), until);
    return [...withRetirements(delivered, retirementsIn(facts)), ...open].sort((a, b) =>
      compareTexts(a.source, b.source),
    );
  },
});
