import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import { Problem } from '@margay/runtime';
import { LIMITS, ORIGIN_OF } from '../tokens.ts';
import { networkOf } from './address.ts';
import type { Origin } from './origin.ts';
import { TokenBuckets } from './token-bucket.ts';

/** How much one person may ask for; 0 is no limit. */
export interface Limits {
  /** Requests a second in the long run; ten times as many at once. */
  readonly perSecond: number;
  /** Requests that take long, like exports, at the same time. */
  readonly longAtOnce: number;
}

const BURST_SECONDS = 10;
/** A page that follows is no work, but it is a connection. */
const STREAMS_AT_ONCE = 32;

/**
 * Lets everybody ask for so much and no more: a person by their name; who they are is not known until it was asked, so until then the
 * address counts, and is given back what turned out to be somebody's. Many people may share an address.
 */
@Injectable()
export class RequestLimits {
  readonly #limits: Limits;
  readonly #originOf: (request: IncomingMessage) => Origin;
  readonly #addresses: TokenBuckets;
  readonly #people: TokenBuckets;
  readonly #counted = new WeakSet<IncomingMessage>();
  readonly #busy = new Map<string, number>();

  constructor(
    @Inject(LIMITS) limits: Limits,
    @Inject(ORIGIN_OF) originOf: (request: IncomingMessage) => Origin,
  ) {
    this.#limits = limits;
    this.#originOf = originOf;
    const rate = { perSecond: limits.perSecond, burst: limits.perSecond * BURST_SECONDS };
    this.#addresses = new TokenBuckets(rate, () => performance.now());
    this.#people = new TokenBuckets(rate, () => performance.now());
  }

  /** Before anything else is done. A request counts once, however many applications of the process it goes through. @throws Problem 429 */
  unknown(request: IncomingMessage): void {
    if (this.#limits.perSecond === 0 || this.#counted.has(request)) return;
    this.#counted.add(request);
    refuseFor(this.#addresses.take(networkOf(this.#originOf(request).address)));
  }

  /**
   * Once it is known who asks.
   *
   * @param who what is nobody else's; empty where that is never known.
   * @throws Problem 429
   */
  known(request: IncomingMessage, who: string): void {
    if (this.#limits.perSecond === 0 || who === '') return;
    this.#addresses.giveBack(networkOf(this.#originOf(request).address));
    refuseFor(this.#people.take(who));
  }

  /**
   * Before what takes long. It counts until the answer is over, however that ends.
   *
   * @throws Problem 429 where as many as may be are under way.
   */
  begin(what: 'long' | 'stream', request: IncomingMessage, response: ServerResponse, who: string): void {
    const { longAtOnce } = this.#limits;
    if (longAtOnce === 0) return;
    const most = what === 'long' ? longAtOnce : STREAMS_AT_ONCE;
    const key = `${what} ${who === '' ? networkOf(this.#originOf(request).address) : who}`;
    const busy = this.#busy.get(key) ?? 0;
    if (busy >= most)
      throw tooMany(`${most} such requests of yours are being answered: wait for one of them`, 5);
    this.#busy.set(key, busy + 1);
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      const left = this.#busy.get(key)! - 1;
      if (left > 0) this.#busy.set(key, left);
      else this.#busy.delete(key);
    };
    response.once('finish', over).once('close', over);
  }
}

/** Counts each request before anything else is done. */
@Injectable()
export class CountedRequest implements NestMiddleware {
  readonly #limits: RequestLimits;

  constructor(@Inject(RequestLimits) limits: RequestLimits) {
    this.#limits = limits;
  }

  use(request: IncomingMessage, _: ServerResponse, next: () => void): void {
    this.#limits.unknown(request);
    next();
  }
}

function refuseFor(seconds: number): void {
  if (seconds > 0) throw tooMany('These are more requests than one may send: send fewer', Math.ceil(seconds));
}

const tooMany = (detail: string, seconds: number) =>
  new Problem(429, 'Too many requests', detail, { 'retry-after': String(seconds) });
