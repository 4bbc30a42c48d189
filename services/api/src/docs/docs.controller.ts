import { All, Controller, Get, Req, Res } from '@nestjs/common';
import { openApi, OPERATIONS, routesOf, type Operation } from '@margay/api-contract';
import { Problem, VERSION } from '@margay/runtime';
import { Open } from '@margay/runtime/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The description of the API, and the way to it for whoever asks for what there is not. */
@Controller('api')
@Open()
export class DocsController {
  @Get('openapi.json')
  openApi(): object {
    return openApi(VERSION);
  }

  @All('*')
  unknown(@Req() { url, method }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): never {
    const [path = ''] = url.split('?', 1);
    const allowed = methodsOf(path);
    if (allowed.length === 0) throw new Problem(404, 'Not found', `The API has no ${path}: see /api/docs`);
    const listed = allowed.join(', ');
    void reply.header('allow', listed);
    throw new Problem(405, 'Method not allowed', `${path} takes ${listed}, not ${method}: see /api/docs`);
  }
}

/** The methods by which there is something at a path. */
function methodsOf(path: string): string[] {
  const isOpen = path === '/api/docs' || path === '/api/openapi.json';
  const methods = Object.values<Operation>(OPERATIONS)
    .filter((operation) => routesOf(operation).some((route) => isAt(path, route)))
    .map(({ method }) => method.toUpperCase());
  return [...new Set(isOpen ? ['GET'] : methods)].flatMap((method) =>
    method === 'GET' ? ['GET', 'HEAD'] : [method],
  );
}

/** Whether a router's path, `/api/v1/runs/:id`, is that of an address. */
function isAt(path: string, route: string): boolean {
  const [given, wanted] = [path.split('/'), route.split('/')];
  return (
    given.length === wanted.length && wanted.every((part, i) => part.startsWith(':') || part === given[i])
  );
}
