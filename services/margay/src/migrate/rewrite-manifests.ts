import { DEFAULT_GROUP } from '@margay/kubernetes';
import { isMap, isScalar, isSeq, parseAllDocuments, type Document, type Scalar, type YAMLMap } from 'yaml';

/** Manifests in another API group. */
export interface Rewritten {
  /** As YAML or JSON, as they came; what is not ours is as it was, and comments stay. */
  readonly text: string;
  /** What was changed, in words: `GlobalReport daily`. Empty where the text is as it was. */
  readonly changed: readonly string[];
}

const KINDS = new Set(['GlobalReport', 'GlobalReportType']);
const ROLES = new Set(['Role', 'ClusterRole']);
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const isOurs = (resource: string): boolean => /^globalreport(type)?s(\/.*)?$/.test(resource);
/** What `*` stands for among resources of the group. */
const OURS = ['globalreports', 'globalreports/status', 'globalreporttypes', 'globalreporttypes/status'];

/**
 * GlobalReports, GlobalReportTypes, lists of them and the rules of roles about them, from `projectcalico.org` to another API group. Rules about
 * Calico's own kinds stay; one about both, or about everything in the group, becomes two. Roles and bindings of `v1beta1`, which no
 * server knows any more, become `v1`. What an API server wrote into an object (its status, its uid …) is dropped, so that what `kubectl get`
 * printed can be applied. Rewriting again changes nothing.
 *
 * @throws Error for a text that is no YAML, with the line.
 */
export function rewriteManifests(text: string, group: string): Rewritten {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return { text, changed: [] };
  const rewriting = new Rewriting(group);
  for (const document of documents) {
    const [problem] = document.errors;
    if (problem) throw new Error(problem.message.split('\n')[0]);
    rewriting.object(document, document.contents);
  }
  const { changed, words, isRebuilt } = rewriting;
  if (!isRebuilt) return { text: withWords(text, words), changed };
  // JSON is YAML, and stays JSON.
  if (/^\s*[{[]/.test(text))
    return {
      text: `${documents.map((one) => JSON.stringify(one.toJS(), undefined, 2)).join('\n')}\n`,
      changed,
    };
  return { text: documents.map((one) => one.toString({ lineWidth: 0 })).join(''), changed };
}

/** The text with scalars replaced by what they are now, in their quotes. */
function withWords(text: string, words: readonly Scalar[]): string {
  return words
    .toSorted((a, b) => b.range![0] - a.range![0])
    .reduce((whole, { range, value }) => {
      const [start, end] = range!;
      const quote = /['"]/.test(whole[start]!) ? whole[start]! : '';
      return `${whole.slice(0, start)}${quote}${String(value)}${quote}${whole.slice(end)}`;
    }, text);
}

/** Changes documents, and keeps what was changed. */
class Rewriting {
  readonly #group: string;
  readonly changed: string[] = [];
  /** Words that are others now, each where it stood. */
  readonly words: Scalar[] = [];
  /** More than words was changed. */
  isRebuilt = false;

  constructor(group: string) {
    this.#group = group;
  }

  object(document: Document, node: unknown): void {
    if (!isMap(node)) return;
    const kind = String(node.get('kind'));
    const [inGroup, version] = String(node.get('apiVersion')).split('/') as [string, string?];
    const what = `${kind} ${String(node.getIn(['metadata', 'name']))}`;
    const items = node.get('items');
    if (isSeq(items)) for (const item of items.items) this.object(document, item);
    if (inGroup === DEFAULT_GROUP && KINDS.has(kind.replace(/List$/, ''))) {
      this.#word(node.get('apiVersion', true), `${this.#group}/${version}`);
      this.#dropWritten(node);
      if (!kind.endsWith('List')) this.changed.push(what);
    }
    if (inGroup !== RBAC_GROUP) return;
    const isOld = version === 'v1beta1';
    if (isOld) this.#word(node.get('apiVersion', true), `${RBAC_GROUP}/v1`);
    const hasRules = ROLES.has(kind) && this.#rules(document, node);
    if (hasRules || isOld) this.changed.push(what);
  }

  #word(scalar: unknown, value: string): void {
    if (!isScalar(scalar)) return;
    scalar.value = value;
    this.words.push(scalar);
  }

  /** What an API server wrote into an object. */
  #dropWritten(node: YAMLMap): void {
    const metadata = node.get('metadata');
    const from = isMap(metadata) ? metadata : undefined;
    const annotations = from?.get('annotations');
    const written = [
      'uid',
      'resourceVersion',
      'generation',
      'creationTimestamp',
      'managedFields',
      'selfLink',
    ];
    const dropped = [
      node.delete('status'),
      ...written.map((field) => from?.delete(field)),
      isMap(annotations) && annotations.delete('kubectl.kubernetes.io/last-applied-configuration'),
    ];
    this.isRebuilt ||= dropped.includes(true);
  }

  /** @returns whether a rule of the role is about GlobalReports and was not in the group yet. */
  #rules(document: Document, role: YAMLMap): boolean {
    const rules = role.get('rules');
    if (!isSeq(rules)) return false;
    const known = new Set(rules.items.map((rule) => JSON.stringify(rule)));
    let isChanged = false;
    rules.items = rules.items.flatMap((rule) => {
      const apiGroups = isMap(rule) ? rule.get('apiGroups') : undefined;
      // Every group, as '*', has ours among them already.
      if (!isMap(rule) || !isSeq(apiGroups)) return [rule];
      const groups = apiGroups.toJSON() as string[];
      const resources = (rule.toJSON() as { resources?: string[] }).resources ?? [];
      const ours = resources.includes('*') ? OURS : resources.filter(isOurs);
      if (!groups.includes(DEFAULT_GROUP) || ours.length === 0) return [rule];
      const others = resources.filter((resource) => !isOurs(resource));
      if (others.length === 0) {
        // All of it is ours.
        const [word] = apiGroups.items.filter((one) => isScalar(one) && one.value === DEFAULT_GROUP);
        this.#word(word, this.#group);
        isChanged = true;
        return [rule];
      }
      const made = document.createNode({
        ...(rule.toJSON() as object),
        apiGroups: [this.#group],
        resources: ours,
      });
      if (known.has(JSON.stringify(made))) return [rule];
      isChanged = true;
      this.isRebuilt = true;
      if (groups.length === 1) rule.set('resources', document.createNode(others));
      return [rule, made];
    });
    return isChanged;
  }
}
