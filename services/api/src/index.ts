export * from './archived-report.ts';
export * from './routes.ts';
