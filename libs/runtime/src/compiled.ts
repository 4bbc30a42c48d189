/**
 * The compiled file of a module beside the one that asks, for a thread or a process of its own: Node does not run sources with
 * decorators, so what is started is compiled, also when the asking file itself runs from source, as in a test.
 *
 * @param module the module's path without its suffix, as in an import: `./compute-thread`.
 * @param from the asking file's `import.meta.url`, in a project's `src/` or `dist/`.
 */
export function compiled(module: string, from: string): URL {
  const source = from.lastIndexOf('/src/');
  const directory = from.endsWith('.ts') ? `${from.slice(0, source)}/dist/${from.slice(source + 5)}` : from;
  return new URL(`${module}.js`, directory);
}
