import { hubPart } from './hub-values.ts';
import { brokers, topicPrefix, wayToBrokers } from './kafka-values.ts';
import {
  annotations,
  flag,
  kubernetes,
  kubernetesList,
  labels,
  NAME,
  named,
  resources,
  section,
  size,
  text,
  texts,
  TOPIC,
  whole,
  type JsonSchema,
  type Values,
} from './value.ts';

/** What every pod may have, of whichever part. */
const everyPod = (initially: JsonSchema): Values => ({
  resources: resources('What its container asks for and may take.', initially),
  podLabels: labels('Labels of its pods, beside those of all.'),
  podAnnotations: annotations('Annotations of its pods, beside those of all.'),
  nodeSelector: labels('Nodes that it runs on, instead of those of all.'),
  tolerations: kubernetesList('Taints that it puts up with, instead of those of all.'),
  affinity: kubernetes('What it runs near, instead of that of all.'),
  priorityClassName: named('Its priority, instead of that of all.'),
  podSecurityContext: kubernetes(
    'Fields of its pods’ security context that are otherwise than those of all.',
  ),
  containerSecurityContext: kubernetes(
    'Fields of its container’s security context that are otherwise than those of all; capabilities as a whole.',
  ),
  extraEnv: kubernetesList(
    'Variables of its container (docs/configuration.md); one that the chart sets is replaced.',
    'name',
  ),
  extraEnvFrom: kubernetesList('ConfigMaps and Secrets whose keys are variables of its container.'),
  extraVolumes: kubernetesList('Volumes of its pods.', 'name'),
  extraVolumeMounts: kubernetesList('Where its container has them.', 'name', 'mountPath'),
});

/** What the pods of each part may have. */
const podValues = (initially: JsonSchema): Values => ({
  ...everyPod(initially),
  topologySpreadConstraints: kubernetesList(
    'How its pods are spread, instead of those of all.',
    'topologyKey',
    'whenUnsatisfiable',
  ),
  terminationGracePeriodSeconds: whole('How long it may take to stop.', 30, 1, 3_600),
  startupProbe: kubernetes('Fields of this probe that are otherwise.'),
  livenessProbe: kubernetes('Fields of this probe that are otherwise.'),
  readinessProbe: kubernetes('Fields of this probe that are otherwise.'),
  extraArgs: texts('Arguments of its container, after those of the chart.'),
  extraContainers: kubernetesList('Containers beside its own.', 'name'),
  initContainers: kubernetesList('Containers that run before its own.', 'name'),
  serviceAccount: section('', {
    name: named('Its service account, instead of one of the chart’s naming.'),
    annotations: annotations('Annotations of that, such as the role of a cloud.'),
  }),
});

const replicas = whole('How many there are.', 1, 0, 1_000);

const SMALL = { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } };
const TINY = { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } };
const LARGE = { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '4Gi' } };
const EMBEDDED = { requests: { cpu: '200m', memory: '512Mi' }, limits: { memory: '2Gi' } };

/** A class of storage, by its name. */
const storageClass = text('The class; the default one unless set, and none with -.', '', `-|${NAME}`);

/** The volume of a process that has all in one. */
const volume = (about: string, initially: string) =>
  section(about, {
    enabled: flag('false keeps everything in the pod: it is lost with it.', true),
    size: size('How large it is.', initially),
    storageClass,
    existingClaim: named('A claim that exists already, instead of one that is made.'),
  });

/** An address that others post to; `example` is of an issuer. */
const receiver = (about: string, secret: string, { example = '', push = '' } = {}) =>
  section(about, {
    enabled: flag('Whether it is there.', false),
    port: {
      about: 'The port of the pods, but not 8080, which has health and metrics; the Service has 443.',
      initially: 8_443,
      schema: { type: 'integer', minimum: 1, maximum: 65_535, not: { const: 8_080 } },
    },
    secret: named(secret),
    tokens: flag(
      'Whether senders have tokens of that Secret. Without it all have those of oidc, which is needed then.',
      true,
    ),
    oidc: section(`Tokens that an OpenID provider signs are taken, too, where issuer is set${push}.`, {
      issuer: text(`Its address${example}.`, '', 'https?://.+'),
      audience: text('Whom they must be for. Needed where issuer is set.'),
      names: texts(
        'Whose they may be: the e-mail address of an account, or its sub; NAME=CLUSTER where there are several clusters. Needed where issuer is set.',
      ),
    }),
  });

/** Where a topic that others write is, if not where Margay’s own are. */
const topicKafka = section(
  'Where that topic is, if on other brokers than those of kafka: a cloud’s hub, say. kafka.topicPrefix does not count there.',
  { brokers: brokers('Their addresses, as in kafka.brokers; those unless set.'), ...wayToBrokers },
);

