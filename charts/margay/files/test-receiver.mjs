// helm test: whether a receiver of evidence answers, and whether the provider whose tokens it takes (OIDC_ISSUER) says who it is and has keys.
// Nothing is posted: what is refused would count as evidence that is lost.
import { get } from 'node:https';

const { RECEIVER_URL, OIDC_ISSUER, OIDC_ISSUER_VALUE } = process.env;
const WAIT = 10_000;

const answered = () =>
  new Promise((resolve, reject) => {
    // Who answers is the cluster's to say: its certificate may be of another name.
    const request = get(RECEIVER_URL, { rejectUnauthorized: false, timeout: WAIT }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${WAIT} ms`)));
    request.on('error', reject);
  });

async function read(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(WAIT) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}

async function provider() {
  const described = await read(`${OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (described.issuer !== OIDC_ISSUER)
    throw new Error(`it calls itself ${described.issuer}: ${OIDC_ISSUER_VALUE} has to be that`);
  const { keys } = await read(described.jwks_uri);
  if (!(keys?.length > 0)) throw new Error(`${described.jwks_uri} has no keys`);
  return `${keys.length} keys`;
}

async function tell(what, look) {
  try {
    console.log(`${what}: ${await look()}`);
  } catch (error) {
    console.log(`${what}: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}`);
    process.exitCode = 1;
  }
}

await tell(`The receiver at ${RECEIVER_URL}`, answered);
if (OIDC_ISSUER) await tell(`The provider ${OIDC_ISSUER}`, provider);
