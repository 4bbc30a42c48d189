export * from './due-windows.ts';
