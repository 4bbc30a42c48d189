import { CLUSTER } from './hub-values.ts';
import { brokers, listed, topicPrefix, wayToBrokers } from './kafka-values.ts';
import {
  annotations,
  choice,
  duration,
  flag,
  labels,
  MOMENT,
  named,
  NETWORK,
  PORT,
  secretReferences,
  section,
  text,
  texts,
  whole,
  type Values,
} from './value.ts';

const URL_OF_SERVER = 'https?://[^@\\s,/]+(/[^@\\s,]*)?';
/** What a Service may be called. */
const LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?';

const image = section('The image of every part.', {
  registry: text(
    'Before the repository; none unless set. global.imageRegistry counts instead where it is set.',
    '',
    '[^\\s/]+(/[^\\s/]+)*',
  ),
  repository: text('Its name.', 'margay', '[a-z0-9][a-z0-9._/:-]*'),
  tag: text('The chart’s appVersion unless set.', '', '[A-Za-z0-9_][A-Za-z0-9_.-]*'),
  digest: text('Instead of the tag: exactly this image, as sha256:….', '', 'sha256:[0-9a-f]{64}'),
  pullPolicy: choice('When it is fetched.', 'IfNotPresent', ['Always', 'IfNotPresent', 'Never']),
});

const globalReports = section('GlobalReports and GlobalReportTypes.', {
  group: {
    about:
      'Their API group. Unless set: projectcalico.org, or margay.io where Calico serves that group or may come to (docs/coexistence.md).',
    initially: '',
    schema: {
      type: 'string',
      pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+)?$',
    },
  },
  startDelay: duration(
    'How long after its end a window is reported, so that late evidence arrives (TIGERA_COMPLIANCE_JOB_START_DELAY).',
    '30m',
  ),
  evidenceWaitSeconds: whole(
    'How long a report waits until everything that was published before is in the archive (EVIDENCE_WAIT_SECONDS), in the distributed profile.',
    600,
    0,
    86_400,
  ),
  overClusters: flag(
    'Whether GlobalReports of this cluster may be about others of clusters, by spec.clusters (REPORTS_OVER_CLUSTERS): in the release of one cluster, whose people may have reports of all others made. In the distributed profile.',
    false,
  ),
  since: text(
    'Reports have the windows too that their schedules would have had since then, over the evidence that there is; RFC 3339 (SCHEDULE_SINCE). From their creation on unless set.',
    '',
    MOMENT,
  ),
});

const crds = section('The definitions of GlobalReports and GlobalReportTypes.', {
  enabled: flag(
    'Whether the release makes and upgrades them, and takes over those that no release has, by a Job before it is installed or upgraded. Those of somebody else are left as they are.',
    true,
  ),
  keep: flag('They stay when the release is uninstalled, and every GlobalReport with them.', true),
  annotations: annotations('Annotations of them.'),
});

const canary = section(
  'A small object, the Lease margay-canary of this namespace, is written through each API server, to see in each source whether what that server tells arrives (docs/audit-setup.md). Twice a minute and API server, with a Role for that object alone.',
  {
    enabled: flag('Whether it is.', false),
    interval: {
      about: 'From 10s to 1m.',
      initially: '30s',
      schema: { type: 'string', pattern: '^([1-5][0-9](\\.[0-9]+)?s|60s|1m(0s)?)$' },
    },
    servers: texts(
      'Addresses of the API servers, host:port, where canary.enabled; those of the Service kubernetes unless given.',
      `(\\[[0-9a-fA-F:.]+\\]|[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?):${PORT}`,
      { uniqueItems: true },
    ),
    apiServerMetrics: flag(
      'Reads what each API server counts of its own audit events (GET /metrics, every five minutes, in a canary’s place): a ClusterRole of its own.',
      false,
    ),
  },
);

