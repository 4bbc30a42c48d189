import type { Doubt, Evidence, Listing, WatchedKind } from '@margay/coverage';
import type { Contact } from '@margay/flows';
import { compareTexts, formatInstant, type Window } from '@margay/ground';
import type { AskedName, PolicyEvent, Version } from '@margay/history';
import { bySettings } from './enforcement.ts';
import { reportEvidence } from './evidence.ts';
import type { GlobalReportSpec } from './global-report.ts';
import { customReportType, customSummary } from './custom-types/custom-type.ts';
import { digestOf } from './json/digest.ts';
import { wellFormed } from './json/well-formed.ts';
import { playedFrom } from './doubts/play.ts';
import { standingVersions } from './doubts/standing.ts';
import type { Played } from './doubts/played.ts';
import type { FirstSights } from './doubts/sights.ts';
import { neverSeen } from './named/never-seen.ts';
import { endpointLives } from './replay/endpoint-lives.ts';
import { mayHoldOf, type MayHold } from './scope-homes.ts';
import { verdictChanges } from './replay/verdict-changes.ts';
import { selectingBefore, selectingAndSelected } from './replay/selecting-and-selected.ts';
import { type Report, type ReportHeader, type ReportRows, ROW_KINDS, type RowKind } from './report.ts';
import type { ReportTypeSpec } from './report-type-spec.ts';
import type { ReportType } from './report-type.ts';
import { reportType } from './report-types.ts';
import { auditWindow, begunAt } from './evidence-windows.ts';
import { actsOf } from './rows/acts.ts';
import { aboutScope, auditRows } from './rows/audit.ts';
import { deletedIn } from './rows/deleted.ts';
import { flowRows } from './rows/flows.ts';
import { untoldDoubts, untoldWrites, withUntold } from './rows/untold.ts';
import { protectionRows, protectionSummary, whoChanged } from './rows/protection.ts';
import { rollUps, unseenPods } from './rows/roll-ups.ts';
import { endpointsSummary, namespacesSummary, servicesSummary } from './rows/summaries.ts';

