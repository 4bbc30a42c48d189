import { at, formatInstant, type Instant, type Key, sortedOnce, text } from '@margay/ground';
import { type AppliedPolicy, type EndpointView, printName } from '@margay/policy';
import type { PlayedVersion } from '../doubts/played.ts';
import { DOUBTS_MAX, type EndpointRow, FLAGS } from '../report.ts';
import { envoyOf } from './envoy.ts';
import { OpenTime } from './open-time.ts';
import type { Union } from './union.ts';

/** Empty sets that all lives of a report share, so that lives that go alike share what they become. */
export interface SharedUnions {
  readonly policies: Union<AppliedPolicy>;
  readonly doubts: Union<string>;
}

const EVER = [
  'ingressFromInternet',
  'egressToInternet',
  'ingressFromOtherNamespace',
  'egressToOtherNamespace',
] as const;
type Ever = (typeof EVER)[number];

/**
 * What is always and ever true of one endpoint while it exists and is in scope, and of what this is not known. Told in time
 * order.
 *
 * What is said of a time in which it may not have existed counts only against what is said of the rest: it takes away a
 * yes or a no that it contradicts, and gives none.
 */
export class EndpointLife {
  readonly #key: Key;
  /** Whether it is in scope now, if only perhaps. */
  #isHere = false;
  #isCertain = false;
  #object: PlayedVersion;
  readonly #uids: string[] = [];
  /** Where it certainly was in scope, and where it may have been besides. */
  readonly #known = new Extent();
  readonly #possible = new Extent();
  readonly #scopeOpen = new OpenTime();
  #policies: Union<AppliedPolicy>;
  #possiblePolicies: Union<AppliedPolicy>;
  #doubts: Union<string>;
  readonly #services: string[] = [];
  readonly #possibleServices: string[] = [];
  readonly #accounts: string[] = [];
  #account = '';
  #envoy: ReturnType<typeof envoyOf> = { is: false, may: false };
  #isEnvoyMissing = false;
  #isEnvoyOpen = false;
  readonly #ever: Record<Ever, boolean> = none();
  readonly #mayEver: Record<Ever, boolean> = none();
  readonly #ingressOpen = new OpenTime();
  readonly #egressOpen = new OpenTime();
  readonly #ingressNotKnown = new OpenTime();
  readonly #egressNotKnown = new OpenTime();

  constructor(key: Key, object: PlayedVersion, { policies, doubts }: SharedUnions) {
    this.#key = key;
    this.#object = object;
    this.#policies = policies;
    this.#possiblePolicies = policies;
    this.#doubts = doubts;
    this.#meet(object);
  }

