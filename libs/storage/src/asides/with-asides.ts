import { asideMarks, deliveriesOf } from '@margay/coverage';
import { compareTexts } from '@margay/ground';
import type { Coverage } from '../coverage/coverage.ts';
import type { Asides } from './asides.ts';

/** The coverage with what is open since messages of the cluster were set aside, which ends when they are handled. */
export const withAsides = (coverage: Coverage, asides: Pick<Asides, 'open'>): Coverage => ({
  ...coverage,
  async deliveries(until) {
    const [delivered, open] = await Promise.all([coverage.deliveries(until), asides.open()]);
    return [...delivered, ...deliveriesOf(asideMarks(open), until)].sort((a, b) =>
      compareTexts(a.source, b.source),
    );
  },
});
