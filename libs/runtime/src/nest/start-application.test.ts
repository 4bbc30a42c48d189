import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Inject, Injectable, Module, Param, Post, Query, type Type } from '@nestjs/common';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { silentLog, type Log } from '../log.ts';
import { missing, Problem } from '../problem.ts';
import {
  Open,
  Readiness,
  Right,
  RouteRights,
  Stages,
  startApplication,
  type ApplicationOptions,
} from './index.ts';

/** An application in this process, stopped at the end of the test. */
async function startHere(
  modules: ApplicationOptions['modules'] = [],
  options: Partial<ApplicationOptions> = {},
) {
  const stopping = new AbortController();
  const application = await startApplication({
    modules,
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    signal: stopping.signal,
    ...options,
  });
  onTestFinished(async () => {
    stopping.abort();
    await application.ended.catch(() => undefined);
  });
  return { ...application, stop: () => stopping.abort() };
}

const controllers = (...types: Type[]) => ({ module: class Testing {}, controllers: types });

const answerOf = async (url: string, init?: RequestInit) => {
  const answer = await fetch(url, init);
  const type = answer.headers.get('content-type')?.split(';')[0];
  return { status: answer.status, type, body: (await answer.json()) as Record<string, unknown> };
};

test('it serves health, metrics and the routes of its controllers', async () => {
  @Controller('clock')
  @Open()
  class Clock {
    @Get('name')
    name() {
      return { name: 'clock' };
    }
  }
  const { url } = await startHere([controllers(Clock)]);
  expect((await answerOf(`${url}/clock/name`)).body).toEqual({ name: 'clock' });
  expect(await answerOf(`${url}/healthz`)).toMatchObject({ status: 200, body: { alive: true } });
  expect(await answerOf(`${url}/readyz`)).toMatchObject({
    status: 200,
    body: { ready: true, checks: { running: { ready: true } } },
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('margay_ready{check="running"} 1');
  expect(metrics).toContain('route="/clock/name",status="200"');
});

test('a path that cannot be decoded is answered as a problem', async () => {
  const { url } = await startHere();
  const answer = await fetch(`${url}/%E0%A4%A`);
  // No middleware of anybody's adds to it.
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(await answer.json()).toMatchObject({
    status: 400,
    title: 'Bad request',
    detail: expect.stringContaining('%E0%A4%A') as string,
  });
  await fetch(`${url}/%ff`);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('duration_seconds_count{method="GET",route="none",status="400"} 2');
});

test('it is ready only when every check is, and says which is not', async () => {
  let broken: string | undefined = 'the store does not answer';
  const { url, get } = await startHere();
  const readiness = get(Readiness);
  readiness.add('store', () => broken);
  readiness.add('bus', async () => {
    throw new Error('no broker');
  });
  readiness.add('slow', () => (broken === undefined ? undefined : sleep(2 ** 30, 'never', { ref: false })));
  const first = await answerOf(`${url}/readyz`);
  expect(first).toMatchObject({ status: 503 });
  expect(first.body).toEqual({
    ready: false,
    checks: {
      running: { ready: true },
      store: { ready: false, reason: 'the store does not answer' },
      bus: { ready: false, reason: 'no broker' },
      slow: { ready: false, reason: 'no answer within 2 seconds' },
    },
  });
  broken = undefined;
  expect((await answerOf(`${url}/readyz`)).body).toMatchObject({ checks: { slow: { ready: true } } });
});

test('when it is asked to stop it is not ready, its work ends what is at hand, and then its modules close', async () => {
  const told: string[] = [];
  const { promise: drained, resolve: drain } = Promise.withResolvers<void>();
  @Injectable()
  class Work {
    readonly #stages: Stages;
    constructor(@Inject(Stages) stages: Stages) {
      this.#stages = stages;
    }
    onApplicationBootstrap() {
      this.#stages.keep('work', async (signal) => {
        await sleep(2 ** 30, undefined, { signal }).catch(() => told.push('asked'));
        await drained;
        told.push('drained');
      });
    }
    onApplicationShutdown() {
      told.push('closed');
    }
  }
  const { url, stop, ended } = await startHere([{ module: class Working {}, providers: [Work] }]);
  expect((await answerOf(`${url}/readyz`)).body).toMatchObject({ checks: { work: { ready: true } } });
  stop();
  await expect.poll(() => told).toEqual(['asked']);
  expect(await answerOf(`${url}/readyz`)).toMatchObject({
    status: 503,
    body: { checks: { running: { reason: 'stopping' } } },
  });
  drain();
  await ended;
  expect(told).toEqual(['asked', 'drained', 'closed']);
});

