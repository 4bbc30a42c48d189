import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { expect, test } from 'vitest';
import { ROOT } from './testing/copy-of-tree.ts';

/** A function that does not fit a screen is looked at: it is split, or stands here with the reason why it is one thought. */
const LINES_MAX = 70;

const ADAPTER = 'an adapter: short methods over what is opened once';
const PAGE = 'a page: markup from top to bottom';

const ONE_THOUGHT: Readonly<Record<string, string>> = {
  'libs/contracts/src/avro/codec.ts avroCodec': 'reader and writer of one schema, a case a type',
  'libs/go-template/src/lex.ts lex': 'a machine of states over one text, as in the language’s own lexer',
  'libs/go-template/src/parse.ts parseTemplate':
    'recursive descent over one list of tokens, a rule a function',
  'libs/kubernetes/src/client/transport.ts openTransport': ADAPTER,
  'libs/kubernetes/src/watch/reflect.ts reflect':
    'one loop whose states are told in its comment: list, watch, and what was missed',
  'libs/messaging/src/bus/embedded.ts openEmbeddedBus': ADAPTER,
  'libs/messaging/src/registry/schema-registry.ts schemaRegistry': ADAPTER,
  'libs/storage/src/archive/embedded.ts embeddedArchive': ADAPTER,
  'libs/storage/src/coverage/elasticsearch.ts elasticsearchCoverage': ADAPTER,
  'libs/storage/src/history/elasticsearch.ts elasticsearchHistory': ADAPTER,
  'libs/storage/src/windows/elasticsearch.ts elasticsearchWindows': ADAPTER,
  'libs/storage/src/windows/embedded.ts embeddedWindows': ADAPTER,
  'services/dashboard/page/endpoint-page.ts EndpointPage': PAGE,
  'services/dashboard/page/evidence-section.ts EvidenceSection': PAGE,
  'services/dashboard/page/parts.ts Table': 'a table: its state, its asking, its markup',
  'services/dashboard/page/state-page.ts StatePage': PAGE,
  'services/margay/src/up/margay.module.ts of': 'the wiring of one process, a module a stage, left to right',
};

/** `file name` of each function whose body has more lines. */
function longFunctions(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(ROOT, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ('body' in node && ts.isFunctionLike(node)) {
      const body = (node as ts.FunctionLikeDeclaration).body;
      if (body !== undefined && lineAt(body.end) - lineAt(body.getStart()) + 1 > LINES_MAX) {
        const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
        found.push(`${file} ${named?.getText() ?? 'without a name'}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('no function is longer than a screen, but those that are one thought', () => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'libs/*.ts', 'services/*.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '' && !/\.(test|contract)\.ts$|\/testing\//.test(file));
  expect(files.flatMap(longFunctions).sort()).toEqual(Object.keys(ONE_THOUGHT).sort());
});
