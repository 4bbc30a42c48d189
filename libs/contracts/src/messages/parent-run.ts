import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { worstOf, type Grade } from '@margay/coverage';
import { reportWindowOf, type ReportWindow } from './report-window.ts';

/**
 * One run of a GlobalReport over many clusters, as it is kept by the cluster that the GlobalReport is an object of. Nothing is computed of it,
 * and it never comes on a topic: each of its clusters has a window of its own, see {@link childWindows}.
 */
export interface ParentWindow extends ReportWindow {
  /** Those that its selector chose when it was begun, by name; at least one. */
  readonly clusters: readonly string[];
  /** A random text: nobody can guess names of clusters from a digest over them and it. */
  readonly nonce: string;
}

/** What a run is a part of, as its archived specification says it (`partOf`). Names no cluster that was chosen. */
export interface PartOf {
  /** The cluster of the parent run. */
  readonly cluster: string;
  /** The id of the parent run. */
  readonly run: string;
  /** How many clusters were chosen. */
  readonly clusters: number;
  /** SHA-256 in hex over which: see {@link choiceDigest}. */
  readonly digest: string;
}

export const isParent = (window: ReportWindow): window is ParentWindow => 'clusters' in window;

/** What the reports of a GlobalReport over many clusters are called in each of them: as no object can be. */
export const childReportName = ({
  cluster,
  reportName,
}: Pick<ReportWindow, 'cluster' | 'reportName'>): string => `${cluster}:${reportName}`;

/** SHA-256 in hex of the JSON of the nonce and of the names of the chosen clusters, in their order. */
export const choiceDigest = ({ nonce, clusters }: Pick<ParentWindow, 'nonce' | 'clusters'>): string =>
  bytesToHex(sha256(utf8ToBytes(JSON.stringify([nonce, ...clusters]))));

/** The windows of a parent run, one of each of its clusters, in their order. Their ids follow from it. */
export function childWindows(parent: ParentWindow): ReportWindow[] {
  const { cluster, id, clusters, start, end, typeSpec } = parent;
  const { clusters: _selector, ...spec } = parent.spec as {
    readonly reportType: string;
    readonly clusters?: unknown;
  };
  const partOf: PartOf = { cluster, run: id, clusters: clusters.length, digest: choiceDigest(parent) };
  const report = {
    name: childReportName(parent),
    spec: { ...spec, partOf },
    ...(typeSpec !== undefined && { typeSpec }),
  };
  return clusters.map((name) => reportWindowOf(name, report, { start, end }));
}

/** How far the run of one cluster has come: `missing` is what will not come by itself any more, or is there no more. */
export type ChildState = 'not yet' | 'completed' | 'failed' | 'missing';

/** The run of one cluster within a parent run. */
export interface ChildRun {
  readonly cluster: string;
  /** Of the newest report over its window, where there is one. */
  readonly id: string;
  readonly state: ChildState;
  /** Why it failed or is missing, for a person to read. */
  readonly reason?: string;
  /** Of the archived report; where `completed`. */
  readonly digest?: string;
  /** Of its sources; where `completed`. */
  readonly grade?: Grade;
  /** Whether its evidence is complete: by its grade, and nothing of the window is open; where `completed`. */
  readonly complete?: boolean;
}

/** So many child runs of a parent run are so. They add up to `clusters`. */
export interface ChildCounts {
  readonly clusters: number;
  readonly complete: number;
  readonly withGaps: number;
  readonly failed: number;
  readonly missing: number;
  readonly notYet: number;
}

/** The state of a parent run; it is `complete` only where all of its child runs are archived and have complete evidence. */
export type ParentState = 'running' | 'failed' | 'with gaps' | 'complete';

const isComplete = ({ state, complete }: ChildRun): boolean => state === 'completed' && complete === true;

/** Counts the child runs of a parent run. */
export function childCounts(children: readonly ChildRun[]): ChildCounts {
  const count = (is: (child: ChildRun) => boolean) => children.filter(is).length;
  return {
    clusters: children.length,
    complete: count(isComplete),
    withGaps: count((child) => child.state === 'completed' && !isComplete(child)),
    failed: count(({ state }) => state === 'failed'),
    missing: count(({ state }) => state === 'missing'),
    notYet: count(({ state }) => state === 'not yet'),
  };
}

/** What follows for the parent run. */
export function parentState({ clusters, complete, failed, missing, notYet }: ChildCounts): ParentState {
  if (notYet > 0) return 'running';
  if (failed + missing > 0 || clusters === 0) return 'failed';
  return complete === clusters ? 'complete' : 'with gaps';
}

/** The worst grade of all child runs: `not known` as long as one of them has none. */
export const parentGrade = (children: readonly ChildRun[]): Grade =>
  worstOf(children.map(({ grade }) => grade ?? 'not known'));