test('a stop takes no longer than it may', async () => {
  const { get, stop, ended } = await startHere([], { stopSeconds: 0.05 });
  get(Stages).keep('stubborn', () => sleep(2 ** 30, undefined, { ref: false }));
  stop();
  await expect(ended).rejects.toThrow('Did not stop within 0.05 seconds');
});

test('a stage that fails says why, is started again, and the others go on', async () => {
  const { url, get } = await startHere([], { pauseMilliseconds: 5 });
  let starts = 0;
  const until = (signal: AbortSignal) => sleep(2 ** 30, undefined, { signal });
  get(Stages).keep('steady', until);
  get(Stages).keep('flaky', async (signal) => {
    starts++;
    if (starts < 4) throw new Error(`try ${starts}`);
    await until(signal);
  });
  await expect.poll(() => starts).toBe(4);
  expect((await answerOf(`${url}/readyz`)).body).toMatchObject({
    checks: { flaky: { ready: false, reason: 'try 3' }, steady: { ready: true } },
  });
});

test('a stage that is done is not started again, and the application goes on serving', async () => {
  const { url, get } = await startHere();
  let starts = 0;
  get(Stages).keep('once', async () => void starts++);
  await sleep(20);
  expect(starts).toBe(1);
  expect((await answerOf(`${url}/readyz`)).status).toBe(200);
});

test('a stage that may not start again ends the application with its error', async () => {
  const { get, ended } = await startHere([], { restarts: (stage) => stage !== 'spring' });
  get(Stages).keep('spring', async () => {
    throw new Error('the spring is broken');
  });
  await expect(ended).rejects.toThrow('the spring is broken');
});

test('a port in use is said with what to do', async () => {
  const { url } = await startHere();
  await expect(startHere([], { port: Number(new URL(url).port) })).rejects.toThrow(
    /Port \d+ on 127.0.0.1 is in use/,
  );
});

test('routes without a right, and with one that nobody judges, keep it from starting: all are named', async () => {
  @Controller('cats')
  class Cats {
    @Get(':id/paws')
    paws() {}
    @Post()
    @Right('groom-cats')
    groom() {}
    @Get()
    @Open()
    list() {}
  }
  const starting = startHere([controllers(Cats)]);
  await expect(starting).rejects.toThrow(
    /GET \/cats\/:id\/paws \(Cats\.paws\) declares no right: put @Right/,
  );
  await expect(starting).rejects.toThrow(
    /POST \/cats \(Cats\.groom\) declares the right "groom-cats", which nobody judges: there are open/,
  );
  await expect(starting).rejects.not.toThrow(/Cats\.list/);
});

test('a route is answered to those who have its right; that of a method wins over that of its controller', async () => {
  @Controller('cats')
  @Right('see-cats')
  class Cats {
    @Get()
    list() {
      return { cats: 2 };
    }
    @Get('count')
    @Open()
    count() {
      return { count: 2 };
    }
  }
  @Module({ controllers: [Cats] })
  class CatsModule {
    readonly #rights: RouteRights;
    constructor(@Inject(RouteRights) rights: RouteRights) {
      this.#rights = rights;
    }
    onModuleInit() {
      this.#rights.add({
        'see-cats': ({ headers }) => {
          if (headers['x-name'] !== 'cat') throw missing('cat');
        },
      });
    }
  }
  const { url } = await startHere([CatsModule]);
  expect((await answerOf(`${url}/cats/count`)).body).toEqual({ count: 2 });
  expect((await answerOf(`${url}/cats`, { headers: { 'x-name': 'cat' } })).body).toEqual({ cats: 2 });
  expect(await answerOf(`${url}/cats`)).toEqual({
    status: 404,
    type: 'application/problem+json',
    body: { type: 'about:blank', title: 'Not found', status: 404, detail: 'There is no cat' },
  });
});

