import { useEffect, useState } from 'htm/preact';

/** An answer of the API other than the one that was asked for. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** The cluster that the page's address names, if it does. */
const CLUSTER = new URLSearchParams(location.search).get('cluster');

/** The address of an operation, of the cluster that the page is about. */
function addressOf(path: string): string {
  const named = CLUSTER === null ? '' : `${path.includes('?') ? '&' : '?'}cluster=${part(CLUSTER)}`;
  return `/api/v1${path}${named}`;
}

/** Goes to the pages of another cluster. */
export const showCluster = (name: string): void => location.assign(`/?cluster=${part(name)}#/`);

/** Asks the API. @throws ApiProblem with words for a person. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(addressOf(path), { credentials: 'same-origin', ...init });
  } catch {
    throw new ApiProblem(0, 'Margay does not answer: it may be restarting. This page tries again.');
  }
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  // Whatever asked: a token that has expired is to be given anew.
  if (answer.status === 401 && path !== '/session') dispatchEvent(new Event('margay-sign-in'));
  throw new ApiProblem(answer.status, problem.detail ?? `The API answered ${answer.status}.`);
}

/** What is known of an answer now: the last one stays while the next is on its way. */
export interface Answer<T> {
  readonly data: T | undefined;
  readonly problem: ApiProblem | undefined;
  /** Asks again. */
  readonly again: () => void;
}

/** Nothing is wrong with what was asked: it is asked again. */
export const isAway = ({ status }: ApiProblem): boolean => status === 0 || status >= 500;

const RETRY_MILLISECONDS = 3_000;

/** Keeps the answer to a question; undefined asks nothing. */
export function useAnswer<T>(path: string | undefined): Answer<T> {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ path?: string; data?: T; problem?: ApiProblem }>({});
  useEffect(() => {
    if (path === undefined) return undefined;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    ask<T>(path, { signal: gone.signal }).then(
      (data) => {
        if (!gone.signal.aborted) setState({ path, data });
      },
      (error: unknown) => {
        if (gone.signal.aborted) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, String(error));
        setState((before) => ({ ...(before.path === path && before), path, problem }));
        if (isAway(problem)) timer = setTimeout(() => setTurn((n) => n + 1), RETRY_MILLISECONDS);
      },
    );
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [path, turn]);
  return {
    data: state.path === path ? state.data : undefined,
    problem: state.path === path ? state.problem : undefined,
    again: () => setTurn((n) => n + 1),
  };
}

/** Listens to the events of runs while they are followed: that one changed (`runs`), or that from now on changes are told (`open`). */
export function useRunEvents(
  names: readonly ('runs' | 'open')[],
  told: () => void,
  isFollowed: boolean = true,
): void {
  useEffect(() => {
    if (!isFollowed) return undefined;
    const events = new EventSource(addressOf('/events'));
    for (const name of names) events.addEventListener(name, told);
    return () => events.close();
  }, [isFollowed]);
}

/** A query string of what is set. */
export function query(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const set = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  return set.length === 0
    ? ''
    : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()}`;
}

/** Names in addresses. */
export const part = encodeURIComponent;
