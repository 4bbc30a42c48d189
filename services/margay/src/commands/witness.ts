import { OPERATIONS } from '@margay/api-contract';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { askWitness } from '@margay/confirmations';
import {
  cosignNote,
  NoKey,
  NoteProblem,
  readCheckpoint,
  readGrowth,
  type SigningKey,
  type VerifierKey,
  verifierKeyText,
  watchedLogs,
  type WatchedLogs,
  witness,
  type WitnessAnswer,
} from '@margay/ledger';
import { keepNames, makeFolder, replaceFile, stopSignal } from '@margay/runtime';
import { lock } from '@margay/sqlite';
import { readKeyFile } from '@margay/storage';
import { say, UsageError, write } from '@margay/terminal';
import { keptBytes, keyOption } from '@margay/verify';
import { Command } from 'commander';
import { apiOption, askApiText, OWN_API } from '../ask-api.ts';

interface ServeOptions {
  readonly key: string;
  readonly data: string;
  readonly log: VerifierKey[];
  readonly port: string;
  readonly host: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** `margay witness`: another team sees that a log only ever grows, and says so. */
export function witnessCommand(): Command {
  return new Command('witness').addCommand(serveCommand()).addCommand(askCommand());
}

/** `margay witness serve`: keeps the last checkpoint of each log, and cosigns what goes on from it (C2SP tlog-witness). */
function serveCommand(): Command {
  return new Command('serve')
    .description(
      'Cosign checkpoints of logs that go on from the ones that were cosigned before, and no others.',
    )
    .requiredOption('--key <file>', 'the key of the witness, as margay key --witness makes it')
    .requiredOption('--data <dir>', 'where the last checkpoint of each log is kept: one witness alone has it')
    .requiredOption(
      '--log <key>',
      'the key of a log that is watched, which signs it now. Several logs may be given',
      keyOption,
    )
    .option('--port <port>', 'port', '8090')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--tls-cert <file>', 'certificate (PEM) to serve with by TLS; plain HTTP unless given')
    .option('--tls-key <file>', 'the key of that certificate')
    .action(async (options: ServeOptions) => {
      const { key: file, data, port, host } = options;
      const key = readKeyFile(file);
      if (key.use !== 'witness')
        throw new UsageError(`${file} is no key of a witness: margay key --witness makes one`);
      const logs = logsOf(options);
      makeFolder(data);
      const { server, scheme } = serverOf(options, (request, response) => {
        answer(request, response, { key, data, logs }).catch((error: Error) => {
          say(`margay witness: ${error.message}\n`);
          response.writeHead(500).end();
        });
      });
      // Two that know nothing of each other would cosign two histories.
      const unlock = lock(join(data, 'witness'));
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(Number(port), host, resolve);
      });
      const { port: own } = server.address() as AddressInfo;
      say(
        `Witness ${key.name} of ${[...logs.keys()].join(', ')}: POST ${scheme}://${host}:${own}/add-checkpoint\n`,
      );
      await write(`${verifierKeyText(key)}\n`);
      await new Promise<void>((resolve) =>
        stopSignal().addEventListener('abort', () => resolve(), { once: true }),
      );
      server.close();
      unlock();
    });
}

function logsOf({ log: keys }: Pick<ServeOptions, 'log'>): WatchedLogs {
  try {
    return watchedLogs(keys);
  } catch (error) {
    if (!(error instanceof NoKey)) throw error;
    throw new UsageError(`--log: ${error.message}`);
  }
}

/** @throws Error where the certificate and its key cannot be served with. */
function serverOf(
  { tlsCert, tlsKey }: ServeOptions,
  listener: RequestListener,
): { readonly server: Server; readonly scheme: 'http' | 'https' } {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key belong together');
  if (tlsCert === undefined || tlsKey === undefined)
    return { server: createServer(listener), scheme: 'http' };
  try {
    const pair = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey), minVersion: 'TLSv1.2' as const };
    return { server: createTlsServer(pair, listener), scheme: 'https' };
  } catch (error) {
    throw new Error(
      `The certificate ${tlsCert} and the key ${tlsKey} cannot be served with (${(error as Error).message}): give PEM files of one pair`,
      { cause: error },
    );
  }
}

