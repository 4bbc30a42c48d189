import { deliveriesOf, tellerMarks, whoseOf } from '@margay/coverage';
import { compareTexts } from '@margay/ground';
import type { Coverage } from '../coverage/coverage.ts';
import type { Tellers } from './tellers.ts';

/** The coverage with what is open since it is not known of which cluster some who tell are: that ends as soon as it is known. */
export const withTellers = (coverage: Coverage, tellers: Pick<Tellers, 'facts'>): Coverage => ({
  ...coverage,
  async deliveries(until) {
    const [delivered, facts] = await Promise.all([coverage.deliveries(until), tellers.facts()]);
    const open = deliveriesOf(tellerMarks(whoseOf(facts)), until);
    return [...delivered, ...open].sort((a, b) => compareTexts(a.source, b.source));
  },
});
