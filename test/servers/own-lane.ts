import { LANES, type Variables } from './lanes.ts';

/** Before each test file: it has the servers of its worker for itself. Workers are counted from 1. */
const ofLanes = JSON.parse(process.env[LANES] ?? '[]') as Variables[];
Object.assign(process.env, ofLanes[Number(process.env['VITEST_POOL_ID']) - 1]);
