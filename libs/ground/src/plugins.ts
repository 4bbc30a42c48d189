/** A network plugin: how it is recognised, and which of its settings say whether it enforces policies. */
export interface Plugin {
  readonly name: string;
  /** Labels that its pods on nodes have, one of the sets. */
  readonly labels: readonly Readonly<Record<string, string>>[];
  /** What the DaemonSet of these pods is called. */
  readonly daemonSet: string;
  /** A container without which it enforces nothing. */
  readonly container?: string;
  /** Unless its settings say otherwise. */
  readonly enforces: boolean;
  readonly settings?: PluginSettings;
}

/** The ConfigMap that a plugin is set up by, and what its values do. */
export interface PluginSettings {
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly SettingKey[];
}

/** One key of such a ConfigMap. Nothing is kept of others. */
export interface SettingKey {
  readonly key: string;
  /** What values do that change how policies are enforced. */
  readonly effects: readonly SettingEffect[];
}

export interface SettingEffect {
  /** In lower case, as the plugin reads them. */
  readonly values: readonly string[];
  /** Whether no policy is enforced with it. */
  readonly turnsOff: boolean;
  /** What it comes to, as half a sentence. */
  readonly words: string;
}

const TRUE = ['true', 't', '1'];
const FALSE = ['false', 'f', '0'];
const off = (values: readonly string[], words: string): SettingEffect => ({ values, turnsOff: true, words });
const otherwise = (values: readonly string[], words: string): SettingEffect => ({
  values,
  turnsOff: false,
  words,
});

const CILIUM_SETTINGS: PluginSettings = {
  namespace: 'kube-system',
  name: 'cilium-config',
  keys: [
    {
      key: 'enable-policy',
      effects: [
        off(['never'], 'no policy is enforced'),
        otherwise(['always'], 'pods that no policy selects are denied by default, though “unprotected” here'),
      ],
    },
    {
      key: 'policy-audit-mode',
      effects: [off(TRUE, 'what policies deny passes, and is logged only')],
    },
    {
      key: 'enable-k8s-networkpolicy',
      effects: [otherwise(FALSE, 'policies of networking.k8s.io are not enforced')],
    },
  ],
};

const AWS_SETTINGS: PluginSettings = {
  namespace: 'kube-system',
  name: 'amazon-vpc-cni',
  keys: [{ key: 'enable-network-policy-controller', effects: [off(FALSE, 'no policy is enforced')] }],
};

/** Plugins by the labels of their manifests. A new one is one line. */
export const PLUGINS: readonly Plugin[] = [
  { name: 'Calico', labels: [{ 'k8s-app': 'calico-node' }], daemonSet: 'calico-node', enforces: true },
  { name: 'Canal', labels: [{ 'k8s-app': 'canal' }], daemonSet: 'canal', enforces: true },
  {
    name: 'Cilium',
    labels: [{ 'k8s-app': 'cilium' }],
    daemonSet: 'cilium',
    enforces: true,
    settings: CILIUM_SETTINGS,
  },
  {
    name: 'Antrea',
    labels: [{ app: 'antrea', component: 'antrea-agent' }],
    daemonSet: 'antrea-agent',
    enforces: true,
  },
  { name: 'OVN-Kubernetes', labels: [{ app: 'ovnkube-node' }], daemonSet: 'ovnkube-node', enforces: true },
  { name: 'Kube-OVN', labels: [{ app: 'kube-ovn-cni' }], daemonSet: 'kube-ovn-cni', enforces: true },
  { name: 'kube-router', labels: [{ 'k8s-app': 'kube-router' }], daemonSet: 'kube-router', enforces: true },
  { name: 'Weave Net', labels: [{ name: 'weave-net' }], daemonSet: 'weave-net', enforces: true },
  { name: 'Azure NPM', labels: [{ 'k8s-app': 'azure-npm' }], daemonSet: 'azure-npm', enforces: true },
  {
    name: 'AWS VPC CNI with network policies',
    labels: [{ 'k8s-app': 'aws-node' }],
    container: 'aws-eks-nodeagent',
    daemonSet: 'aws-node',
    enforces: true,
    settings: AWS_SETTINGS,
  },
  { name: 'AWS VPC CNI', labels: [{ 'k8s-app': 'aws-node' }], daemonSet: 'aws-node', enforces: false },
  {
    name: 'Flannel',
    labels: [{ app: 'flannel' }, { 'k8s-app': 'flannel' }],
    daemonSet: 'kube-flannel-ds',
    enforces: false,
  },
];

const SETTINGS = new Map(
  PLUGINS.flatMap(({ settings }) =>
    settings === undefined ? [] : [[`${settings.namespace}/${settings.name}`, settings] as const],
  ),
);

/** The settings that a ConfigMap is; undefined for any other, of which nothing is kept. */
export const settingsOf = (namespace: string, name: string): PluginSettings | undefined =>
  SETTINGS.get(`${namespace}/${name}`);

const DAEMON_SETS: ReadonlySet<string> = new Set(PLUGINS.map(({ daemonSet }) => daemonSet));

/** Whether a DaemonSet of this name may be that of a plugin; of any other nothing is kept. */
export const isNamedAsPlugin = (name: string): boolean => DAEMON_SETS.has(name);

/** The ConfigMaps that are kept. */
export const SETTINGS_OBJECTS: readonly { readonly namespace: string; readonly name: string }[] = [
  ...SETTINGS.values(),
].map(({ namespace, name }) => ({ namespace, name }));
