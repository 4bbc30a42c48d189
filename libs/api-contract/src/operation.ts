import type * as z from 'zod';
import type { Right } from './rights.ts';

/** What an operation answers where nothing is wrong. */
export interface Answer<S extends z.ZodType = z.ZodType> {
  readonly description: string;
  readonly mediaType: string;
  /** Of JSON; absent for files and streams. */
  readonly schema?: S;
}

/** The answers other than the one that was asked for, beside those that follow from the rest of the description. */
export type ProblemStatus = 409 | 410 | 422;

/** An operation of the API: what serves it, documents it and asks it is made of this. */
export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  /** Below `BASE`, as OpenAPI writes it: `/runs/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly right: Right;
  /** It answers of some reports together: whoever may not get one of them gets none. */
  readonly together?: true;
  /** The parameters of the path that name runs: the right is about each of them. */
  readonly runs?: readonly string[];
  /** The parameter of the path that names a run over many clusters: the right is about its GlobalReport. */
  readonly parentRun?: string;
  /** The parameter of the path that names a GlobalReport: the right is about it. */
  readonly report?: string;
  /** The last parameter of the path, where it takes all that is left of it, four segments at most. */
  readonly rest?: string;
  /** The parameters of the path. One that names nothing is answered 404. */
  readonly parameters?: z.ZodObject;
  /** Strict, so that a mistyped filter never shows everything. What does not fit is answered 400. */
  readonly query?: z.ZodObject;
  /** It is answered where the evidence is: a hub, which has none, says where that is. */
  readonly inCell?: true;
  /** It takes long, or stays open: of such requests nobody may have many at once. */
  readonly takes?: 'long' | 'stream';
  readonly answer: Answer;
  readonly problems?: readonly ProblemStatus[];
}

/** Where every operation begins. */
export const BASE = '/api/v1';

const SEGMENTS_MAX = 4;

/** The path as routers write it: `/api/v1/runs/:id`. */
export const routeOf = ({ path }: Operation): string => `${BASE}${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;

/** The paths as routers write them: of a last parameter that takes what is left one with each number of segments. */
export function routesOf(operation: Operation): string[] {
  const route = routeOf(operation);
  if (operation.rest === undefined) return [route];
  return Array.from({ length: SEGMENTS_MAX }, (_, i) =>
    [route, ...Array.from({ length: i }, (__, more) => `:${operation.rest}${more + 2}`)].join('/'),
  );
}

/** What an operation answers, of those that answer JSON. */
export type Answered<O extends Operation> = z.output<NonNullable<O['answer']['schema']>>;

/** The query of an operation once it is read: what is absent has its default. */
export type Query<O extends Operation> = z.output<NonNullable<O['query']>>;
