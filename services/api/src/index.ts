export { anyone, byKubernetes, byToken, type Access } from './access/access.ts';
export * from './archived-report.ts';
export * from './routes.ts';
