import { html, render } from 'htm/preact';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly summary: string;
          readonly description: string;
          readonly parameters: readonly Parameter[];
          readonly responses: Readonly<Record<string, { readonly description: string }>>;
        };
      }
    >
  >;
}

const root = document.getElementById('app')!;
const api = (await (await fetch('/api/openapi.json')).json()) as Document;
root.replaceChildren();
render(
  html`<main>
    <h1>${api.info.title} API ${api.info.version}</h1>
    <p>
      ${api.info.description} The whole document: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).
      <a href="/">To the dashboard</a>.
    </p>
    ${Object.entries(api.paths).map(
      ([path, { get }]) =>
        html`<section class="card">
          <h2><code>GET ${api.servers[0]?.url}${path}</code></h2>
          <p>${get.summary} <span class="soft">${get.description}</span></p>
          ${
            get.parameters.length > 0 &&
            html`<table class="plain">
              <thead>
                <tr>
                  <th>Parameter</th>
                  <th>In</th>
                  <th>Meaning</th>
                </tr>
              </thead>
              <tbody>
                ${get.parameters.map(
                  ({ name, in: where, required, description }) =>
                    html`<tr>
                      <td><code>${name}</code>${required ? ' (required)' : ''}</td>
                      <td>${where}</td>
                      <td>${description}</td>
                    </tr>`,
                )}
              </tbody>
            </table>`
          }
          <p class="soft">
            ${Object.entries(get.responses).map(([status, { description }]) => html`<span>${status}: ${description} </span>`)}
          </p>
        </section>`,
    )}
  </main>`,
  root,
);
