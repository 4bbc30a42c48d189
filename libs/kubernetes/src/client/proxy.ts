import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy through which the environment wants a server to be reached, by the rules that kubectl follows:
 * `HTTPS_PROXY` or `HTTP_PROXY` by the server's scheme, unless `NO_PROXY` names the host, a domain above it, its address
 * or a network (CIDR) around that. Lower-case names count too. This machine itself is never reached through a proxy.
 */
export function proxyFor(server: URL, environment: Environment): string | undefined {
  const valueOf = (name: string) => environment[name] || environment[name.toLowerCase()] || undefined;
  const proxy = valueOf(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined) return undefined;
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || within(host, '127.0.0.0/8') || within(host, '::1/128')) return undefined;
  const spared = (valueOf('NO_PROXY') ?? '').split(',').some((entry) => {
    const rule = entry.trim().toLowerCase();
    return rule === '*' || (rule !== '' && (matches(host, rule) || matches(`${host}:${port}`, rule)));
  });
  if (spared) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function matches(host: string, rule: string): boolean {
  if (rule.includes('/')) return within(host, rule);
  if (isIP(host) !== 0) return host === rule;
  const domain = rule.replace(/^\*?\./, '');
  return (host === domain && !rule.startsWith('.')) || host.endsWith(`.${domain}`);
}

/** Whether an address lies in a network, as in `10.0.0.0/8`. */
function within(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}