/** Where a hub over many cells is told, if not where Margay’s own topics are. */
const hubKafka = section(
  'Where the hub that this cell tells of its reports reads, if on other brokers than those of kafka: what margay.hub-news has here is handed on to there. It needs ledger.',
  {
    brokers: brokers('Their addresses, as in kafka.brokers; nothing is handed on unless set.'),
    topicPrefix: topicPrefix('What the hub has as its kafka.topicPrefix.'),
    ...wayToBrokers,
  },
);

/** Pods that are no part of the product: they end by themselves. */
export const HOOKS = section(
  'The pods of helm test, and of the Job by which definitions that no release has are taken over before the release is installed or upgraded: what these name has to be there before it.',
  everyPod(TINY),
);

/** The parts of the product, with what each has of its own. */
export const PARTS = {
  embedded: section('The one pod of the embedded profile.', {
    persistence: volume('The volume of everything that is kept.', '10Gi'),
    ...podValues(EMBEDDED),
  }),
  hub: hubPart(volume('The volume of what it is told.', '10Gi'), podValues(SMALL)),
  auditIngestor: section('Follows the cluster, and takes audit events.', {
    replicas,
    watch: flag('Follows the cluster by list and watch; one replica then.', true),
    topic: text(
      'A Kafka topic of raw audit events (AUDIT_TOPIC), as forwarders or a cloud’s hub write them; none unless set.',
      '',
      TOPIC,
    ),
    topicKafka,
    persistence: section('A volume for the places that the watch has come to.', {
      size: size('How large it is.', '1Gi'),
      storageClass,
    }),
    webhook: receiver(
      'Takes audit events that API servers post.',
      'A Secret with tls.crt and tls.key, and, where tokens, token: the bearer token that API servers send, or Firehose as its access key; several, one a line. Needed where it is enabled.',
      { example: ', for Pub/Sub https://accounts.google.com', push: ': a push of Pub/Sub has one' },
    ),
    ...podValues(SMALL),
  }),
  flowIngestor: section('Takes flow logs, in the distributed profile: traffic in reports comes of them.', {
    enabled: flag('Whether it is there; it needs http or topic then.', false),
    replicas,
    http: receiver(
      'Takes flow logs over HTTP.',
      'A Secret with tls.crt and tls.key, and, where tokens, token: the bearer token that senders send; several, one a line. Needed where it is enabled.',
    ),
    topic: text(
      'A Kafka topic of raw flow logs (FLOW_TOPIC), as forwarders or a cloud’s hub write them; none unless set.',
      '',
      TOPIC,
    ),
    topicKafka,
    ...podValues(SMALL),
  }),
  snapshotter: section('Keeps the history.', { replicas, ...podValues(SMALL) }),
  scheduler: section('Says which windows are due.', { replicas, ...podValues(SMALL) }),
  reportWorker: section(
    'Computes reports, as do Jobs of reports with jobNodeSelector and pods by hand; in the embedded profile pods by hand alone have these values.',
    {
      replicas,
      autoscaling: section('Scales by CPU; the replicas above count while it is off.', {
        enabled: flag('Whether it does.', false),
        minReplicas: whole('At least so many.', 1, 1, 1_000),
        maxReplicas: whole('At most so many.', 4, 1, 1_000),
        targetCPUUtilizationPercentage: whole(
          'How much of the CPU that they ask for they use.',
          80,
          1,
          1_000,
        ),
      }),
      hubKafka,
      ...podValues(LARGE),
    },
  ),
  notifier: section(
    'Posts finished, failed and worse reports to a webhook, as CloudEvents; not there unless a URL is set or lies in a Secret.',
    {
      replicas,
      urlSecret: named(
        'A Secret with url: where events are posted. Whoever knows the address of a chat’s webhook can post there.',
      ),
      url: text('Instead of a Secret that exists: one is made of it.', '', 'https?://[^@\\s]+'),
      secret: named('A Secret with key: signs what is posted.'),
      regressions: {
        about:
          'By what a report must be worse than the one before to be told of, with commas (docs/configuration.md, notifier).',
        initially: 'endpoints-ingress-unprotected,endpoints-egress-unprotected',
        schema: { type: 'string', pattern: regressionsPattern() },
      },
      ...podValues(SMALL),
    },
  ),
  api: section('Serves the dashboard and the REST API.', { replicas, ...podValues(SMALL) }),
} as const;

/** Rules of the notifier, with commas between them. */
function regressionsPattern(): string {
  const rule =
    '(endpoints-(ingress-unprotected|egress-unprotected|ingress-from-internet|egress-to-internet)|namespaces-(ingress|egress)-unprotected)';
  return `^(${rule}(,${rule})*)?$`;
}
