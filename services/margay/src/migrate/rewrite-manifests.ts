import { DEFAULT_GROUP } from '@margay/kubernetes';
import { yamlDocuments } from '@margay/reports';
import {
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Document,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { hasAliases, writtenOut } from './written-out.ts';

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
/** A word may stand for several: for everything, or for what is below everything, as the status of each. */
const oursIn = (resource: string): readonly string[] => {
  if (resource === '*') return OURS;
  if (resource.startsWith('*/')) return OURS.filter((one) => one.endsWith(resource.slice(1)));
  return isOurs(resource) ? [resource] : [];
};

/**
 * GlobalReports, GlobalReportTypes, lists of them and the rules of roles about them, from `projectcalico.org` to another API group. Rules about
 * Calico's own kinds stay; one about both, or about everything in the group, becomes two. Roles and bindings of `v1beta1`, which no
 * server knows any more, become `v1`. What an API server wrote into an object (its status, its uid …) is dropped, so that what `kubectl get`
 * printed can be applied. Where something is said once and referred to, and is to change in one place, it is written out. Rewriting again
 * changes nothing.
 *
 * @throws Error for a text that is no YAML, with the line, is a template of manifests, or longer or deeper than any.
 */
export function rewriteManifests(text: string, group: string): Rewritten {
  const documents = documentsIn(text);
  const rewritings = documents.map((document) => rewriteDocument(document, group));
  const changed = rewritings.flatMap((one) => one.changed);
  if (!rewritings.some(({ isRebuilt }) => isRebuilt))
    return {
      text: withWords(
        text,
        rewritings.flatMap(({ words }) => words),
      ),
      changed,
    };
  const now = rewritings.map(({ document }) => document);
  // JSON is YAML, and stays JSON.
  if (/^\s*[{[]/.test(text))
    return { text: `${now.map((one) => JSON.stringify(one.toJS(), undefined, 2)).join('\n')}\n`, changed };
  return { text: now.map((one) => one.toString({ lineWidth: 0 })).join(''), changed };
}

function documentsIn(text: string): readonly Document[] {
  try {
    // What is too long, too deep or too much is refused before anything is made of it.
    yamlDocuments(text);
  } catch (error) {
    const { message } = error as Error;
    if (/nesting/.test(message))
      throw new Error('it is nested more deeply than any manifest', { cause: error });
    throw template(text) ?? error;
  }
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  for (const document of documents) {
    const [problem] = document.errors;
    if (problem) throw template(text) ?? new Error(problem.message.split('\n')[0]);
    // `a: {{ b }}` is YAML: a map whose key is a map.
    visit(document, {
      Pair(_, { key }) {
        if (isMap(key)) throw template(text) ?? new Error('a key is a map: no manifest has such');
      },
    });
  }
  return documents;
}

/** What is said of a text that a manifest is yet to be made of; undefined for one that is none. */
function template(text: string): Error | undefined {
  const line = text.split('\n').findIndex((one) => one.includes('{{'));
  return line < 0
    ? undefined
    : new Error(
        `it is a template, as Helm has them (line ${line + 1}): give what it makes, helm template … | margay migrate`,
      );
}

/** A document, and what was done to it. */
interface Done {
  readonly document: Document;
  readonly changed: readonly string[];
  readonly words: readonly Scalar[];
  readonly isRebuilt: boolean;
}

function rewriteDocument(document: Document, group: string): Done {
  if (!hasAliases(document)) return new Rewriting(document, group);
  const rewriting = new Rewriting(writtenOut(document), group);
  return rewriting.words.length === 0 && !rewriting.isRebuilt
    ? { document, changed: [], words: [], isRebuilt: false }
    : { document: rewriting.document, changed: rewriting.changed, words: [], isRebuilt: true };
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

/** Of lists that a server prints the items do not say what they are. */
interface Inherited {
  readonly apiVersion: unknown;
  readonly kind: string;
}

/** Changes a document, and keeps what was changed. */
class Rewriting implements Done {
  readonly document: Document;
  readonly #group: string;
  readonly changed: string[] = [];
  /** Words that are others now, each where it stood. */
  readonly words: Scalar[] = [];
  /** More than words was changed. */
  isRebuilt = false;

  constructor(document: Document, group: string) {
    this.document = document;
    this.#group = group;
    this.#object(document.contents);
  }

  #object(node: unknown, inherited?: Inherited): void {
    if (!isMap(node)) return;
    const own = node.get('kind') ?? inherited?.kind;
    const kind = typeof own === 'string' ? own : '';
    const apiVersion = node.get('apiVersion') ?? inherited?.apiVersion;
    const isList = kind.endsWith('List');
    const items = node.get('items');
    if (isList && isSeq(items))
      for (const item of items.items) this.#object(item, { apiVersion, kind: kind.slice(0, -'List'.length) });
    const [, inGroup, version] = /^([^/]+)\/(\w+)$/.exec(String(apiVersion)) ?? [];
    if (inGroup === DEFAULT_GROUP && KINDS.has(kind.replace(/List$/, ''))) {
      this.#say(node, { apiVersion: `${this.#group}/${version}`, kind });
      this.#dropWritten(node);
      if (!isList) this.changed.push(called(kind, node));
    }
    if (inGroup !== RBAC_GROUP) return;
    const isOld = version === 'v1beta1';
    if (isOld && node.has('apiVersion')) this.#word(node.get('apiVersion', true), `${RBAC_GROUP}/v1`);
    const hasRules = ROLES.has(kind) && this.#rules(node);
    if (hasRules || (isOld && !isList)) this.changed.push(called(kind, node));
  }

  /** What an object is, also where only its list said so. */
  #say(node: YAMLMap, what: { readonly apiVersion: string; readonly kind: string }): void {
    if (node.has('apiVersion')) this.#word(node.get('apiVersion', true), what.apiVersion);
    for (const field of ['kind', 'apiVersion'] as const) {
      if (node.has(field)) continue;
      node.items.unshift(this.document.createPair(field, what[field]));
      this.isRebuilt = true;
    }
  }

  #word(scalar: unknown, value: string): void {
    if (!isScalar(scalar)) return;
    scalar.value = value;
    this.words.push(scalar);
    // Of one that is folded over lines, the lines are part of it.
    this.isRebuilt ||= scalar.type?.startsWith('BLOCK') === true;
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
  #rules(role: YAMLMap): boolean {
    const rules = role.get('rules');
    if (!isSeq(rules)) return false;
    const granted = rules.items.filter(isMap).map(grantOf);
    let isChanged = false;
    rules.items = rules.items.flatMap((rule): readonly unknown[] => {
      const made = isMap(rule) ? this.#rule(rule, granted) : undefined;
      isChanged ||= made !== undefined;
      return made ?? [rule];
    });
    return isChanged;
  }

  /** What a rule becomes; undefined where it stays. */
  #rule(rule: YAMLMap, granted: readonly Grant[]): readonly YAMLMap[] | undefined {
    const apiGroups = rule.get('apiGroups');
    const groups = wordsIn(apiGroups);
    const resources = wordsIn(rule.get('resources'));
    const ours = [...new Set(resources.flatMap(oursIn))];
    // Every group, as '*', has ours among them already.
    if (!isSeq(apiGroups) || !groups.includes(DEFAULT_GROUP) || groups.includes('*') || ours.length === 0)
      return undefined;
    const others = resources.filter((resource) => !isOurs(resource));
    if (others.length === 0) {
      // All of it is ours.
      this.#moveGroup(apiGroups, groups.includes(this.#group));
      return [rule];
    }
    const { rest } = grantOf(rule);
    const isGranted = granted.some(
      (one) =>
        one.groups.includes(this.#group) &&
        (one.resources.includes('*') || ours.every((resource) => one.resources.includes(resource))) &&
        one.rest === rest,
    );
    if (isGranted) return undefined;
    const made = this.document.createNode({
      ...(rule.toJSON() as object),
      apiGroups: [this.#group],
      resources: ours,
    }) as YAMLMap;
    this.isRebuilt = true;
    if (groups.every((one) => one === DEFAULT_GROUP)) rule.set('resources', this.document.createNode(others));
    return [rule, made];
  }

  /** No group stands there twice. */
  #moveGroup(apiGroups: YAMLSeq, isThere: boolean): void {
    const isOld = (one: unknown) => isScalar(one) && one.value === DEFAULT_GROUP;
    const [first] = apiGroups.items.filter(isOld);
    if (!isThere) this.#word(first, this.#group);
    const rest = apiGroups.items.filter((one) => !isOld(one));
    this.isRebuilt ||= rest.length < apiGroups.items.length;
    apiGroups.items = rest;
  }
}

/** What a rule is about, and as a text what it grants there and to whom of it. */
interface Grant {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly rest: string;
}

function grantOf(rule: YAMLMap): Grant {
  const groups = wordsIn(rule.get('apiGroups'));
  const resources = wordsIn(rule.get('resources'));
  const rest = Object.entries(rule.toJSON() as object)
    .filter(([field]) => field !== 'apiGroups' && field !== 'resources')
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { groups, resources, rest: JSON.stringify(rest) };
}

const wordsIn = (node: unknown): readonly string[] =>
  isSeq(node)
    ? node.items.flatMap((one) => (isScalar(one) && typeof one.value === 'string' ? [one.value] : []))
    : [];

function called(kind: string, object: YAMLMap): string {
  const name = object.getIn(['metadata', 'name']) ?? object.getIn(['metadata', 'generateName']);
  return `${kind} ${typeof name === 'string' ? name : '(without a name)'}`;
}