  /** The endpoint is in scope, or may be, and like this from now on. Whether its object is new in scope, or certain now. */
  see(view: EndpointView, object: PlayedVersion, now: Instant): boolean {
    const { flags, mayFlags, isCertain } = view;
    const isNew = object !== this.#object || !this.#isHere || (isCertain && !this.#isCertain);
    this.#isHere = true;
    this.#isCertain = isCertain;
    if (object !== this.#object) this.#meet(object);
    (isCertain ? this.#known : this.#possible).begin(now);
    (isCertain ? this.#possible : this.#known).end(now);
    this.#scopeOpen.set(!isCertain, now);
    if (isCertain) this.#policies = this.#policies.with(view.applied());
    else this.#possiblePolicies = this.#possiblePolicies.with(view.applied());
    this.#possiblePolicies = this.#possiblePolicies.with(view.mayApply());
    this.#ingressOpen.set(isCertain && !mayFlags.ingressProtected, now);
    this.#egressOpen.set(isCertain && !mayFlags.egressProtected, now);
    this.#ingressNotKnown.set(!flags.ingressProtected && (!isCertain || mayFlags.ingressProtected), now);
    this.#egressNotKnown.set(!flags.egressProtected && (!isCertain || mayFlags.egressProtected), now);
    for (const flag of EVER) {
      this.#ever[flag] ||= isCertain && flags[flag];
      this.#mayEver[flag] ||= mayFlags[flag];
    }
    this.#isEnvoyMissing ||= isCertain && !this.#envoy.may;
    this.#isEnvoyOpen ||= !this.#envoy.is;
    this.#doubts = this.#doubts.with(view.doubts);
    this.#account = view.serviceAccount || this.#account;
    addOnce(this.#accounts, view.serviceAccount);
    return isNew;
  }

  /** These services hold it now. @param isHere whether it certainly is there itself. */
  heldBy(services: Iterable<{ service: string; isCertain: boolean }>, isHere: boolean): void {
    for (const { service, isCertain } of services)
      addOnce(isCertain && isHere ? this.#services : this.#possibleServices, service);
  }

  /** The endpoint is gone, or out of scope, from now on. */
  leave(now: Instant): void {
    if (!this.#isHere) return;
    this.#isHere = false;
    this.#known.end(now);
    this.#possible.end(now);
    for (const time of [this.#scopeOpen, this.#ingressOpen, this.#egressOpen]) time.set(false, now);
    for (const time of [this.#ingressNotKnown, this.#egressNotKnown]) time.set(false, now);
  }

  /** `namespace/name` of every service account that it ran as. */
  get serviceAccounts(): string[] {
    const { namespace } = this.#key;
    return this.#accounts.filter((name) => name !== '').map((name) => `${namespace}/${name}`);
  }

  /** `namespace/name` of every service that held it. */
  get services(): readonly string[] {
    return this.#services;
  }

  /** The row, once the window is over. */
  row(end: Instant): EndpointRow {
    this.leave(end);
    const { namespace, name } = this.#key;
    const { content } = this.#object;
    const isPod = isPodKey(this.#key);
    const kind = isPod ? 'Pod' : 'HostEndpoint';
    const extent = this.#known.isEmpty ? this.#possible : this.#known;
    const { yes, notKnown } = this.#flags();
    const policies = this.#policies.sorted();
    const services = sortedOnce(this.#services.map(printService));
    return {
      endpoint: printName({ kind, apiVersion: content.apiVersion, namespace, name }),
      kind,
      namespace,
      name,
      uids: this.#uids,
      inScopeFrom: formatInstant(extent.from),
      inScopeTo: formatInstant(extent.to),
      ...yes,
      appliedPolicies: policies,
      services,
      serviceAccount: this.#account,
      flowLogAggregationName: isPod ? aggregationName(content.metadata) : text(at(content, 'spec', 'node')),
      unprotectedIngress: this.#ingressOpen.shown(),
      unprotectedEgress: this.#egressOpen.shown(),
      possiblePolicies: without(this.#possiblePolicies.sorted(), policies),
      possibleServices: without(sortedOnce(this.#possibleServices.map(printService)), services),
      notKnownIngress: this.#ingressNotKnown.shown(),
      notKnownEgress: this.#egressNotKnown.shown(),
      notKnownInScope: this.#scopeOpen.shown(),
      notKnown,
      doubts: this.#isOpen(notKnown) ? this.#doubts.sorted().slice(0, DOUBTS_MAX) : [],
    };
  }

  /** The flags that are certainly so, and the names of those of which it is not known. */
  #flags(): { yes: Pick<EndpointRow, (typeof FLAGS)[number]>; notKnown: string[] } {
    // Nothing is said of what may not have been there at all.
    const isSeen = !this.#known.isEmpty;
    const yes = {
      ingressProtected: isSeen && this.#ingressOpen.never && this.#ingressNotKnown.never,
      egressProtected: isSeen && this.#egressOpen.never && this.#egressNotKnown.never,
      ...this.#ever,
      envoyEnabled: isSeen && !this.#isEnvoyOpen,
    };
    const no = {
      ingressProtected: !this.#ingressOpen.never,
      egressProtected: !this.#egressOpen.never,
      ...negated(this.#mayEver),
      envoyEnabled: this.#isEnvoyMissing,
    };
    return { yes, notKnown: FLAGS.filter((flag) => !yes[flag] && !(isSeen && no[flag])) };
  }

  #isOpen(notKnown: readonly string[]): boolean {
    const times = [this.#scopeOpen, this.#ingressNotKnown, this.#egressNotKnown];
    return notKnown.length > 0 || times.some(({ never }) => !never);
  }

  #meet(object: PlayedVersion): void {
    this.#object = object;
    if (object.uid !== '') addOnce(this.#uids, object.uid);
    this.#envoy = isPodKey(this.#key)
      ? envoyOf(object.content, object.doubted?.may)
      : { is: false, may: false };
  }
}

/** From the first to the last instant of something. Told in time order. */
class Extent {
  #from: Instant | undefined;
  #to: Instant | undefined;
  #isOn = false;

  get isEmpty(): boolean {
    return this.#from === undefined;
  }

  get from(): Instant {
    return this.#from ?? NaN;
  }

  get to(): Instant {
    return this.#to ?? NaN;
  }

  begin(now: Instant): void {
    this.#from ??= now;
    this.#isOn = true;
  }

  end(now: Instant): void {
    if (this.#isOn) this.#to = now;
    this.#isOn = false;
  }
}

const none = (): Record<Ever, boolean> =>
  ({
    ingressFromInternet: false,
    egressToInternet: false,
    ingressFromOtherNamespace: false,
    egressToOtherNamespace: false,
  }) satisfies Record<Ever, boolean>;

function negated(flags: Readonly<Record<Ever, boolean>>): Record<Ever, boolean> {
  const opposite = none();
  for (const flag of EVER) opposite[flag] = !flags[flag];
  return opposite;
}

/** Whether an endpoint is a pod; otherwise it is a host endpoint. */
export function isPodKey(key: Key): boolean {
  return key.resource === 'pods';
}

/** A service, given as `namespace/name`, as printed. */
export function printService(service: string): string {
  const [namespace, name = ''] = service.split('/');
  return printName({ kind: 'Service', apiVersion: 'v1', namespace, name });
}

function aggregationName({ name, generateName }: PlayedVersion['content']['metadata']): string {
  return generateName === undefined || generateName === '' ? name : `${generateName}*`;
}

function addOnce(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text);
}

function without(names: readonly string[], others: readonly string[]): readonly string[] {
  if (names.length === 0) return names;
  const left = new Set(others);
  return names.filter((name) => !left.has(name));
}
