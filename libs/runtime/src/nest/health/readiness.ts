import { Inject, Injectable } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, type HealthIndicatorResult } from '@nestjs/terminus';

/** Why a part is not ready, in a sentence for people; undefined when it is. Throwing is another way to say why. */
export type Check = () => Promise<string | undefined | void> | string | undefined | void;

/** What `/readyz` answers. */
export interface ReadinessAnswer {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ready: boolean; readonly reason?: string }>>;
}

const CHECK_MILLISECONDS = 2_000;

/** What must be right for the process to get work: modules add their checks when they are made. */
@Injectable()
export class Readiness {
  readonly #health: HealthCheckService;
  readonly #checks = new Map<string, Check>();

  constructor(@Inject(HealthCheckService) health: HealthCheckService) {
    this.#health = health;
  }

  /** Adds a check; of two with one name the later counts. */
  add(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  /** Asks every check; one that does not answer within two seconds is not ready. */
  async look(): Promise<ReadinessAnswer> {
    const indicators = [...this.#checks].map(([name, check]) => async (): Promise<HealthIndicatorResult> => {
      const reason = await reasonOf(check);
      return { [name]: reason === undefined ? { status: 'up' } : { status: 'down', reason } };
    });
    const { details } = await this.#health.check(indicators).catch(resultOf);
    const checks = Object.entries(details).map(([name, { status, reason }]) => [
      name,
      status === 'up' ? { ready: true } : { ready: false, reason: String(reason) },
    ]) as [string, ReadinessAnswer['checks'][string]][];
    return { ready: checks.every(([, { ready }]) => ready), checks: Object.fromEntries(checks) };
  }
}

/** Terminus throws what is not well; the answer is in it all the same. */
function resultOf(error: { getResponse?: () => HealthCheckResult }): HealthCheckResult {
  if (error.getResponse === undefined) throw error;
  return error.getResponse();
}

async function reasonOf(check: Check): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => resolve(`no answer within ${CHECK_MILLISECONDS / 1000} seconds`),
    CHECK_MILLISECONDS,
  );
  try {
    return (await Promise.race([Promise.resolve().then(check), late])) ?? undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
