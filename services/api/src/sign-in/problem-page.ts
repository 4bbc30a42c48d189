import type { Problem } from '@margay/runtime';

/** What went wrong while somebody was on the way between pages, as a page. */
export const problemPage = ({ status, message }: Problem): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Sign in · Margay</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/dashboard/style.css" />
  </head>
  <body>
    <main>
      <h1>${status === 503 ? 'Signing in is not possible now' : 'You are not signed in'}</h1>
      <p role="alert">${escaped(message)}</p>
      <p><a href="/">Back to the first page</a></p>
    </main>
  </body>
</html>
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