const kafka = section('Kafka, for the distributed profile and a hub.', {
  brokers: brokers(
    'host:port, with commas between them, without credentials: put these in a Secret (saslSecret).',
  ),
  topicPrefix: topicPrefix('Put before every topic and group.'),
  partitions: whole('Of topics that are made; choose it once.', 12, 1, 1_000),
  replicationFactor: whole('Copies of topics that are made; the brokers’ default with 0.', 0, 0, 9),
  ...wayToBrokers,
  schemaRegistry: section('A schema registry that messages refer to.', {
    url: text('Its address, without credentials; none unless set.', '', URL_OF_SERVER),
    secret: named('A Secret with username and password.'),
  }),
});

const elasticsearch = section('Elasticsearch, for the distributed profile.', {
  urls: text(
    'With commas between them, without credentials: put these in a Secret (elasticsearch.secret).',
    '',
    listed(URL_OF_SERVER),
  ),
  indexPrefix: text('Put before every index.', 'margay', '[a-z0-9][a-z0-9-]*'),
  secret: named('A Secret with apiKey, or with username and password.'),
  caSecret: named('A Secret with ca.crt; the system’s authorities unless set.'),
});

const scaledByLag = (about: string, lagThreshold: number) =>
  section(about, {
    minReplicas: whole('At least so many.', 1, 1, 1_000),
    maxReplicas: whole('At most so many.', 6, 1, 1_000),
    lagThreshold: whole('What waits, for each replica.', lagThreshold, 1, 1_000_000_000),
  });

const keda = section(
  'KEDA scales by the lag of Kafka instead of by CPU; it has to be in the cluster. The replicas of these parts do not count then.',
  {
    enabled: flag('Whether it does.', false),
    snapshotter: scaledByLag('By messages that wait.', 5_000),
    reportWorker: scaledByLag('By windows that wait.', 2),
  },
);

