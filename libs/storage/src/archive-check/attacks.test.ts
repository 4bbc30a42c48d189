import { embeddedTarget } from '../testing/embedded-target.ts';
import { attacksContract } from './attacks.contract.ts';

attacksContract('embedded', async () => embeddedTarget());
