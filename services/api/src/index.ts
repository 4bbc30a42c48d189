export { anyone, byKubernetes, byToken, tokenOf, type Access } from './access/access.ts';
export * from './archived-report.ts';
export * from './routes.ts';
export { Problem } from './problem.ts';
