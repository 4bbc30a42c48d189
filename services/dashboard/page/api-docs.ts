import { html, render } from 'htm/preact';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
}

interface Operation {
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const root = document.getElementById('app')!;
const api = (await (await fetch('/api/openapi.json')).json()) as Document;
const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
root.replaceChildren();
render(
  html`<main>
    <h1>${api.info.title} API ${api.info.version}</h1>
    <p>
      ${api.info.description} The whole document: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).
      <a href="/">To the dashboard</a>.
    </p>
    ${operations.map(
      ({ path, method, operation }) =>
        html`<section class="card">
          <h2><code>${method.toUpperCase()} ${api.servers[0]?.url}${path}</code></h2>
          <p>${operation.summary} <span class="soft">${operation.description}</span></p>
          ${
            operation.parameters.length > 0 &&
            html`<table class="plain" tabindex="0">
              <thead>
                <tr>
                  <th>Parameter</th>
                  <th>In</th>
                  <th>Meaning</th>
                </tr>
              </thead>
              <tbody>
                ${operation.parameters.map(
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
            ${Object.entries(operation.responses).map(([status, { description }]) => html`<span>${status}: ${description} </span>`)}
          </p>
        </section>`,
    )}
  </main>`,
  root,
);
