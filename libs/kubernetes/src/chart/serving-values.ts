import {
  annotations,
  choice,
  CIDR,
  flag,
  kubernetes,
  kubernetesList,
  labels,
  named,
  nodePort,
  section,
  text,
  texts,
  whole,
  type Value,
  type Values,
} from './value.ts';

const service = section('The Service of the dashboard and the REST API.', {
  type: choice('Its type.', 'ClusterIP', ['ClusterIP', 'NodePort', 'LoadBalancer']),
  port: whole('Its port; with 0 it is 80, or 443 where tls.secret is set.', 0, 0, 65_535),
  nodePort: nodePort('The port of nodes; chosen by the cluster with 0.'),
  labels: labels('Labels of it.'),
  annotations: annotations('Annotations of it.'),
  clusterIP: text('Its address; chosen by the cluster unless set.', '', 'None|[0-9a-fA-F.:]+'),
  loadBalancerClass: text('Whose load balancer it is.', '', '[A-Za-z0-9./_-]+'),
  loadBalancerSourceRanges: texts('Networks that its load balancer lets in.', CIDR),
  externalTrafficPolicy: choice('Where traffic from outside goes; the cluster’s default unless set.', '', [
    '',
    'Cluster',
    'Local',
  ]),
  sessionAffinity: choice('Whether one client comes to one pod.', 'None', ['None', 'ClientIP']),
  ipFamilyPolicy: choice('IPv4 and IPv6; the cluster’s default unless set.', '', [
    '',
    'SingleStack',
    'PreferDualStack',
    'RequireDualStack',
  ]),
});

const HOST = '(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

const hosts: Value = {
  about: 'Names and paths: - host, and paths: - path, pathType; all of / unless paths are given.',
  initially: [],
  schema: {
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['host'],
      properties: {
        host: { type: 'string', pattern: `^(${HOST})?$` },
        paths: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['path'],
            properties: {
              path: { type: 'string', pattern: '^/' },
              pathType: { enum: ['Exact', 'Prefix', 'ImplementationSpecific'] },
            },
          },
        },
      },
    },
  },
};

const tls: Value = {
  about: 'Certificates: - secretName, hosts.',
  initially: [],
  schema: {
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      properties: {
        secretName: { type: 'string' },
        hosts: { type: 'array', items: { type: 'string', pattern: `^${HOST}$` } },
      },
    },
  },
};

const ports = (about: string, initially: readonly number[]): Value => ({
  about,
  initially,
  schema: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 65_535 } },
});

const networkPolicy = section(
  'NetworkPolicies for Margay’s own pods: in to the dashboard, to metrics and to the ports where evidence is posted, and to no other.',
  {
    enabled: flag('Whether there are any.', true),
    from: kubernetesList(
      'Who may open the dashboard (NetworkPolicy peers), beside the release’s own pods; everybody in the cluster unless set.',
    ),
    metricsFrom: kubernetesList(
      'Who may read metrics and health of the other parts; everybody in the cluster unless set. Those of the dashboard’s pods come by its own port: to these too, where from is set.',
    ),
    evidenceFrom: kubernetesList(
      'Who may post audit events and flow logs, beside the release’s own pods; everybody unless set.',
    ),
    egress: section('What pods may reach.', {
      enabled: flag(
        'Whether each part reaches DNS, the release’s own pods, the ports of the servers that its variables and arguments name, and the API server if it asks that; and no other.',
        false,
      ),
      dnsPorts: ports('Ports of DNS, of the Service and behind it: [53, 5353] on OpenShift.', [53]),
      apiServerPorts: ports('Ports of the API servers, of the Service and behind it.', [443, 6443]),
      extra: kubernetesList(
        'More rules of all pods (NetworkPolicy egress rules): ports that brokers advertise, or that pods behind a Service have, where these are others than in the values.',
      ),
    }),
  },
);

const interval = (about: string) => text(about, '', '([0-9]+(ms|s|m|h))+');

const monitor = (about: string, more: Values = {}) =>
  section(about, {
    enabled: flag('Whether there is one.', false),
    namespace: named('Where it lies; the release’s namespace unless set.'),
    labels: labels('Labels of it, as the operator’s selectors want them.'),
    annotations: annotations('Annotations of it.'),
    ...more,
  });

const scraping: Values = {
  interval: interval('How often; the operator’s default unless set.'),
  scrapeTimeout: interval('How long an answer may take; the operator’s default unless set.'),
  relabelings: kubernetesList('Of targets.'),
  metricRelabelings: kubernetesList('Of samples.'),
};

/** How it is reached and watched over, and what all pods have. */
export const SERVING_VALUES: Values = {
  service,
  ingress: section('An Ingress to the dashboard and the REST API.', {
    enabled: flag('Whether there is one.', false),
    className: named('Whose it is; the default class’s unless set.'),
    labels: labels('Labels of it.'),
    annotations: annotations('Annotations of it.'),
    hosts,
    tls,
  }),
  httpRoute: section('An HTTPRoute of the Gateway API to them.', {
    enabled: flag('Whether there is one.', false),
    labels: labels('Labels of it.'),
    annotations: annotations('Annotations of it.'),
    parentRefs: kubernetesList('The gateways.', 'name'),
    hostnames: texts('The names; those of the gateways unless set.', HOST),
    filters: kubernetesList('Filters of its rule.', 'type'),
  }),
  networkPolicy,
  serviceMonitor: monitor(
    'A ServiceMonitor, for the Prometheus operator, with a Service of its own over all pods.',
    scraping,
  ),
  podMonitor: monitor('A PodMonitor instead, for the Prometheus operator.', scraping),
  alerts: monitor('A PrometheusRule with alerts (files/alerts.yaml, docs/operating.md).'),
  grafanaDashboard: monitor(
    'A ConfigMap with a dashboard, for Grafana’s sidecar (files/grafana-dashboard.json).',
    {
      labels: labels('Labels that the sidecar looks for.', { grafana_dashboard: '1' }),
      annotations: annotations('Annotations of it, such as a folder.'),
    },
  ),
  podDisruptionBudget: section('For each part of which there are several.', {
    enabled: flag('Whether there are any.', true),
    maxUnavailable: {
      about: 'How many may be away: a number or a percentage.',
      initially: 1,
      schema: {
        anyOf: [
          { type: 'integer', minimum: 1 },
          { type: 'string', pattern: '^[0-9]{1,3}%$' },
        ],
      },
    },
  }),
  podLabels: labels('Labels of all pods.'),
  podAnnotations: annotations('Annotations of all pods.'),
  nodeSelector: labels('Nodes that pods run on.'),
  tolerations: kubernetesList('Taints that pods put up with.'),
  affinity: kubernetes('What pods run near.'),
  topologySpreadConstraints: kubernetesList(
    'How the pods of a part are spread; over nodes unless set.',
    'topologyKey',
    'whenUnsatisfiable',
  ),
  priorityClassName: named('The priority of pods.'),
  podSecurityContext: kubernetes('Fields of pods’ security context that are otherwise.'),
  containerSecurityContext: kubernetes('Fields of containers’ security context that are otherwise.'),
  extraEnv: kubernetesList(
    'Variables of all containers (docs/configuration.md), such as HTTPS_PROXY.',
    'name',
  ),
  extraEnvFrom: kubernetesList('ConfigMaps and Secrets whose keys are variables of all containers.'),
  extraVolumes: kubernetesList('Volumes of all pods.', 'name'),
  extraVolumeMounts: kubernetesList('Where all containers have them.', 'name', 'mountPath'),
  extraObjects: kubernetesList('More objects of the release.', 'apiVersion', 'kind', 'metadata'),
};