/** All that a report is computed from. */
export interface ReportInput {
  /** The GlobalReport's name. */
  readonly name: string;
  readonly spec: GlobalReportSpec;
  /** What its type is made of, where that is none of those that are built in. */
  readonly typeSpec?: ReportTypeSpec;
  readonly window: Window;
  /**
   * At least those of `versionsWindow`, in any order. Others do no harm.
   */
  readonly versions: Iterable<Version>;
  /** At least those of `auditWindow`; used by types that audit. */
  readonly policyEvents?: Iterable<PolicyEvent>;
  /** At least those of the window; used by types that list traffic. */
  readonly flows?: Iterable<Contact>;
  /** What the sources delivered; the report carries it. */
  readonly evidence?: Evidence;
  /** What the sources leave open, of the window and of what came before it; those of single objects are in the versions. */
  readonly doubts?: readonly Doubt[];
  /** When the whole state of a kind was seen. */
  readonly listings?: readonly Listing[];
  /** The kinds that are followed by list and watch; absent where that is not known. */
  readonly watched?: readonly WatchedKind[];
  /** What was seen first from the instants of `sightsToAsk` on; without it, what versions begin with. */
  readonly sights?: FirstSights;
  /** Those of `namesToAsk` of which anything was told before the window's end; none unless given. */
  readonly told?: Iterable<AskedName>;
  /** The cluster's name. */
  readonly cluster?: string;
  /** Networks that do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[];
}

/**
 * Computes a report. Pure: the same input gives the same report, whatever the order in which it comes.
 *
 * @throws RangeError for a window that is empty, an unknown report type, or a private network that is none.
 * @throws SelectorError for a scope that cannot be read, naming the field.
 */
export function computeReport(input: ReportInput): Report {
  const { name, spec, window, evidence, cluster = '', privateNetworks } = input;
  const type =
    input.typeSpec === undefined
      ? reportType(spec.reportType)
      : customReportType(spec.reportType, wellFormed(input.typeSpec) as ReportTypeSpec);
  if (!(window.start < window.end)) {
    throw new RangeError(
      `The window ends at ${formatInstant(window.end)}, which is not after its start, ${formatInstant(window.start)}. ` +
        'Give an end after the start.',
    );
  }
  const { versions, settings } = bySettings(
    standingVersions([...input.versions], input.doubts ?? [], window, input.watched),
  );
  const played = playedFrom(versions, window, input);
  const mayHold =
    spec.endpoints && hasScope(spec) ? mayHoldOf(spec.endpoints, { versions, window }) : undefined;
  const { serviceAccounts, auditSummary, protectionSummary, names, untold, ...rows } = computeRows(
    { ...input, versions },
    type,
    played,
    mayHold,
  );
  const header: ReportHeader = {
    reportName: name,
    reportTypeName: type.name,
    cluster,
    reportSpec: wellFormed(spec) as GlobalReportSpec,
    reportTypeSpec: type.spec,
    startTime: formatInstant(window.start),
    endTime: formatInstant(window.end),
    endpointsSummary: endpointsSummary(rows.endpoints, serviceAccounts),
    namespacesSummary: namespacesSummary(rows.namespaces),
    servicesSummary: servicesSummary(rows.services),
    auditSummary,
    protectionSummary,
    evidence: reportEvidence(versions, window, {
      settings,
      sources: wellFormed(evidence && withUntold(evidence, untold)) as Evidence | undefined,
      doubts: [...played.doubts, ...names.doubts, ...untoldDoubts(untold)],
      neverSeen: names.neverSeen,
      mayHold,
      inRows: doubtsIn(rows),
      privateNetworks,
      namespaces: spec.endpoints?.namespaces?.names,
      ofTraffic: type.spec.includeEndpointFlowLogData,
    }),
    rowCounts: Object.fromEntries(ROW_KINDS.map((kind) => [kind, rows[kind].length])) as Record<
      RowKind,
      number
    >,
  };
  const template = type.spec.uiSummaryTemplate;
  const whole =
    template === undefined
      ? header
      : { ...header, ...customSummary(template, { ...header, ...rows, digest: '' }) };
  return { ...whole, ...rows, digest: digestOf(whole, rows) };
}

function computeRows(
  { spec, window, privateNetworks, ...input }: ReportInput & { readonly versions: readonly Version[] },
  type: ReportType,
  played: Played,
  mayHold: MayHold | undefined,
) {
  const options = {
    ...(spec.endpoints !== undefined && { scope: spec.endpoints }),
    ...(privateNetworks !== undefined && { privateNetworks }),
  };
  const { includeEndpointData, includeEndpointFlowLogData, includeProtectionChanges, auditEventsSelection } =
    type.spec;
  const lives = includeEndpointData ? endpointLives(played, window, options) : undefined;
  const endpoints = (lives?.endpoints ?? [])
    .map((life) => life.row(window.end))
    .sort((a, b) => compareTexts(a.endpoint, b.endpoint));
  const names = neverSeen({
    versions: input.versions,
    flows: input.flows ?? [],
    window,
    mayHold,
    played,
    told: input.told ?? [],
    endpoints: includeEndpointData ? endpoints : undefined,
  });
  const { resources } = auditEventsSelection;
  const audits = resources.length > 0 || includeProtectionChanges === true;
  const acts = audits ? actsOf(within(input.policyEvents ?? [], auditWindow(window))) : [];
  const deleted = deletedIn(played.versions);
  const about =
    resources.length > 0 && mayHold !== undefined
      ? aboutScope(
          selectingAndSelected(played, window, options, mayHold),
          selectingBefore(played, { start: begunAt(window, acts), end: window.start }, options, mayHold),
          deleted,
        )
      : () => true;
  const protectionChanges = includeProtectionChanges
    ? protectionRows(verdictChanges(played, window, options), whoChanged(acts, deleted))
    : [];
  const rows: ReportRows & Pick<ReportHeader, 'auditSummary' | 'protectionSummary'> = {
    endpoints,
    ...rollUps(endpoints, lives?.services, unseenPods([...played.unseen, ...names.unseen], window)),
    ...auditRows(acts, window, resources, about, deleted),
    flows: includeEndpointFlowLogData ? flowRows(input.flows ?? [], endpoints, window) : [],
    protectionChanges,
    protectionSummary: protectionSummary(protectionChanges),
  };
  return {
    ...rows,
    names,
    untold: untoldWrites(input.versions, {
      window,
      resources,
      acts,
      watched: input.watched ?? [],
      evidence: input.evidence,
    }),
    serviceAccounts: new Set(lives?.endpoints.flatMap((life) => life.serviceAccounts)),
  };
}

/** Ids of the doubts that rows name. */
const doubtsIn = ({
  endpoints,
  namespaces,
  services,
  protectionChanges,
}: Pick<ReportRows, 'endpoints' | 'namespaces' | 'services' | 'protectionChanges'>): ReadonlySet<string> =>
  new Set(
    [endpoints, namespaces, services, protectionChanges].flatMap((rows) =>
      rows.flatMap(({ doubts }) => doubts),
    ),
  );

function* within(events: Iterable<PolicyEvent>, { start, end }: Window): Generator<PolicyEvent> {
  for (const event of events) if (start <= event.at && event.at < end) yield event;
}

/** Whether the report is about some endpoints only; an empty scope is about all. */
export function hasScope({ endpoints }: Pick<GlobalReportSpec, 'endpoints'>): boolean {
  const { selector, namespaces, serviceAccounts } = endpoints ?? {};
  const demands = (condition: typeof namespaces): boolean =>
    (condition?.names?.length ?? 0) > 0 || (condition?.selector ?? '') !== '';
  return (selector ?? '') !== '' || demands(namespaces) || demands(serviceAccounts);
}