interface Witness {
  readonly key: SigningKey;
  readonly data: string;
  readonly logs: WatchedLogs;
}

/** A checkpoint with a proof is less. */
const REQUEST_BYTES_MAX = 100_000;

async function answer(request: IncomingMessage, response: ServerResponse, own: Witness): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/add-checkpoint')
    return void response.writeHead(404).end();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_BYTES_MAX) return void response.writeHead(413, { connection: 'close' }).end();
    chunks.push(chunk);
  }
  const said = witness(Buffer.concat(chunks), own.logs, (origin) => lastOf(own.data, origin));
  if (said.status === 409)
    response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${said.size}\n`);
  else if (said.status !== 200)
    response.writeHead(said.status, { 'content-type': 'text/plain' }).end(`${said.why}\n`);
  else response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(cosigned(said, own));
  if (said.status !== 200) say(`margay witness: answered ${said.status}: ${said.why}\n`);
}

/** The line of the cosignature. What was cosigned is on the disk by then: nothing else is cosigned beside it, whatever happens. */
function cosigned(
  { origin, checkpoint }: Extract<WitnessAnswer, { status: 200 }>,
  { key, data }: Witness,
): string {
  replaceFile(fileOf(data, origin), checkpoint);
  keepNames(data);
  return cosignNote(checkpoint, key, Math.floor(Date.now() / 1_000)).slice(checkpoint.length);
}

/** @throws Error that names the file where it was damaged: whoever asks is not to blame, and nothing goes on from it. */
function lastOf(data: string, origin: string) {
  const file = fileOf(data, origin);
  if (!existsSync(file)) return undefined;
  try {
    return readCheckpoint(keptBytes(readFileSync(file)), []);
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    throw new Error(
      `Of the log ${origin} nothing is cosigned: what was cosigned last, ${file}, cannot be read: ${error.message}. Put it back from a backup`,
      { cause: error },
    );
  }
}

/** Origins have slashes. */
const fileOf = (data: string, origin: string): string =>
  join(data, `${createHash('sha256').update(origin).digest('hex')}.checkpoint`);

interface AskOptions {
  readonly api?: string;
}

/** `margay witness ask`: has witnesses cosign the checkpoint of a running Margay. */
function askCommand(): Command {
  return new Command('ask')
    .description(
      'Have witnesses cosign the log’s checkpoint of a running Margay, and print it with what they signed.',
    )
    .argument('<witness...>', 'addresses of witnesses, as in http://witness.example:8090')
    .addOption(apiOption())
    .addHelpText(
      'after',
      '\nWithout --api it asks the Margay that runs here, at http://127.0.0.1:8080. Exit code 1 where a witness is away, or did not cosign; the checkpoint has what the others signed.',
    )
    .action(
      async (
        witnesses: string[],
        { api = OWN_API }: AskOptions,
        command: Command & { exitCode?: number },
      ) => {
        const checkpoint = await askApiText(api, OPERATIONS.checkpoint);
        let lines = '';
        for (const address of witnesses) {
          try {
            lines += await cosignatureOf(address, checkpoint, api);
          } catch (error) {
            command.exitCode = 1;
            say(`margay: the witness ${address} did not cosign: ${(error as Error).message}\n`);
          }
        }
        await write(`${checkpoint}${lines}`);
      },
    );
}

/** Shows a witness the log from the size that it saw last. */
const cosignatureOf = (address: string, checkpoint: string, api: string): Promise<string> => {
  const { size } = readCheckpoint(Buffer.from(checkpoint), []);
  return askWitness(
    { address },
    {
      checkpoint,
      seen: size,
      growth: async (from) => {
        const query = { from: String(from), to: String(size) };
        return growthIn(await askApiText(api, OPERATIONS.growth, { query }));
      },
      newest: async () => readCheckpoint(Buffer.from(await askApiText(api, OPERATIONS.checkpoint)), []).size,
    },
  );
};

function growthIn(text: string): ReturnType<typeof readGrowth> {
  try {
    return readGrowth(text);
  } catch (error) {
    if (!(error instanceof NoteProblem)) throw error;
    throw new Error(`of the proof that was answered ${error.message}`, { cause: error });
  }
}