test('input is checked by the schema at the parameter: what fits is read, what does not is named', async () => {
  const limit = z.coerce.number().int().max(10).default(5);
  @Controller('cats')
  @Open()
  class Cats {
    @Get()
    list(@Query({ schema: z.object({ limit }) }) query: { limit: number }) {
      return query;
    }
    @Get(':id')
    one(@Param('id', { schema: z.string().max(3) }) id: string) {
      return { id };
    }
  }
  const { url } = await startHere([controllers(Cats)]);
  expect((await answerOf(`${url}/cats`)).body).toEqual({ limit: 5 });
  expect((await answerOf(`${url}/cats?limit=7`)).body).toEqual({ limit: 7 });
  expect(await answerOf(`${url}/cats?limit=70`)).toMatchObject({
    status: 400,
    type: 'application/problem+json',
    body: { title: 'Bad request', detail: 'limit: Too big: expected number to be <=10' },
  });
  expect((await answerOf(`${url}/cats/abcd`)).status).toBe(400);
});

test('a request that fails is logged with its route, and its client learns nothing of the inside', async () => {
  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (message, fields) => void errors.push([message, fields]) };
  @Controller()
  @Open()
  class Broken {
    @Get('broken/:id')
    broken() {
      throw new Error('the inside');
    }
  }
  const { url } = await startHere([controllers(Broken)], { log });
  const answer = await answerOf(`${url}/broken/1`);
  expect(answer).toMatchObject({ status: 500, type: 'application/problem+json' });
  expect(JSON.stringify(answer.body)).not.toContain('the inside');
  expect(errors).toEqual([
    [
      'A request failed',
      { method: 'GET', route: '/broken/:id', error: expect.objectContaining({ message: 'the inside' }) },
    ],
  ]);
});

test('an unknown route is a problem too, and so is a body that no route takes', async () => {
  @Controller()
  @Open()
  class Taking {
    @Post('take')
    take() {}
  }
  const { url } = await startHere([controllers(Taking)]);
  expect(await answerOf(`${url}/nothing`)).toMatchObject({ status: 404, type: 'application/problem+json' });
  const large = { method: 'POST', body: '{'.repeat(2_000), headers: { 'content-type': 'application/json' } };
  expect(await answerOf(`${url}/take`, large)).toMatchObject({
    status: 413,
    type: 'application/problem+json',
    body: { detail: '/take takes no body of 2000 bytes: send none, at most 1024' },
  });
});

/** A route for who says that they are somebody, which is never reached with a body that is too large. */
async function guarded(options: Partial<ApplicationOptions> = {}) {
  @Injectable()
  class Judges {
    constructor(@Inject(RouteRights) rights: RouteRights) {
      rights.add({
        somebody: ({ headers }) => {
          if (headers.authorization === undefined) throw new Problem(401, 'Unauthorized', 'Who are you?');
        },
      });
    }
  }
  @Controller('session')
  class Session {
    @Post()
    @Right('somebody')
    begin() {
      return { begun: true };
    }
  }
  return startHere([{ module: class Testing {}, providers: [Judges], controllers: [Session] }], options);
}

test.each([
  ['nobody', {}, '[{}]', 401],
  ['nobody with a large body', {}, `[${'{},'.repeat(10_000_000)}{}]`, 401],
  ['somebody', { authorization: 'a' }, '[{}]', 201],
  ['somebody with what is no JSON', { authorization: 'a' }, '{', 201],
  ['somebody with a large body', { authorization: 'a' }, 'x'.repeat(2_000_000), 413],
])('a body is not read before it is known who asks: %s is answered', async (_, headers, body, status) => {
  const { url } = await guarded();
  const before = process.memoryUsage().rss;
  const answer = await fetch(`${url}/session`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });
  expect(answer.status).toBe(status);
  await answer.text();
  // What is read as JSON takes forty times its length.
  expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
});

test('a stop waits for no connection whose request was answered before all of its body came', async () => {
  const request = { headers: { authorization: 'a' }, body: 'x'.repeat(2_000_000), method: 'POST' };
  for (let i = 0; i < 10; i++) {
    const stopping = new AbortController();
    const { url, ended } = await guarded({ signal: stopping.signal, stopSeconds: 4 });
    const answer = await fetch(`${url}/session`, request);
    await answer.text();
    stopping.abort();
    await ended;
  }
});

test('a body that comes too slowly is not waited for', async () => {
  const { url } = await guarded({ requestMilliseconds: 400 });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {}).resume();
  socket.write('POST /session HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n[');
  const dripping = setInterval(() => socket.write('{'), 50);
  onTestFinished(() => clearInterval(dripping));
  const started = performance.now();
  await ended;
  expect(performance.now() - started).toBeLessThan(20_000);
});
