import { onTestFinished } from 'vitest';
import { serviceProcess, type ServiceProcess } from './service-process.ts';

export type { ServiceProcess } from './service-process.ts';

/** Starts a service; its last process is killed when the test ends. */
export function startService(name: string, environment: Readonly<Record<string, string>>): ServiceProcess {
  const service = serviceProcess(name, environment);
  onTestFinished(() => service.end());
  return service;
}
