import { gzipSync } from 'node:zlib';
import { chance } from './chance.ts';

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const MARK_LENGTH = 36;
/** So much of a mark in a row is enough to know it by. */
const PIECE_LENGTH = 9;

/** Secrets that are like no other text, and where they were put: so that they are found wherever they went, whole or in part. */
export class Marks {
  /** A number below a bound. */
  readonly below: (bound: number) => number;
  readonly #placed = new Map<string, string>();

  constructor(seed: number) {
    this.below = chance(seed);
  }

  /** A new secret. @param place where it is put, for whoever reads of it. */
  mark(place: string): string {
    const mark = Array.from({ length: MARK_LENGTH }, () => LETTERS[this.below(LETTERS.length)]).join('');
    for (const piece of piecesOf(mark)) this.#placed.set(piece, place);
    return mark;
  }

  /** Where the secrets were put of which a text has something. */
  foundIn(text: string | Uint8Array): string[] {
    const all = typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    const found = [...this.#placed].filter(([piece]) => all.includes(piece)).map(([, place]) => place);
    return [...new Set(found)];
  }
}

/** The parts of a mark, as they are and as they stand in Base64 and in UTF-16. */
function piecesOf(mark: string): string[] {
  const pieces = (text: string, length: number) =>
    Array.from({ length: Math.floor(text.length / length) }, (_, i) =>
      text.slice(i * length, (i + 1) * length),
    );
  const coded = [0, 1, 2].flatMap((shift) =>
    pieces(
      Buffer.from(`${'x'.repeat(shift)}${mark}`)
        .toString('base64')
        .slice(4, -4),
      PIECE_LENGTH + 3,
    ),
  );
  const wide = Buffer.from(mark, 'utf16le').toString('latin1');
  return [...pieces(mark, PIECE_LENGTH), ...coded, ...pieces(wide, 2 * PIECE_LENGTH)];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const json = JSON.stringify;

/** An audit event, as the API server writes it. */
const event = (fields: object): object => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'RequestResponse',
  auditID: 'a0000000-0000-4000-8000-000000000001',
  stage: 'ResponseComplete',
  requestURI: '/x',
  verb: 'create',
  user: { username: 'ops@example.org', groups: ['system:authenticated'] },
  sourceIPs: ['10.0.0.1'],
  userAgent: 'kubectl/v1.34.1 (linux/amd64) kubernetes/abcdef',
  objectRef: { resource: 'secrets', namespace: 'shop', name: 'db', apiVersion: 'v1' },
  responseStatus: { metadata: {}, code: 201 },
  requestReceivedTimestamp: '2026-03-01T08:30:00.000000Z',
  stageTimestamp: '2026-03-01T08:30:00.500000Z',
  ...fields,
});

const metadata = (name: string) => ({
  name,
  namespace: 'shop',
  uid: `u-${name}`,
  resourceVersion: '5000',
  creationTimestamp: '2026-03-01T08:30:00Z',
});
const referring = (resource: string, name: string, apiGroup = '') => ({
  resource,
  namespace: 'shop',
  name,
  apiVersion: 'v1',
  ...(apiGroup && { apiGroup }),
});

const secret = (value: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: metadata('db'),
  type: 'Opaque',
  data: { password: base64(value) },
});
const pod = (value: string, name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...metadata(name),
    labels: { app: 'web' },
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': json({ env: value }),
      'vault.example.org/token': value,
    },
    managedFields: [{ manager: value }],
  },
  spec: {
    nodeName: 'node-1',
    serviceAccountName: 'default',
    containers: [
      {
        name: 'app',
        image: `registry/${value}`,
        command: [value],
        args: [value],
        env: [{ name: 'P', value }],
      },
    ],
  },
  status: { phase: 'Running', podIP: '10.9.1.1', podIPs: [{ ip: '10.9.1.1' }], message: value },
});
const policy = (name: string, more: object = {}) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: metadata(name),
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
  ...more,
});
const NETWORKING = 'networking.k8s.io';

