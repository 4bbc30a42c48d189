import { Injectable } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';

/** How messages come in beside HTTP: a module adds its strategy when it is made, and starting the application connects it. */
@Injectable()
export class Transports {
  readonly #all: CustomTransportStrategy[] = [];

  add(strategy: CustomTransportStrategy): void {
    this.#all.push(strategy);
  }

  get all(): readonly CustomTransportStrategy[] {
    return this.#all;
  }
}
