import type { SignedOut, WaysToSignIn } from '@margay/api-contract';
import { html, useState } from 'htm/preact';
import { ask, part, useAnswer, type ApiProblem } from './api.ts';
import { Name, Problem } from './parts.ts';

/** Ends the session; a proxy or a provider that signs people in is to do so too. Nothing of what was seen stays in the page. */
export function SignOut() {
  const [problem, setProblem] = useState<ApiProblem>();
  const press = async () => {
    try {
      const { next } = await ask<SignedOut>('/session', { method: 'DELETE' });
      const elsewhere = next ?? (await ask<WaysToSignIn>('/login')).signOut;
      if (elsewhere === null) location.reload();
      else location.assign(elsewhere);
    } catch (error) {
      setProblem(error as ApiProblem);
    }
  };
  return html`<button type="button" onClick=${() => void press()}>Sign out</button>
    ${problem && html`<${Problem} problem=${problem} />`}`;
}

/** Offers the ways to sign in that there are. */
export function SignIn({ done }: { done: () => void }) {
  const ways = useAnswer<WaysToSignIn>('/login');
  const links = (ways.data?.items ?? []).filter(({ href }) => href !== null);
  const here = `${location.pathname}${location.search}${location.hash}`;
  return html`<h1>Sign in</h1>
    ${links.map(
      ({ title, href }) =>
        html`<p>
          <a class="button" href="${href}?return=${part(here)}"
            >Sign in with <b><${Name} text=${title} /></b
          ></a>
        </p>`,
    )}
    ${ways.problem && html`<${Problem} problem=${ways.problem} />`}
    <${ByToken} done=${done} />`;
}

function ByToken({ done }: { done: () => void }) {
  const [problem, setProblem] = useState<ApiProblem>();
  const submit = async (event: Event) => {
    event.preventDefault();
    const { value: token } = (event.target as HTMLFormElement).elements.namedItem(
      'token',
    ) as HTMLInputElement;
    try {
      await ask('/session', { method: 'POST', headers: { authorization: `Bearer ${token.trim()}` } });
      done();
    } catch (error) {
      setProblem(error as ApiProblem);
    }
  };
  return html`<p class="soft">
      With a token of the cluster, for example from <code>kubectl create token</code>, or the one of this
      installation.
    </p>
    <form class="filters" onSubmit=${(event: Event) => void submit(event)}>
      <label>Token <input name="token" type="password" autocomplete="off" required /></label>
      <button>Sign in</button>
    </form>
    ${problem && html`<${Problem} problem=${problem} />`}`;
}