/** What whole audit events hold that nobody needs: where, and the event with it. Names differ, so that none hides another. */
const EVENTS: readonly (readonly [place: string, make: (value: string, i: number) => object])[] = [
  ['a Secret', (value) => event({ requestObject: secret(value), responseObject: secret(value) })],
  [
    'a Secret in a list',
    (value) => event({ verb: 'list', responseObject: { kind: 'SecretList', items: [secret(value)] } }),
  ],
  [
    'a ConfigMap',
    (value) =>
      event({
        objectRef: referring('configmaps', 'settings'),
        responseObject: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: metadata('settings'),
          data: { value },
        },
      }),
  ],
  [
    'environment, arguments and annotations of a pod',
    (value, i) =>
      event({
        objectRef: referring('pods', `web-${i}`),
        requestObject: pod(value, `web-${i}`),
        responseObject: pod(value, `web-${i}`),
      }),
  ],
  [
    'a refused pod, quoted',
    (value, i) =>
      event({
        objectRef: referring('pods', `bad-${i}`),
        responseStatus: {
          code: 422,
          status: 'Failure',
          reason: 'Invalid',
          message: `spec.containers[0].env[0].value: Invalid value: "${value}"`,
          details: { name: `bad-${i}`, kind: 'Pod', causes: [{ message: value, field: value }] },
        },
      }),
  ],
  [
    'a token that was asked for',
    (value) =>
      event({
        objectRef: { ...referring('serviceaccounts', 'default'), subresource: 'token' },
        responseObject: {
          kind: 'TokenRequest',
          apiVersion: 'authentication.k8s.io/v1',
          status: { token: value },
        },
      }),
  ],
  [
    'a token that was reviewed',
    (value) =>
      event({
        objectRef: { resource: 'tokenreviews', apiGroup: 'authentication.k8s.io', apiVersion: 'v1' },
        requestObject: { kind: 'TokenReview', spec: { token: value } },
      }),
  ],
  [
    'a Secret in the place of a policy',
    (value, i) =>
      event({
        objectRef: referring('networkpolicies', `odd-${i}`, NETWORKING),
        requestObject: secret(value),
        responseObject: secret(value),
      }),
  ],
  [
    'the kind and the version of an answer',
    (value, i) =>
      event({
        objectRef: referring('networkpolicies', `strange-${i}`, NETWORKING),
        responseObject: { apiVersion: value, kind: value, metadata: metadata(`strange-${i}`) },
      }),
  ],
  [
    'the version of a policy',
    (value, i) =>
      event({
        objectRef: referring('networkpolicies', `versioned-${i}`, NETWORKING),
        responseObject: policy(`versioned-${i}`, { apiVersion: `${NETWORKING}/${value}` }),
      }),
  ],
  [
    'what a policy event says of the request and of who sent it',
    (value, i) =>
      event({
        requestURI: `/apis/${NETWORKING}/v1/namespaces/shop/networkpolicies?token=${value}&fieldManager=kubectl`,
        user: { username: 'ops@example.org', extra: { 'example.org/token': [value] } },
        impersonatedUser: { username: 'jane', extra: { token: [value] } },
        userAgent: `curl with ${value}`,
        annotations: { 'example.org/note': value },
        forwardedBy: value,
        objectRef: referring('networkpolicies', `told-${i}`, NETWORKING),
        responseObject: policy(`told-${i}`),
      }),
  ],
  [
    'bookkeeping in a JSON patch of a policy',
    (value, i) =>
      event({
        verb: 'patch',
        responseStatus: { code: 200 },
        objectRef: referring('networkpolicies', `patched-${i}`, NETWORKING),
        requestObject: [
          {
            op: 'add',
            path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration',
            value,
          },
        ],
        responseObject: policy(`patched-${i}`),
      }),
  ],
  ['the verb and the stage', (value) => event({ verb: value, stage: value })],
  [
    'the time',
    (value, i) =>
      event({
        objectRef: referring('pods', `late-${i}`),
        stageTimestamp: value,
        requestReceivedTimestamp: value,
      }),
  ],
  ['a field beside those of an event', (value) => ({ [value]: 1, stage: 'x' })],
];

/** What stands in a log that is no event at all. */
const OTHER: readonly (readonly [place: string, make: (value: string) => string])[] = [
  ['a line by itself', (value) => value],
  ['a password in YAML', (value) => `  password: ${value}`],
  ['a header', (value) => `Authorization: Bearer ${value}`],
  ['a JSON text', (value) => json(value)],
  ['a list', (value) => json([value, { [value]: value }])],
  ['a key', (value) => json({ [value]: { [value]: 1 } })],
  ['a value', (value) => json({ data: { password: value } })],
  ['behind a key without a value', (value) => `{"data":{"${value}":}}`],
  ['an unquoted value', (value) => `{"data":${value}}`],
  ['a Docker line', (value) => json({ log: `{"password":"${value}`, stream: 'stdout', time: 'x' })],
  ['a CRI line', (value) => `2026-03-01T08:00:00Z stdout F {"password":"${value}`],
  ['a packed line', (value) => base64(gzipSync(`{"password":"${value}`).toString('latin1'))],
  ['JSON in Base64 that breaks off', (value) => base64(`{"password":"${value}`)],
  [
    'an event of an envelope that breaks off',
    (value) => json({ message: `{"auditID":"1","verb":"create","requestObject":{"data":"${value}` }),
  ],
  ['several lines', (value) => json(secret(value), null, 2)],
  ['several lines that break off', (value) => json([secret(value), secret(value)], null, 2).slice(0, -60)],
  ['between bytes that are no text', (value) => `\u0000\u0001${value}\uFFFD\uFFFE{"${value}"`],
];

