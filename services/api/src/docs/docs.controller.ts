import { Controller, Get, Req } from '@nestjs/common';
import { openApi } from '@margay/api-contract';
import { Problem, VERSION } from '@margay/runtime';
import { Open } from '@margay/runtime/nest';
import type { FastifyRequest } from 'fastify';

/** The description of the API, and the way to it for whoever asks for what there is not. */
@Controller('api')
@Open()
export class DocsController {
  @Get('openapi.json')
  openApi(): object {
    return openApi(VERSION);
  }

  @Get('*')
  unknown(@Req() { url }: FastifyRequest): never {
    throw new Problem(404, 'Not found', `The API has no ${url}: see /api/docs`);
  }
}
