/**
 * Network policy as the dataplane understands it: the selector language, what each kind of policy selects and allows,
 * and the state of a cluster that keeps this up to date for every endpoint.
 *
 * An *endpoint* is a pod with an address of its own, or a host endpoint. A policy *applies* to it if it is enforced
 * and its effective selector matches; a direction is *protected* if a policy that governs it applies. Nothing here
 * decides about packets. This library does no I/O and never asks the time.
 *
 * Everything below is for programs outside too, to which this library is published.
 *
 * @public
 */
export { SelectorError } from './selector/error.ts';
export type { Comparison, Combination, Expression, Step } from './selector/expression.ts';
export type { Labels } from './selector/program.ts';
export { isImpossible, type Restriction, type Restrictions } from './selector/restrictions.ts';
export { labelsOfRecord, parseSelector, Selector } from './selector/selector.ts';
export { type SelectorReport, selectorReport } from './selector/report.ts';
export { endpointKeyOf, printName, type ResourceRef } from './model/print-name.ts';
export {
  networksProblem,
  type Network,
  parseNetwork,
  PRIVATE_NETWORKS,
  PublicNetworks,
} from './model/networks.ts';
export { isEndpoint } from './model/items.ts';
export { FIXED_TIERS } from './model/order.ts';
export type { AllowRule, Direction, Peer, Policy, PolicyProblem } from './model/policy.ts';
export { mayDoMore, unreadId } from './model/problems.ts';
export { readPolicy } from './model/read-policy.ts';
export type { Reason } from './model/verdict.ts';
export type {
  ExplainedFlag,
  ExplainedLabel,
  ExplainedPolicy,
  ExplainedTest,
  Explanation,
  FlagCause,
  LabelOrigin,
} from './explain/explanation.ts';
export { formatExplanation } from './explain/format.ts';
export type { Doubted, Unseen } from './model/doubted.ts';
export { type EndpointFlags, type EndpointView, FLAG_NAMES } from './state/endpoint.ts';
export type { AppliedPolicy } from './state/policy-record.ts';
export type { Scope, ScopeCondition } from './state/scope.ts';
export { NetworkState } from './state/network-state.ts';
export type { NetworkStateOptions } from './state/options.ts';