/** What is about the cluster, its reports and where evidence is kept. */
export const CLUSTER_VALUES: Values = {
  clusterName: text(
    'The cluster’s name, printed in every report: set it, but in a hub. Choose it once: two clusters with one name would be taken for one.',
    '',
    CLUSTER,
  ),
  clusters: texts(
    'The clusters whose evidence lies on the same brokers and in the same indices, this one among them, in the distributed profile: the same list in the release of each. This one alone unless set.',
    CLUSTER,
    { uniqueItems: true },
  ),
  clusterLabels: {
    about:
      'Labels of these clusters by name, by which spec.clusters.selector of GlobalReports chooses them, where globalReports.overClusters (CLUSTER_LABELS).',
    initially: {},
    schema: {
      type: 'object',
      patternProperties: { [`^${CLUSTER}$`]: labels('Labels of a cluster.').schema },
      additionalProperties: false,
    },
  },
  clusterUids: texts(
    'The uids of the namespaces kube-system, NAME=UID, by which clusters are told from others of their names, in the distributed profile: the same list may be in the release of each of clusters, whose ingestors have of it what they take. helm install and upgrade look up that of this cluster unless it is here; helm template does not.',
    `${CLUSTER}=[0-9a-fA-F-]{1,64}`,
    { uniqueItems: true },
  ),
  kubeconfigsSecret: named(
    'A Secret with the kubeconfigs of the others of clusters, each under the name of its cluster: their API servers are asked who may see what of them. Needed there where permissions is kubernetes.',
  ),
  profile: choice(
    'embedded: one pod with one volume, no Kafka, no Elasticsearch. distributed: each service by itself on your Kafka and Elasticsearch. hub: one API and dashboard over clusters of many cells, in one pod with one volume, told by your Kafka (docs/install.md).',
    'embedded',
    ['embedded', 'distributed', 'hub'],
  ),
  strictValues: flag(
    'Whether values that the profile does not read are refused with their paths. Unless set the notes name them, so that one file of values can be for several profiles; set it where nobody reads notes, as with Argo CD and Flux.',
    false,
  ),
  nameOverride: text('The chart’s name in names and labels, instead of margay.', '', LABEL),
  fullnameOverride: text(
    'What the names of objects begin with. Unless set the release’s name, with the chart’s after it where that is not part of it.',
    '',
    LABEL,
  ),
  commonLabels: labels('Labels of every object and pod.'),
  commonAnnotations: annotations('Annotations of every object.'),
  global: {
    ...section('What charts that have this one among their own share with it.', {
      imageRegistry: text('The registry of images, instead of image.registry.', '', '[^\\s/]+(/[^\\s/]+)*'),
      imagePullSecrets: secretReferences('Secrets that images are fetched with, beside imagePullSecrets.'),
    }),
    isOpen: true,
  },
  image,
  imagePullSecrets: secretReferences(
    'Secrets that the image is fetched with: a list of objects with a name.',
  ),
  globalReports,
  crds,
  privateNetworks: texts(
    'Networks that do not count as the internet, instead of the default list (docs/policy-decisions.md).',
    NETWORK,
  ),
  ledger: section('The log of archived reports (docs/evidence-log.md).', {
    secret: named(
      'A Secret with key, as margay key makes it: signs the log. Without one the embedded profile makes its own in its volume, and the distributed profile has no log.',
    ),
    signer: section('The Vault or OpenBao that has the key, where that Secret names one.', {
      tokenSecret: named('A Secret with token, to be let in with (LEDGER_SIGNER_TOKEN).'),
      role: text(
        'Role to sign in as with a token of the service account, instead of a Secret (LEDGER_SIGNER_ROLE).',
        '',
        '[\\w.-]+',
      ),
      login: text(
        'Where its auth method for that is mounted (LEDGER_SIGNER_LOGIN).',
        'auth/kubernetes',
        '[\\w./-]+',
      ),
      audience: text('Audience of that token; the API server’s unless set.', '', '\\S+'),
      port: whole(
        'Its port, which networkPolicy.egress lets pods reach where it is asked.',
        8_200,
        1,
        65_535,
      ),
    }),
    witnesses: texts(
      'Witnesses that cosign its heads: key and address each, as in witness.example.com/audit+1a2b3c4d+AbC= https://witness.example.com (WITNESSES).',
      '[^\\s,+]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]+=* https?://[^\\s,@]+',
    ),
    witnessesNeeded: whole('So many of them are enough (WITNESSES_NEEDED); all with 0.', 0, 0, 100),
    timestamp: section('An authority that says when its heads were there (RFC 3161).', {
      url: text('Its address (TIMESTAMP_URL); none is asked unless set.', '', 'https?://[^\\s@]+'),
      caSecret: named('A Secret with ca.crt: the certificates that its own must lead to. Needed with url.'),
    }),
    copies: section('A bucket with S3 Object Lock that its reports are copied to.', {
      bucket: text('Its name (S3_BUCKET); nothing is copied unless set.', '', '[A-Za-z0-9._-]{3,255}'),
      prefix: text(
        'Put before every key there, with a slash at its end (S3_PREFIX).',
        '',
        '([A-Za-z0-9_.-]+/)*',
      ),
      region: text('Its region (S3_REGION).', 'us-east-1', '[a-z0-9-]+'),
      endpoint: text('A server that speaks S3 (S3_ENDPOINT); Amazon’s unless set.', '', 'https?://[^\\s@]+'),
      secret: named(
        'A Secret with accessKeyId and secretAccessKey; as Amazon’s clients find them, as by a role of the service account, unless set.',
      ),
      mode: choice('How a copy is locked (S3_RETENTION_MODE).', 'COMPLIANCE', ['COMPLIANCE', 'GOVERNANCE']),
      days: whole('For how long (S3_RETENTION_DAYS).', 400, 1, 36_500),
    }),
  }),
  logLevel: choice('The least important log lines that are written.', 'info', [
    'debug',
    'info',
    'warn',
    'error',
  ]),
  canary,
  kafka,
  elasticsearch,
  keda,
};
