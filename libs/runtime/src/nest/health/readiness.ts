import { Inject, Injectable } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, type HealthIndicatorResult } from '@nestjs/terminus';
import { reasonOf } from '../../shown.ts';
import { printedSource, type PrintedSource, type SourceLook } from './source-look.ts';

/** Something is not well, and the process should get work all the same: why, in a sentence for people. */
export interface Warning {
  readonly warning: string;
}

type Found = string | Warning | undefined | void;

/** Why a part is not ready, in a sentence for people; undefined when it is. Throwing is another way to say why. */
export type Check = () => Promise<Found> | Found;

/** What `/readyz` answers. */
export interface ReadinessAnswer {
  readonly ready: boolean;
  /** A reason beside `ready: true` is a warning. */
  readonly checks: Readonly<Record<string, { readonly ready: boolean; readonly reason?: string }>>;
  /** How the sources are, by name; absent where the process has none. */
  readonly sources?: Readonly<Record<string, PrintedSource>>;
}

const CHECK_MILLISECONDS = 2_000;

/** What must be right for the process to get work: modules add their checks when they are made. */
@Injectable()
export class Readiness {
  readonly #health: HealthCheckService;
  readonly #checks = new Map<string, Check>();
  readonly #sources: (() => readonly SourceLook[])[] = [];

  constructor(@Inject(HealthCheckService) health: HealthCheckService) {
    this.#health = health;
  }

  /** Adds a check; of two with one name the later counts. */
  add(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  /** Says how the sources are, beside what must be right. */
  describe(sources: () => readonly SourceLook[]): void {
    this.#sources.push(sources);
  }

  /** How the sources of this process are just now, by name, with the cluster before it where there are several; empty where it has none. */
  get sources(): Readonly<Record<string, PrintedSource>> {
    const looks = this.#sources.flatMap((look) => look());
    const ofSeveral = new Set(looks.map(({ cluster }) => cluster)).size > 1;
    const nameOf = ({ cluster, source }: SourceLook) => (ofSeveral ? `${cluster}/${source}` : source);
    return Object.fromEntries(looks.map((look) => [nameOf(look), printedSource(look)]));
  }

  /** Asks every check; one that does not answer within two seconds is not ready. */
  async look(): Promise<ReadinessAnswer> {
    const indicators = [...this.#checks].map(([name, check]) => async (): Promise<HealthIndicatorResult> => {
      const found = await foundBy(check);
      if (found === undefined) return { [name]: { status: 'up' } };
      return {
        [name]:
          typeof found === 'string'
            ? { status: 'down', reason: found }
            : { status: 'up', reason: found.warning },
      };
    });
    const { details } = await this.#health.check(indicators).catch(resultOf);
    const checks = Object.entries(details).map(([name, { status, reason }]) => [
      name,
      { ready: status === 'up', ...(reason !== undefined && { reason: String(reason) }) },
    ]) as [string, ReadinessAnswer['checks'][string]][];
    const { sources } = this;
    return {
      ready: checks.every(([, { ready }]) => ready),
      checks: Object.fromEntries(checks),
      ...(Object.keys(sources).length > 0 && { sources }),
    };
  }
}

/** Terminus throws what is not well; the answer is in it all the same. */
function resultOf(error: { getResponse?: () => HealthCheckResult }): HealthCheckResult {
  if (error.getResponse === undefined) throw error;
  return error.getResponse();
}

async function foundBy(check: Check): Promise<string | Warning | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => resolve(`no answer within ${CHECK_MILLISECONDS / 1000} seconds`),
    CHECK_MILLISECONDS,
  );
  try {
    return (await Promise.race([Promise.resolve().then(check), late])) ?? undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    clearTimeout(timer);
  }
}