/** A text cut off in the middle, begun in the middle, or with something broken in it. */
function broken(text: string, marks: Marks): string {
  const at = 1 + marks.below(text.length - 1);
  switch (marks.below(4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(at);
    case 2:
      return `${text.slice(0, at)}[Truncated...]`;
    default:
      return `${text.slice(0, at)}\u0000"}${text.slice(at)}`;
  }
}

/** Lines of an audit log with secrets wherever they can be, whole and broken. */
export function linesOfAudit(marks: Marks, rounds: number): string[] {
  const lines: string[] = [];
  for (let round = 0; round < rounds; round++) {
    EVENTS.forEach(([place, make], i) => {
      const text = (how: string) => json(make(marks.mark(`${place}, ${how}`), round * 100 + i));
      lines.push(text('whole'), broken(text('broken'), marks), broken(text('broken'), marks));
      lines.push(json({ message: broken(text('broken in an envelope'), marks) }));
    });
    for (const [place, make] of OTHER) {
      lines.push(make(marks.mark(place)), broken(make(marks.mark(`${place}, broken`)), marks));
    }
  }
  return lines;
}

const FLOW = {
  start_time: 1_772_352_000,
  end_time: 1_772_352_300,
  action: 'allow',
  reporter: 'src',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name_aggr: 'web-*',
  dest_type: 'net',
  dest_namespace: '-',
  dest_name_aggr: 'pub',
};

/** Lines of a flow log with secrets where flows have none, whole and broken. */
export function linesOfFlows(marks: Marks, rounds: number): string[] {
  const records: readonly (readonly [string, (value: string) => object])[] = [
    [
      'labels and policies of a flow',
      (value) => ({ ...FLOW, source_labels: [value], policies: { [value]: value } }),
    ],
    ['the action of a flow', (value) => ({ ...FLOW, action: value })],
    ['the type and the time of a flow', (value) => ({ ...FLOW, dest_type: value, start_time: value })],
    ['a flow of another log', (value) => ({ flow: { source: { [value]: value } }, time: value })],
  ];
  const lines: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [place, make] of records) {
      lines.push(json(make(marks.mark(place))), broken(json(make(marks.mark(`${place}, broken`))), marks));
    }
    for (const [place, make] of OTHER) lines.push(make(marks.mark(`${place}, in a flow log`)));
  }
  return lines;
}

/** Manifests that cannot be used, by the names of their files. */
export function brokenManifests(marks: Marks): Record<string, string> {
  const report = (spec: string) =>
    `apiVersion: projectcalico.org/v3\nkind: GlobalReport\nmetadata: { name: r }\nspec: ${spec}\n`;
  const type = (template: string) =>
    `apiVersion: projectcalico.org/v3\nkind: GlobalReportType\nmetadata: { name: t }\nspec:\n  uiSummaryTemplate: { name: s, template: '${template}' }\n`;
  return {
    'tag.yaml': `kind: !${marks.mark('a YAML tag')} x\n`,
    'alias.yaml': `kind: *${marks.mark('a YAML alias')}\n`,
    'secret.yaml': `data:\n  a: "${marks.mark('a YAML text that is not closed')}\n  b: c\n`,
    'twice.yaml': `a: ${marks.mark('a YAML value')}\na: ${marks.mark('a YAML value of a key that is there twice')}\n`,
    'json.json': `{"kind":"Secret","data":{"p":"${marks.mark('a manifest that breaks off')}`,
    'other.yaml': `kind: Secret\ndata: { p: ${marks.mark('a Secret among manifests')} }\n`,
    'template.yaml': type(`{{ if "${marks.mark('a text in a template that is none')}" }}`),
    'constant.yaml': type(`{{ .a "${marks.mark('a constant where none may be')}" := }}`),
    'schedule.yaml': report(
      `{ reportType: inventory, schedule: "0 * * * *", jobNodeSelector: ["${marks.mark('a list where names are due')}"] }`,
    ),
    'cron.yaml': report(
      `{ reportType: inventory, schedule: "0 ${marks.mark('a field of a schedule')} * * *" }`,
    ),
    'selector.yaml': report(
      `{ reportType: inventory, endpoints: { selector: "app == '${marks.mark('a text in a selector that is none')}' &&" } }`,
    ),
    'words.yaml': report(
      `{ reportType: inventory, endpoints: { selector: "app ${marks.mark('a word in a selector that is none')} b" } }`,
    ),
    'field.yaml': report(`{ reportType: inventory, ${marks.mark('a field of a GlobalReport')}: 1 }`),
  };
}
