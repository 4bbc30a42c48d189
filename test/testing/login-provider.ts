import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Provider from 'oidc-provider';

/** The client that Margay is there. */
export const CLIENT = { id: 'margay', secret: 'the-secret-of-the-client' };

/** A page that takes nothing from elsewhere. */
const page = (content: string) => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>Example’s sign-in</title><link rel="icon" href="data:," /></head>
  <body><main>${content}</main></body>
</html>`;

/** What the provider asks people, with a link for each answer. */
const pageOf = (uid: string) =>
  page(`<h1>Sign in at Example</h1>
      <p><a href="/interaction/${uid}/yes">Continue as candice</a></p>
      <p><a href="/interaction/${uid}/no">Cancel</a></p>`);

/**
 * A certified OpenID provider with a page of its own, at `localhost`: for a browser that is another site than `127.0.0.1`, whose
 * cookies it keeps apart.
 *
 * @param redirectUri where it sends people back to.
 */
export async function loginProvider(port: number, redirectUri: string) {
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [new URL('/', redirectUri).href],
      },
    ],
    cookies: { keys: ['a key for a test'] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = page(
            `${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`,
          );
        },
      },
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    claims: { openid: ['sub', 'groups'] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, groups: ['auditors'] }) }),
  });
  const interact = async (request: IncomingMessage, response: ServerResponse) => {
    const { uid, prompt, params, session } = await provider.interactionDetails(request, response);
    if (request.url!.endsWith('/no'))
      return provider.interactionFinished(request, response, { error: 'access_denied' });
    if (prompt.name === 'login')
      return request.url!.endsWith('/yes')
        ? provider.interactionFinished(request, response, { login: { accountId: 'candice' } })
        : void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(pageOf(uid));
    const grant = new provider.Grant({
      accountId: session!.accountId,
      clientId: params['client_id'] as string,
    });
    grant.addOIDCScope('openid profile email');
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };
  const server = createServer((request, response) => {
    if (request.url!.startsWith('/interaction/')) {
      // Else it would be nobody's error, and end the run of the tests without a test that failed.
      interact(request, response).catch((error: Error) => {
        if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' });
        response.end(error.message);
      });
    } else void provider.callback()(request, response);
  });
  await new Promise<void>((listening, failed) =>
    server.once('error', failed).listen(port, '127.0.0.1', listening),
  );
  return () =>
    new Promise<void>((closed) => {
      server.closeAllConnections();
      server.close(() => closed());
    });
}
