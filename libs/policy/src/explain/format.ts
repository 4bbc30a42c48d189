import { printName } from '../model/print-name.ts';
import type { Reason } from '../model/verdict.ts';
import type {
  ExplainedFlag,
  ExplainedPolicy,
  ExplainedTest,
  Explanation,
  LabelOrigin,
} from './explanation.ts';

/** An explanation as text for people: labels, policies with why each matches, flags with what makes each true. */
export function formatExplanation(explanation: Explanation): string {
  const { name, inScope, serviceAccount, labels, applied, mayApply, isCertain, notEnforced, flags } =
    explanation;
  const lines = [isCertain ? name : `${name}: not known whether it is there, or what it is like`];
  const account = serviceAccount === '' ? [] : [`service account ${serviceAccount}`];
  lines.push(`  ${[inScope ? 'in scope' : 'not in scope', ...account].join(', ')}`);
  lines.push('', 'Labels that selectors see');
  lines.push(
    ...columns(labels.map((label) => [`${label.name} = ${quoted(label.value)}`, origin(label.from)])),
  );
  lines.push('', 'Policies that apply, in the order of evaluation');
  if (applied.length === 0) lines.push('  none');
  for (const [i, policy] of applied.entries()) lines.push(...policyLines(`${i + 1}.`, policy));
  if (mayApply.length > 0) {
    lines.push('', 'Policies that may apply: they may be gone, or nobody knows what they say');
    for (const policy of mayApply) lines.push(`  - ${policy}`);
  }
  if (notEnforced.length > 0) {
    lines.push('', 'Policies that select it and are not enforced on it');
    for (const policy of notEnforced) lines.push(...policyLines('-', policy));
  }
  lines.push('', 'What follows from them');
  for (const flag of flags) lines.push(...flagLines(flag));
  return `${lines.join('\n')}\n`;
}

function policyLines(mark: string, policy: ExplainedPolicy): readonly string[] {
  const { ingress, egress } = policy.types;
  const governs = [ingress && 'ingress', egress && 'egress'].filter((direction) => direction !== false);
  const order = policy.order === undefined ? 'no order' : `order ${policy.order}`;
  const about = [`tier ${policy.tier}`, order, `governs ${governs.join(' and ') || 'nothing'}`];
  if (policy.notEnforced === 'staged') about.push('staged');
  if (policy.notEnforced === 'host endpoints only') about.push('preDNAT or doNotTrack: host endpoints only');
  return [
    `  ${mark} ${policy.name}`,
    `       ${about.join(', ')}`,
    `       selects  ${policy.selector}`,
    ...policy.because.map((test, i) => `       ${i === 0 ? 'because ' : '    and '} ${testText(test)}`),
  ];
}

function testText({ test, holds, label, value, from }: ExplainedTest): string {
  const truth = holds ? test : `not ${test}`;
  if (label === undefined) return truth;
  if (value === undefined || from === undefined) return `${truth}: there is no label ${label}`;
  return `${truth}: ${label} is ${quoted(value)}, ${origin(from)}`;
}

function origin(from: LabelOrigin): string {
  switch (from.kind) {
    case 'own':
      return 'its own label';
    case 'forced':
      return 'set by Calico';
    case 'namespace':
      return `from namespace ${from.name}`;
    case 'service-account':
      return `from service account ${from.namespace}/${from.name}`;
    case 'profile':
      return `from profile ${from.name}`;
  }
}

const TITLES: Readonly<Record<ExplainedFlag['flag'], string>> = {
  ingressProtected: 'ingress protected',
  egressProtected: 'egress protected',
  ingressFromInternet: 'ingress from the internet',
  egressToInternet: 'egress to the internet',
  ingressFromOtherNamespace: 'ingress from other namespaces',
  egressToOtherNamespace: 'egress to other namespaces',
};

function flagLines({ flag, direction, holds, notKnown, causes }: ExplainedFlag): readonly string[] {
  const title = `  ${TITLES[flag].padEnd(30)} ${holds ? 'yes' : notKnown ? 'not known' : 'no'}`;
  if (notKnown) return [title];
  if (!holds) {
    const missing = flag.endsWith('Protected');
    return [missing ? `${title}   no policy that governs ${direction} applies` : title];
  }
  return [
    title,
    ...causes.map(({ policy, rule, reason }) => {
      const why = reason === undefined ? '' : `: ${reasonText(reason)}`;
      return `      ${policy}${rule === undefined ? '' : ` ${rule}`}${why}`;
    }),
  ];
}

function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case 'any-address':
      return 'allows any address';
    case 'public-network':
      return `allows ${reason.network}, which is not wholly private`;
    case 'domain':
      return `allows the domain ${reason.domain}`;
    case 'network-set': {
      const kind = reason.set.resource === 'networksets' ? 'NetworkSet' : 'GlobalNetworkSet';
      const { namespace, name } = reason.set;
      return `its selector matches ${printName({ kind, apiVersion: 'projectcalico.org/v3', namespace, name })}, which holds ${reason.holds}`;
    }
    case 'cluster-wide':
      return 'a rule of a cluster-wide policy without networks';
    case 'namespace-selector':
      return 'has a namespace selector';
    case 'service':
      return `allows a service of namespace ${reason.namespace}`;
  }
}

function quoted(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.min(60, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
