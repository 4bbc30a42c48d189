/** Settings, parsed or not: what matters are the names of clusters in them. */
type Settings = Readonly<Record<string, unknown>>;

/** A setting that cannot be used, and why. */
interface Misfit {
  readonly name: string;
  readonly message: string;
}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** The settings in which a receiver has the clusters that may be posted for. */
const POSTED = /^[A-Z]+_(?:WEBHOOK|HTTP)_CLUSTERS$/;

/**
 * Settings that name clusters which another setting must have, and which they name: of each setting by its name. Who adds such a setting
 * adds a row.
 */
const NAMING: readonly (readonly [setting: RegExp, namesIn: (text: string) => readonly string[]])[] = [
  [/^CLUSTER_UIDS$/, (text) => text.split('=').slice(0, 1)],
  [/^CLUSTER_LABELS$/, (text) => text.split(':').slice(0, 1)],
  [/_(?:CLIENT|OIDC)_NAMES$/, (text) => text.split('=').slice(1, 2)],
];

/**
 * What names of clusters do not fit one another: who keeps and shows evidence has those of CLUSTERS, who takes it in that of CLUSTER_NAME and
 * those that may be posted for.
 *
 * @param settings parsed. @param isNamed whether CLUSTER_NAME was given.
 */
export function misfitsOf(settings: Settings, isNamed: boolean): Misfit[] {
  const own = settings['CLUSTER_NAME'];
  if (typeof own !== 'string') return [];
  const cell = textsOf(settings['CLUSTERS']);
  const posted = Object.keys(settings).filter((name) => POSTED.test(name));
  const [known, where] =
    cell.length > 0
      ? [cell, ['CLUSTERS']]
      : [
          [own, ...posted.flatMap((name) => textsOf(settings[name]))],
          ['CLUSTER_NAME', ...posted],
        ];
  const places = `${where.slice(0, -1).join(', ')}${where.length > 1 ? ' and ' : ''}${where.at(-1)!}`;
  const fitting = `give one that ${places} ${where.length > 1 ? 'have' : 'has'} (${known.join(', ')}), or add it there`;
  const strange = (name: string, names: readonly string[]): Misfit[] => {
    const unknown = [...new Set(names)].filter((one) => !known.includes(one));
    if (unknown.length === 0) return [];
    return [{ name, message: `no cluster here is called ${unknown.join(', ')}: ${fitting}` }];
  };
  return [
    ...(isNamed ? strange('CLUSTER_NAME', [own]) : []),
    ...Object.entries(settings).flatMap(([name, value]) => {
      const [, namesIn] = NAMING.find(([setting]) => setting.test(name)) ?? [];
      return namesIn === undefined ? [] : strange(name, textsOf(value).flatMap(namesIn));
    }),
  ];
}
