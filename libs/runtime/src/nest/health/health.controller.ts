import { Controller, Get, Inject, Res } from '@nestjs/common';
import { HealthCheck } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Open } from '../http/right.ts';
import { Readiness, type ReadinessAnswer } from './readiness.ts';

/** `/healthz`: the process answers. `/readyz`: it should get work; 503 with the reasons when not. */
@Controller()
@Open()
export class HealthController {
  readonly #readiness: Readiness;

  constructor(@Inject(Readiness) readiness: Readiness) {
    this.#readiness = readiness;
  }

  @Get('healthz')
  alive(): { alive: true } {
    return { alive: true };
  }

  @Get('readyz')
  @HealthCheck()
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessAnswer> {
    const answer = await this.#readiness.look();
    void reply.code(answer.ready ? 200 : 503);
    return answer;
  }
}
