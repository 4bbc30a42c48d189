import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { missing } from '@margay/runtime';
import { Open } from '@margay/runtime/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readDashboard, type Asset } from './dashboard-assets.ts';

/** The pages, which ask the API as the person who looks at them. */
@Controller()
@Open()
export class DashboardController {
  readonly #dashboard = readDashboard();

  @Get()
  page(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return sent(this.#dashboard.page, request, reply);
  }

  @Get('api/docs')
  docs(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return sent(this.#dashboard.docs, request, reply);
  }

  @Get('dashboard/:file')
  file(
    @Param('file') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const file = this.#dashboard.files.get(name);
    if (file === undefined) throw missing(`file ${name} of the dashboard`);
    return sent(file, request, reply);
  }
}

function sent({ mediaType, body, etag }: Asset, request: FastifyRequest, reply: FastifyReply) {
  void reply.type(mediaType).header('etag', etag);
  if (request.headers['if-none-match'] !== etag) return body;
  void reply.code(304);
  return undefined;
}
