import { Busy } from '@margay/runtime/own-process';

interface Waiting {
  readonly amount: number;
  readonly start: () => void;
}

/** Something of which there is so much, shared by what goes on at the same time; whoever asks first gets it first. */
export class Capacity {
  readonly #total: number;
  readonly #waitingMax: number;
  readonly #waitMilliseconds: number;
  #taken = 0;
  #waiting: Waiting[] = [];

  /**
   * @param waitingMax how many may wait for it.
   * @param waitMilliseconds how long each of them waits.
   */
  constructor(total: number, waitingMax: number, waitMilliseconds: number) {
    this.#total = total;
    this.#waitingMax = waitingMax;
    this.#waitMilliseconds = waitMilliseconds;
  }

  /** Does something once there is so much left of it. @throws Busy where that takes too long */
  async with<T>(amount: number, act: () => Promise<T>): Promise<T> {
    const wanted = Math.min(amount, this.#total);
    await this.#turn(wanted);
    try {
      return await act();
    } finally {
      this.#taken -= wanted;
      this.#next();
    }
  }

  async #turn(amount: number): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) throw new Busy('Too many wait already');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { amount, start: resolve };
    this.#waiting.push(waiting);
    this.#next();
    const late = setTimeout(() => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      reject(new Busy(`Nothing was free for ${this.#waitMilliseconds / 1_000} seconds`));
      this.#next();
    }, this.#waitMilliseconds);
    await promise.finally(() => clearTimeout(late));
  }

  #next(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#taken + first.amount > this.#total) return;
      this.#waiting.shift();
      this.#taken += first.amount;
      first.start();
    }
  }
}
