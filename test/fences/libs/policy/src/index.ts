import { readFileSync } from 'node:fs';
import pino from 'pino';
import '../../history/src/index.ts';
import '../../../services/api/src/index.ts';
import './cycle.ts';

export { readFileSync, pino };
